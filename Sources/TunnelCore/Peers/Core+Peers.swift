/// Peers: what happens to them is the monitor's, what it finds is passed on here.
extension Core {
  /// What the peer monitor goes by.
  var peerContext: PeerMonitor.Context {
    PeerMonitor.Context(
      kernel: kernel, gateways: gatewayAddresses, daemon: daemon, obstacle: lists.obstacle,
      isConnected: lists.isConnected, isStandby: isStandby)
  }

  /// The settings for a peer's address; nil where there are none, and in standby.
  func deadPeerDetection(of remote: IPAddress) -> DeadPeerDetection? {
    peerContext.policy(of: remote)
  }

  // MARK: What happens

  /// SAs of a peer came or went.
  mutating func reconcilePeer(_ remote: IPAddress, at now: Instant) {
    guard peers.isWatching(remote) || gatewayAddresses[remote]?.deadPeerDetection != nil else {
      return
    }
    peers.reconcile(remote, peerContext, at: now, &out)
  }

  /// Settings are others: detection begins, ends or goes on by them, and nothing is cleared.
  mutating func reconcilePeers(at now: Instant) {
    let remotes = peers.remotes.union(kernel.sas.sets.keys.map(\.remote))
    for remote in remotes.sorted() { peers.reconcile(remote, peerContext, at: now, &out) }
    // Who reloads may have changed strongSwan's configuration too.
    lists.distrustConnections()
    daemonDPD.review(peers, peerContext, &out)
    lists.want(at: now, &out)
  }

  /// The daemon listed its IKE SAs, or can list them no more.
  mutating func watchPeers(by list: [IKESA], at now: Instant) {
    let outcomes = peers.listArrived(list, peerContext, at: now, &out)
    route(outcomes, at: now)
    daemonDPD.review(peers, peerContext, &out)
  }

  mutating func peerCountersRead(
    _ id: DetectorID, _ counts: [SAKey: UInt64], at now: Instant
  ) {
    route(peers.countersRead(id, counts, peerContext, at: now, &out), at: now)
  }

  mutating func ikePingAnswered(_ target: IKEPing.Target, at now: Instant) {
    route(peers.ikePingAnswered(target, peerContext, at: now, &out), at: now)
  }

  /// An IKE SA is down.
  mutating func ikeDown(_ sa: IKESA, at now: Instant) {
    if daemonDPD.ikeDown(sa, peers, peerContext, at: now) { lists.wantNow(at: now, &out) }
  }

  // MARK: What comes of it

  mutating func route(_ outcomes: [PeerOutcome], at now: Instant) {
    for outcome in outcomes {
      switch outcome {
      case .dead(let watch, let finding): declareDead(watch, finding, at: now)
      case .alive(let watch):
        let peer = watch.key.remote
        log(.info, "-", "gateway=\(watch.gateway) peer=\(peer) answers again")
        hearPeer(peer, "it answers again", at: now)
        for set in peers.sets(of: watch, kernel) { reviveSet(set.key, at: now) }
      case .received(let key): reviveSet(key, at: now)
      case .mustExchange(let watch): askForExchange(watch)
      case .heard(let peer, let what): hearPeer(peer, what, at: now)
      case .failingChanged(let peer):
        for id in tunnelIndex.ofPeer[peer] ?? [] { updateFailureCensus(id, at: now) }
      case .readsConnections: lists.refreshConnections(at: now, &out)
      }
    }
  }
}
