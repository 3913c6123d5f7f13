/// What strongSwan says by VICI, and when its lists are read.
extension Core {
  mutating func daemonSaid(_ event: VICIEvent, at now: Instant) {
    switch event {
    case .connected:
      lists.connected(at: now, &out)
      for id in tunnels.keys { reconcileCommand(id, at: now) }
    case .disconnected(let reason, let process): daemonDisconnected(reason, process, at: now)
    case .changed: lists.want(at: now, &out)
    case .ikeDown(let sa): ikeDown(sa, at: now)
    case .exchanged(let id):
      route(peers.exchanged(ikeID: id, peerContext, at: now, &out), at: now)
    case .sas(let list): saListArrived(list, at: now)
    case .connections(let connections):
      lists.connectionsArrived(at: now)
      let old = daemon.connections
      daemon.replace(connections)
      news.hear(connections, insteadOf: old, at: now, &out)
      daemonDPD.review(peers, peerContext, &out)
      answerWaiting(at: now)
    case .finished(let request, let failure): finish(request, failure, at: now)
    }
  }

  /// The way in which SAs are cleared and restored: by VICI, or by the kernel's EXPIRE alone.
  public var control: String { lists.isConnected ? "vici" : "kernel expire" }

  /// Why strongSwan does not answer; nil when it does, when nobody has tried yet, and beside another
  /// IKE daemon.
  public var controlObstacle: String? {
    if case .other = lists.process { return nil }
    return lists.obstacle
  }

  private mutating func daemonDisconnected(
    _ reason: String, _ process: IKEProcess, at now: Instant
  ) {
    let isFirst = lists.disconnected(reason, process, &out)
    daemon.replace(nil)
    listedSAs = nil
    suspendRenegotiations(at: now)
    daemonDPD.daemonDisconnected()
    watchPeers(by: [], at: now)
    tunnelIndex.forgetChildren()
    for id in tunnels.keys {
      forgetNumbers(id)
      tunnels[id]?.nameObstacle = nil
      tunnels[id]?.orphanedSince = nil
      tunnels[id]?.isOrphaned = false
      reconcileCommand(id, at: now)
    }
    if isFirst { lookForListeners() }
  }

  private mutating func saListArrived(_ list: [IKESA], at now: Instant) {
    hearIKESAs(list, insteadOf: listedSAs?.list, at: now)
    listedSAs = ListedSAs(list, at: lists.askedAt)
    lists.arrived(at: now, &out)
    nameTunnels(list, at: now)
    judgeLinksByName(at: now)
    judgeFallen(by: list, at: now)
    watchPeers(by: list, at: now)
    renegotiate(list, at: now)
    if !isStandby { recallMoved(at: now) }
    // Last: what follows is for the next list.
    terminatePending(list, at: now)
    watchConnections(at: now)
  }
}
