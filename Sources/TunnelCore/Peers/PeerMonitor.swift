/// Dead peer detection: one detector a peer, fed with the traffic of its SAs and with answers.
///
/// What makes a peer dead is `PeerDetector`'s to say, or strongSwan's where that asks in the agent's
/// place. Here detectors come and go with SAs, get their counters, ask and hear (`PeerOutcome`).
struct PeerMonitor: Sendable {
  /// A peer logs each question: two to one address are so far apart, whatever asks.
  private static let askPause = Duration.seconds(2)

  private(set) var watches: [DetectorID: PeerWatch] = [:]
  /// Detectors by the peer's address.
  private var ofPeer: [IPAddress: [DetectorID]] = [:]
  private(set) var replies: [IPAddress: IKEPingReplies] = [:]
  /// Peers that are dead within two intervals, unless they give a sign of life.
  private(set) var failing: Set<IPAddress> = []
  /// The IKE SAs with gateways that the daemon listed last, by the peer; empty without a list.
  private(set) var ikeSAs: [IPAddress: [IKESA]] = [:]
  /// Detectors by the daemon's number of their IKE SA.
  private var ofIKE: [UInt32: [DetectorID]] = [:]
  private var lastID = 0

  func isWatching(_ remote: IPAddress) -> Bool { ofPeer[remote] != nil }

  func watches(of remote: IPAddress) -> [PeerWatch] { ids(of: remote).compactMap { watches[$0] } }

  private func ids(of remote: IPAddress) -> [DetectorID] {
    ofPeer.isEmpty ? [] : ofPeer[remote] ?? []
  }

  // MARK: Who is watched

  /// SAs of a peer came or went: it has a detector as long as it has SAs.
  mutating func reconcile(
    _ remote: IPAddress, _ context: Context, at now: Instant, _ out: inout Outbox
  ) {
    let wanted = context.policy(of: remote) == nil ? [] : keys(of: remote, context)
    let known = watches(of: remote)
    let over = known.filter { !wanted.contains($0.key) }
    for watch in over { remove(watch, &out) }
    for key in wanted where !known.contains(where: { $0.key == key }) {
      guard let gateway = context.gateways[remote]?.name else { continue }
      lastID += 1
      let id = DetectorID(rawValue: lastID)
      var watch = PeerWatch(id: id, key: key, gateway: gateway, at: now)
      // An IKE SA that was rekeyed, or is told apart only now, is no other peer.
      if over.count == 1, wanted.count == 1, let old = over.first, old.key.local == key.local {
        watch.`continue`(old)
      }
      watches[id] = watch
      ofPeer[remote, default: []].append(id)
      if let ikeID = key.ikeID { ofIKE[ikeID, default: []].append(id) }
      out.timers.set(.peer(id), to: watch.tickAt)
    }
  }

  private mutating func remove(_ watch: PeerWatch, _ out: inout Outbox) {
    let remote = watch.key.remote
    watches[watch.id] = nil
    if let ikeID = watch.key.ikeID {
      ofIKE[ikeID]?.removeAll { $0 == watch.id }
      if ofIKE[ikeID]?.isEmpty == true { ofIKE[ikeID] = nil }
    }
    out.timers.set(.peer(watch.id), to: nil)
    ofPeer[remote]?.removeAll { $0 == watch.id }
    guard ofPeer[remote]?.isEmpty == true else { return }
    ofPeer[remote] = nil
    failing.remove(remote)
    guard replies[remote]?.wasDead == true else { return }
    replies[remote]?.isSupported = false
    replies[remote]?.wasDead = false
  }

  /// The daemon listed its IKE SAs, or can list them no more.
  mutating func listArrived(
    _ list: [IKESA], _ context: Context, at now: Instant, _ out: inout Outbox
  ) -> [PeerOutcome] {
    let before = ikeSAs
    ikeSAs = [:]
    for ike in list where ["ESTABLISHED", "REKEYING"].contains(ike.state) {
      guard let remote = ike.remote, context.policy(of: remote) != nil else { continue }
      ikeSAs[remote, default: []].append(ike)
    }
    let remotes = Set(before.keys).union(ikeSAs.keys).sorted()
    for remote in remotes { reconcile(remote, context, at: now, &out) }
    var outcomes: [PeerOutcome] = []
    for remote in remotes {
      for ike in ikeSAs[remote] ?? [] {
        outcomes += noteNewChildren(of: ike, before[remote] ?? [], context, at: now, &out)
      }
    }
    return outcomes
  }

  /// A CHILD_SA that was not there is made by an authenticated exchange of its IKE SA.
  private mutating func noteNewChildren(
    of ike: IKESA, _ before: [IKESA], _ context: Context, at now: Instant, _ out: inout Outbox
  ) -> [PeerOutcome] {
    guard let known = before.first(where: { $0.id == ike.id })?.children.map(\.childID),
      ike.children.contains(where: { $0.state == .installed && !known.contains($0.childID) })
    else { return [] }
    return exchanged(ikeID: ike.id, context, at: now, &out)
  }

  // MARK: Ticks

  /// A quarter of an interval is over.
  mutating func tick(
    _ id: DetectorID, _ context: Context, at now: Instant, _ out: inout Outbox
  ) -> [PeerOutcome] {
    guard let watch = watches[id], let policy = context.policy(of: watch.key.remote)
    else { return [] }
    let next = watch.tickAt.advanced(by: policy.tick)
    // Time in which the agent did not run is no evidence: what was missed is not made up for.
    schedule(id, at: next > now ? next : now.advanced(by: policy.tick), &out)
    let outcomes: [PeerOutcome] = policy.transport == .ikePing ? [] : [.readsConnections]
    if isAskedByDaemon(watch, context) {
      watches[id]?.rest()
      return outcomes
    }
    let keys = sets(of: watch, context.kernel).flatMap(\.all).map(\.key)
    if keys.isEmpty { return outcomes + countersRead(id, [:], context, at: now, &out) }
    out.sendLast(.peer(.readCounters(id, keys)))
    return outcomes
  }

  private mutating func schedule(_ id: DetectorID, at due: Instant, _ out: inout Outbox) {
    watches[id]?.tickAt = due
    out.timers.set(.peer(id), to: due)
  }

  /// The counters that a tick asked for are here.
  mutating func countersRead(
    _ id: DetectorID, _ counts: [SAKey: UInt64], _ context: Context, at now: Instant,
    _ out: inout Outbox
  ) -> [PeerOutcome] {
    guard let watch = watches[id], let policy = context.policy(of: watch.key.remote) else {
      return []
    }
    let mine = sas(of: watch)
    let sets = sets(of: watch, context.kernel)
    let traffic = watches[id]?.read(counts, sets) { mine?.contains($0) ?? true } ?? [:]
    let received = traffic.filter(\.value.received).map { PeerOutcome.received($0.key) }
    let isSupported = replies[watch.key.remote]?.isSupported ?? false
    let actions =
      watches[id]?.detector.tick(traffic, policy, isSupported: isSupported) ?? []
    return received + perform(actions, of: id, context, at: now, &out)
  }

  /// A probe of the agent's, or of the peer's, or a reply to one passed a set: no traffic.
  mutating func noteMeters(_ key: SASetKey, _ note: (inout TrafficMeter) -> Void) {
    for id in ids(of: key.remote) { watches[id]?.noteMeter(key, note) }
  }

  /// A probe was answered through a set.
  mutating func probeReply(through key: SASetKey) {
    for id in ids(of: key.remote) where watches[id]?.meters[key] != nil {
      watches[id]?.detector.noteReply()
    }
  }

  // MARK: Questions and answers

  private mutating func perform(
    _ actions: [PeerDetector.Action], of id: DetectorID, _ context: Context, at now: Instant,
    _ out: inout Outbox
  ) -> [PeerOutcome] {
    guard let watch = watches[id] else { return [] }
    let peer = watch.key.remote
    var outcomes: [PeerOutcome] = []
    for action in actions {
      switch action {
      case .ask: outcomes += ask(watch, context, at: now, &out)
      case .exchange: outcomes.append(.mustExchange(watch))
      case .unsupported:
        replies[peer]?.isUnsupported = true
        out.log(
          .warning, "-",
          "gateway=\(watch.gateway) peer=\(peer) does not answer IKE liveness "
            + "checks (or is unreachable): DPD is off for this peer until it answers")
      case .dead(let finding): outcomes.append(.dead(watch, finding))
      case .alive: outcomes.append(.alive(watch))
      }
    }
    if reviewFailing(peer, context) { outcomes.append(.failingChanged(peer)) }
    return outcomes
  }

  /// Whether a peer became one that is dead within two intervals, or is none any more.
  private mutating func reviewFailing(_ remote: IPAddress, _ context: Context) -> Bool {
    let losses = watches(of: remote).map(\.detector.losses).max() ?? 0
    let isFailing =
      replies[remote]?.isSupported == true
      && losses >= context.policy(of: remote)?.failingFrom ?? .max
    guard isFailing != failing.contains(remote) else { return false }
    if isFailing { failing.insert(remote) } else { failing.remove(remote) }
    return true
  }

  private mutating func ask(
    _ watch: PeerWatch, _ context: Context, at now: Instant, _ out: inout Outbox
  ) -> [PeerOutcome] {
    let peer = watch.key.remote
    let known = replies[peer] ?? IKEPingReplies()
    if let last = known.lastAskedAt, last.advanced(by: Self.askPause) > now {
      // Another detector has asked this peer just now: one answer is for both.
      guard let answer = known.lastAnswerAt, answer >= last else { return [] }
      return tell(watch.id, context, at: now, &out) { $0.answer($1) }
    }
    replies[peer, default: known].lastAskedAt = now
    replies[peer]?.obstacle = nil
    // From now on, so that the next question is no earlier than an interval after this one.
    if let policy = context.policy(of: peer) {
      schedule(watch.id, at: now.advanced(by: policy.tick), &out)
    }
    out.counters.count(gateway: watch.gateway) { $0.questions += 1 }
    out.send(
      .peer(
        .ping(
          .init(local: watch.key.local, remote: peer, port: port(of: watch, context.kernel)))))
    return []
  }

  /// An IKE daemon answered.
  mutating func ikePingAnswered(
    _ target: IKEPing.Target, _ context: Context, at now: Instant, _ out: inout Outbox
  ) -> [PeerOutcome] {
    let peer = target.remote
    guard context.policy(of: peer) != nil else { return [] }
    var outcomes: [PeerOutcome] = []
    var known = replies[peer] ?? IKEPingReplies()
    if !known.isSupported { outcomes.append(.heard(peer, "it answers")) }
    if known.isUnsupported {
      out.log(.info, "-", "peer=\(peer) answers IKE liveness checks now")
    }
    known.noteAnswer(at: now)
    replies[peer] = known
    if let gateway = context.gateways[peer]?.name {
      out.counters.count(gateway: gateway) { $0.answers += 1 }
    }
    for id in ofPeer[peer] ?? [] { outcomes += tell(id, context, at: now, &out) { $0.answer($1) } }
    return outcomes
  }

  /// A detector hears something of its peer, by the settings that apply, and is obeyed.
  private mutating func tell(
    _ id: DetectorID, _ context: Context, at now: Instant, _ out: inout Outbox,
    _ what: (inout PeerDetector, DeadPeerDetection) -> [PeerDetector.Action]
  ) -> [PeerOutcome] {
    guard var watch = watches[id], let policy = context.policy(of: watch.key.remote)
    else { return [] }
    let actions = what(&watch.detector, policy)
    watches[id] = watch
    return perform(actions, of: id, context, at: now, &out)
  }

  /// The kernel did not send a question, and status says why. Where it knows no way the question
  /// counts as unanswered; else it is no loss.
  mutating func ikePingNotSent(
    _ target: IKEPing.Target, errno: Int32, _ context: Context, _ out: inout Outbox
  ) {
    if replies[target.remote]?.noteObstacle(errno) == true {
      out.log(
        .warning, "-",
        "gateway=\(context.gateways[target.remote]?.name ?? "-") peer=\(target.remote) "
          + "IKE liveness checks cannot be sent: \(IKEPing.text(SendError(errno)))")
    }
    if SendError(errno).isNoWay { return }
    for id in ofPeer[target.remote] ?? [] { watches[id]?.detector.takeBack() }
  }

  // MARK: Authenticated exchanges

  /// The daemon says that an exchange of an IKE SA took place: known at once, and of which one,
  /// however long its next list takes.
  mutating func exchanged(
    ikeID: UInt32, _ context: Context, at now: Instant, _ out: inout Outbox
  ) -> [PeerOutcome] {
    var outcomes: [PeerOutcome] = []
    for id in ofIKE[ikeID] ?? [] {
      outcomes += tell(id, context, at: now, &out) { $0.noteExchange($1) }
    }
    return outcomes
  }

  /// SAs that come after the first are made by an authenticated exchange with their peer. Where one
  /// IKE SA alone can have made them that counts at once: a slow daemon's list may come too late.
  mutating func exchanged(
    through key: SASetKey, _ context: Context, at now: Instant, _ out: inout Outbox
  ) -> [PeerOutcome] {
    let meant = (ofPeer[key.remote] ?? []).filter { id in
      watches[id].map { $0.key.local == key.local && sas(of: $0) == nil } ?? false
    }
    var outcomes: [PeerOutcome] = []
    for id in meant { outcomes += tell(id, context, at: now, &out) { $0.noteExchange($1) } }
    return outcomes
  }

  /// Its SAs go: it is counted on only when it was heard again.
  mutating func isGivenUp(_ remote: IPAddress) { replies[remote]?.wasDead = true }
}
