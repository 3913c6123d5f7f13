/// Dead peer detection: one detector a peer, fed with the traffic of its SAs and with answers.
///
/// What makes a peer dead is `PeerDetector`'s to say; here it gets its counters. Its questions go out
/// in `Core+DPDQuestions`, and what it finds has its consequences in `Core+DeadPeers`.
extension Core {
  /// The settings for a peer's address; nil where there are none, and in standby.
  func deadPeerDetection(of remote: IPAddress) -> DeadPeerDetection? {
    guard !isStandby else { return nil }
    return dpd.gateways[remote].flatMap { configuration.gateways[$0]?.deadPeerDetection }
  }

  // MARK: Who is watched

  /// SAs of a peer came or went: it has a detector as long as it has SAs.
  mutating func reconcilePeer(_ remote: IPAddress, at now: Instant) {
    let wanted = deadPeerDetection(of: remote) == nil ? [] : peerKeys(of: remote)
    let known = (dpd.ofPeer[remote] ?? []).compactMap { dpd.watches[$0] }
    let over = known.filter { !wanted.contains($0.key) }
    for watch in over {
      dpd.remove(watch.id)
      out.timers.set(.peer(watch.id), to: nil)
    }
    for key in wanted where !known.contains(where: { $0.key == key }) {
      guard let gateway = dpd.gateways[remote] else { continue }
      let id = dpd.add(key, gateway: gateway, at: now)
      // An IKE SA that was rekeyed, or is told apart only now, is no other peer.
      if over.count == 1, wanted.count == 1, let old = over.first, old.key.local == key.local {
        dpd.watches[id]?.`continue`(old)
      }
      out.timers.set(.peer(id), to: dpd.watches[id]?.tickAt)
    }
  }

  /// Settings are others: detection begins, ends or goes on by them, and nothing is cleared.
  mutating func reconcilePeers(at now: Instant) {
    let remotes = kernel.sas.sets.keys.map(\.remote) + Array(dpd.ofPeer.keys)
    for remote in Set(remotes).sorted() { reconcilePeer(remote, at: now) }
    // Who reloads may have changed strongSwan's configuration too.
    ike.connectionsAskedAt = nil
    reviewDaemonDPD()
    wantList(at: now)
  }

  /// One for each IKE SA that the daemon lists; else one for each pair of endpoints.
  private func peerKeys(of remote: IPAddress) -> [PeerKey] {
    let own = dpd.gateways[remote].flatMap { configuration.gateways[$0]?.localAddress }
    let listed = dpd.ikeSAs.filter { $0.remote == remote && (own == nil || $0.local == own) }
    let known = listed.compactMap { ike in
      ike.local.map { PeerKey(local: $0, remote: remote, ikeID: ike.id) }
    }
    let others = Set(kernel.sas.keys(towards: remote).map(\.local)).subtracting(known.map(\.local))
    return known
      + others.filter { own == nil || $0 == own }.sorted().map {
        PeerKey(local: $0, remote: remote)
      }
  }

  /// The sets of a peer.
  func sets(of watch: PeerWatch) -> [SASet] {
    let mine = sas(of: watch)
    return kernel.sas.keys(towards: watch.key.remote).filter { $0.local == watch.key.local }
      .sorted { ($0.reqid, $0.ifID) < ($1.reqid, $1.ifID) }.compactMap { kernel.sas.sets[$0] }
      .filter { set in mine.map { !$0.isDisjoint(with: set.ids) } ?? true }
  }

  /// The SAs of its IKE SA, where another IKE SA has the same endpoints; nil: all are its.
  func sas(of watch: PeerWatch) -> Set<SAID>? {
    let alike = dpd.ikeSAs.filter {
      $0.remote == watch.key.remote && $0.local == watch.key.local
    }
    guard alike.count > 1, let mine = alike.first(where: { $0.id == watch.key.ikeID }) else {
      return nil
    }
    return Set(mine.children.flatMap(\.sas))
  }

  /// The daemon listed its IKE SAs, or can list them no more.
  mutating func watchPeers(by list: [IKESA], at now: Instant) {
    let before = dpd.ikeSAs
    dpd.ikeSAs = list.filter { ike in
      ["ESTABLISHED", "REKEYING"].contains(ike.state)
        && (ike.remote.map { deadPeerDetection(of: $0) != nil } ?? false)
    }
    for remote in Set((before + dpd.ikeSAs).compactMap(\.remote)).sorted() {
      reconcilePeer(remote, at: now)
    }
    for ike in dpd.ikeSAs { noteNewChildren(of: ike, before, at: now) }
    reviewDaemonDPD()
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
    out.timers.set(.peer(id), to: tickAt)
    if policy.transport != .ikePing { lookAtConnections(at: now) }
    guard !isAskedByDaemon(watch) else { dpd.watches[id]?.rest(); return }
    let keys = sets(of: watch).flatMap(\.all).map(\.key)
    if keys.isEmpty {
      judgePeer(id, [:], at: now)
    } else {
      out.send(.readPeerCounters(id, keys))
    }
  }

  /// The counters that a tick asked for are here.
  mutating func judgePeer(_ id: DetectorID, _ counts: [SAKey: UInt64], at now: Instant) {
    guard let watch = dpd.watches[id], let policy = deadPeerDetection(of: watch.key.remote)
    else { return }
    var traffic: [SASetKey: PeerDetector.Traffic] = [:]
    var meters: [SASetKey: TrafficMeter] = [:]
    let mine = sas(of: watch)
    for set in sets(of: watch) {
      let inbound = counts.filter { set.inbound[$0.key] != nil }
      let outbound = counts.filter { set.outbound[$0.key] != nil }
      var meter = watch.meters[set.key] ?? TrafficMeter()
      if watch.hasRead {
        let carriers = meter.readEach(inbound: inbound, outbound: outbound)
        func isMine(_ sa: SAKey) -> Bool { mine?.contains(sa.id) ?? true }
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
}

extension DeadPeerDetection {
  /// How often the counters are read.
  var tick: Duration { .seconds(interval) / PeerDetector.ticksPerInterval }
}
