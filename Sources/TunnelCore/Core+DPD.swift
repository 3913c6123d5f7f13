/// Dead peer detection: one detector a peer, fed with the traffic of its SAs and with answers.
///
/// What makes a peer dead is `PeerDetector`'s to say; here it gets its counters, its questions go
/// out, and what it finds has its consequences (`Core+DeadPeers`).
extension Core {
  /// A peer logs each question: two to one address are so far apart, whatever asks.
  private static let askPause = Duration.seconds(2)

  /// The settings for a peer's address; nil where there are none.
  func deadPeerDetection(of remote: IPAddress) -> DeadPeerDetection? {
    dpd.gateways[remote].flatMap { configuration.gateways[$0]?.deadPeerDetection }
  }

  // MARK: Who is watched

  /// SAs of a peer came or went: it has a detector as long as it has SAs.
  mutating func settlePeer(_ remote: IPAddress, at now: Instant) {
    let wanted = deadPeerDetection(of: remote) == nil ? [] : peerKeys(of: remote)
    let known = (dpd.ofPeer[remote] ?? []).compactMap { dpd.watches[$0] }
    let over = known.filter { !wanted.contains($0.key) }
    for watch in over {
      dpd.remove(watch.id)
      timers.set(.peer(watch.id), to: nil)
    }
    for key in wanted where !known.contains(where: { $0.key == key }) {
      guard let gateway = dpd.gateways[remote] else { continue }
      let id = dpd.add(key, gateway: gateway, at: now)
      // An IKE SA that was rekeyed, or is told apart only now, is no other peer.
      if over.count == 1, wanted.count == 1, let old = over.first, old.key.local == key.local {
        dpd.watches[id]?.take(over: old)
      }
      timers.set(.peer(id), to: dpd.watches[id]?.tickAt)
    }
  }

  /// Settings are others: detection begins, ends or goes on by them, and nothing is cleared.
  mutating func settlePeers(at now: Instant) {
    let remotes = sas.sets.keys.map(\.remote) + Array(dpd.ofPeer.keys)
    for remote in Set(remotes).sorted() { settlePeer(remote, at: now) }
    wantList(at: now)
  }

  /// One for each IKE SA that the daemon lists; else one for each pair of endpoints.
  private func peerKeys(of remote: IPAddress) -> [PeerKey] {
    let own = dpd.gateways[remote].flatMap { configuration.gateways[$0]?.localAddress }
    let listed = dpd.ikeSAs.filter { $0.remote == remote && (own == nil || $0.local == own) }
    let known = listed.compactMap { ike in
      ike.local.map { PeerKey(local: $0, remote: remote, ikeID: ike.id) }
    }
    let others = Set(sas.keys(towards: remote).map(\.local)).subtracting(known.map(\.local))
    return known
      + others.filter { own == nil || $0 == own }.sorted().map {
        PeerKey(local: $0, remote: remote)
      }
  }

  /// The sets of a peer.
  func sets(of watch: PeerWatch) -> [SASet] {
    let spis = spis(of: watch)
    return sas.keys(towards: watch.key.remote).filter { $0.local == watch.key.local }
      .sorted { ($0.reqid, $0.ifID) < ($1.reqid, $1.ifID) }.compactMap { sas.sets[$0] }
      .filter { set in spis.map { !$0.isDisjoint(with: set.spis) } ?? true }
  }

  /// The SPIs of its IKE SA, where another IKE SA has the same endpoints; nil: all are its.
  func spis(of watch: PeerWatch) -> Set<UInt32>? {
    let alike = dpd.ikeSAs.filter {
      $0.remote == watch.key.remote && $0.local == watch.key.local
    }
    guard alike.count > 1, let mine = alike.first(where: { $0.id == watch.key.ikeID }) else {
      return nil
    }
    return Set(mine.children.flatMap { [$0.spiIn, $0.spiOut] })
  }

  /// The daemon listed its IKE SAs, or can list them no more.
  mutating func take(ikeSAs list: [IKESA], at now: Instant) {
    let before = dpd.ikeSAs
    dpd.ikeSAs = list.filter { ike in
      ["ESTABLISHED", "REKEYING"].contains(ike.state)
        && (ike.remote.map { deadPeerDetection(of: $0) != nil } ?? false)
    }
    for remote in Set((before + dpd.ikeSAs).compactMap(\.remote)).sorted() {
      settlePeer(remote, at: now)
    }
    for ike in dpd.ikeSAs { noteNewChildren(of: ike, before, at: now) }
  }

  /// A CHILD_SA that was not there is made by an authenticated exchange of its IKE SA.
  private mutating func noteNewChildren(of ike: IKESA, _ before: [IKESA], at now: Instant) {
    guard let remote = ike.remote, let policy = deadPeerDetection(of: remote),
      let known = before.first(where: { $0.id == ike.id })?.children.map(\.childID)
    else { return }
    let hasNew = ike.children.contains { $0.state == .installed && !known.contains($0.childID) }
    for id in dpd.ofPeer[remote] ?? [] where hasNew && dpd.watches[id]?.key.ikeID == ike.id {
      perform(dpd.watches[id]?.detector.noteExchange(policy) ?? [], of: id, at: now)
    }
  }

  // MARK: Ticks

  /// A quarter of an interval is over.
  mutating func tickPeer(_ id: DetectorID, at now: Instant) {
    guard let watch = dpd.watches[id], let policy = deadPeerDetection(of: watch.key.remote)
    else { return }
    let pause = policy.tick
    let next = watch.tickAt.advanced(by: pause)
    // Time in which the agent did not run is no evidence: what was missed is not made up for.
    let tickAt = next > now ? next : now.advanced(by: pause)
    dpd.watches[id]?.tickAt = tickAt
    timers.set(.peer(id), to: tickAt)
    let keys = sets(of: watch).flatMap(\.all).map(\.key)
    if keys.isEmpty {
      judgePeer(id, [:], at: now)
    } else {
      effects.append(.readPeerCounters(id, keys))
    }
  }

  /// The counters that a tick asked for are here.
  mutating func judgePeer(_ id: DetectorID, _ counts: [SAKey: UInt64], at now: Instant) {
    guard let watch = dpd.watches[id], let policy = deadPeerDetection(of: watch.key.remote)
    else { return }
    var traffic: [SASetKey: PeerDetector.Traffic] = [:]
    var meters: [SASetKey: TrafficMeter] = [:]
    let spis = spis(of: watch)
    for set in sets(of: watch) {
      let inbound = counts.filter { set.inbound[$0.key] != nil }
      let outbound = counts.filter { set.outbound[$0.key] != nil }
      var meter = watch.meters[set.key] ?? TrafficMeter()
      if watch.hasRead {
        let carriers = meter.readEach(inbound: inbound, outbound: outbound)
        func isMine(_ sa: SAKey) -> Bool { spis?.contains(sa.spi) ?? true }
        traffic[set.key] = PeerDetector.Traffic(
          sent: carriers.outbound.contains(where: isMine),
          received: carriers.inbound.contains(where: isMine))
      } else {
        meter.start(inbound.merging(outbound) { count, _ in count })
      }
      meters[set.key] = meter
    }
    dpd.watches[id]?.meters = meters
    dpd.watches[id]?.hasRead = true
    for (key, passed) in traffic where passed.received { reviveSet(key, at: now) }
    let isSupported = dpd.answers[watch.key.remote]?.isSupported ?? false
    let actions =
      dpd.watches[id]?.detector.tick(traffic, policy, isSupported: isSupported) ?? []
    perform(actions, of: id, at: now)
  }

  /// A probe of the agent's, or of the peer's, or a reply to one passed a set: no traffic.
  mutating func notePeerMeters(_ key: SASetKey, _ note: (inout TrafficMeter) -> Void) {
    for id in dpd.ofPeer[key.remote] ?? [] where dpd.watches[id]?.meters[key] != nil {
      if var meter = dpd.watches[id]?.meters.removeValue(forKey: key) {
        note(&meter)
        dpd.watches[id]?.meters[key] = meter
      }
    }
  }

  /// A probe was answered through a set.
  mutating func noteReplyOfPeer(_ key: SASetKey) {
    for id in dpd.ofPeer[key.remote] ?? [] where dpd.watches[id]?.meters[key] != nil {
      dpd.watches[id]?.detector.noteReply()
    }
  }

  // MARK: Questions and answers

  mutating func perform(
    _ actions: [PeerDetector.Action], of id: DetectorID, at now: Instant
  ) {
    guard let watch = dpd.watches[id] else { return }
    let peer = watch.key.remote
    for action in actions {
      switch action {
      case .ask: ask(watch, at: now)
      case .exchange: askForExchange(watch)
      case .unsupported:
        dpd.answers[peer]?.isUnsupported = true
        log(
          .warning, "-",
          "gateway=\(watch.gateway) peer=\(peer) does not answer IKE liveness "
            + "questions (or is out of reach): its silence will not be held against it")
      case .dead(let finding): declareDead(watch, finding, at: now)
      case .alive:
        log(.info, "-", "gateway=\(watch.gateway) peer=\(peer) answers again")
      }
    }
  }

  private mutating func ask(_ watch: PeerWatch, at now: Instant) {
    let peer = watch.key.remote
    let known = dpd.answers[peer] ?? PeerAnswers()
    if let last = known.lastAskedAt, last.advanced(by: Self.askPause) > now {
      // Another detector has asked this peer just now: one answer is for both.
      if let answer = known.lastAnswerAt, answer >= last { answerPeer(watch.id, at: now) }
      return
    }
    dpd.answers[peer, default: known].lastAskedAt = now
    dpd.answers[peer]?.obstacle = nil
    // From now on, so that the next question is no earlier than an interval after this one.
    if let policy = deadPeerDetection(of: peer) {
      dpd.watches[watch.id]?.tickAt = now.advanced(by: policy.tick)
      timers.set(.peer(watch.id), to: dpd.watches[watch.id]?.tickAt)
    }
    effects.append(
      .sendIKEPing(.init(local: watch.key.local, remote: peer, port: port(of: watch))))
  }

  /// The IKE SA's, else 500, or the port that the peer's ESP in UDP goes to.
  private func port(of watch: PeerWatch) -> UInt16 {
    if let ike = dpd.ikeSAs.first(where: { $0.id == watch.key.ikeID }), let port = ike.remotePort {
      return port
    }
    // The inbound SA of a pair comes first.
    let sets = sets(of: watch)
    let ports =
      sets.flatMap(\.outbound.values).compactMap(\.encapsulation?.destinationPort)
      + sets.flatMap(\.inbound.values).compactMap(\.encapsulation?.sourcePort)
    return ports.first ?? IKEPing.port
  }

  /// An IKE daemon answered.
  mutating func takeAnswer(_ target: IKEPing.Target, at now: Instant) {
    guard deadPeerDetection(of: target.remote) != nil else { return }
    var answers = dpd.answers[target.remote] ?? PeerAnswers()
    if answers.isUnsupported {
      log(.info, "-", "peer=\(target.remote) answers IKE liveness questions now")
    }
    (answers.isSupported, answers.isUnsupported, answers.lastAnswerAt) = (true, false, now)
    dpd.answers[target.remote] = answers
    for id in dpd.ofPeer[target.remote] ?? [] { answerPeer(id, at: now) }
  }

  private mutating func answerPeer(_ id: DetectorID, at now: Instant) {
    guard let watch = dpd.watches[id], let policy = deadPeerDetection(of: watch.key.remote)
    else { return }
    perform(dpd.watches[id]?.detector.answer(policy) ?? [], of: id, at: now)
  }

  /// The kernel did not send a question: no loss, and status says why.
  mutating func takeBackQuestion(_ target: IKEPing.Target, errno: Int32) {
    dpd.answers[target.remote]?.obstacle = errno
    for id in dpd.ofPeer[target.remote] ?? [] { dpd.watches[id]?.detector.takeBack() }
  }

  /// SAs that come after the first are made by an authenticated exchange with their peer.
  mutating func noteExchange(with remote: IPAddress, at now: Instant) {
    guard let policy = deadPeerDetection(of: remote) else { return }
    for id in dpd.ofPeer[remote] ?? [] where dpd.watches[id]?.key.ikeID == nil {
      perform(dpd.watches[id]?.detector.noteExchange(policy) ?? [], of: id, at: now)
    }
  }
}

extension DeadPeerDetection {
  /// How often the counters are read.
  fileprivate var tick: Duration { .seconds(interval) / PeerDetector.ticksPerInterval }
}
