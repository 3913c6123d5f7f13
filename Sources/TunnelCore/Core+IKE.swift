/// What strongSwan says by VICI, and when its lists are read.
extension Core {
  /// Changes that come together are answered by one list.
  private static let listDelay = Duration.milliseconds(100)
  /// The least time from one list to the next; a slow list makes it longer.
  private static let listPause = Duration.milliseconds(500)
  /// How many times as long as a list took the daemon is left alone after it.
  private static let listRest = 5
  private static let longestListRest = Duration.seconds(10)
  /// How often its rest may be cut short.
  private static let hurryPause = Duration.seconds(5)
  /// How old the list of connections may be when SAs are listed.
  private static let longestConnectionsAge = Duration.seconds(30)
  /// How often connections are looked for that are missing.
  static let connectionsPause = Duration.seconds(5)

  mutating func daemonSaid(_ event: VICIEvent, at now: Instant) {
    switch event {
    case .connected:
      ike.isConnected = true
      ike.hasBeenConnected = true
      ike.obstacle = nil
      log(.info, "-", "vici: connected")
      wantList(at: now)
      for id in tunnels.keys { reconcileCommand(id, at: now) }
    case .disconnected(let reason): daemonDisconnected(reason, at: now)
    case .changed: wantList(at: now)
    case .ikeDown(let sa): noteFall(of: sa, at: now)
    case .exchanged(let id): noteExchange(ofIKE: id, at: now)
    case .sas(let list): saListArrived(list, at: now)
    case .connections(let connections):
      let old = ike.connections
      ike.connections = connections
      hearConnections(insteadOf: old, at: now)
      reviewDaemonDPD()
      answerWaiting(at: now)
    case .finished(let request, let failure): finish(request, failure, at: now)
    }
  }

  /// The way in which SAs are cleared and restored: by VICI, or by the kernel's EXPIRE alone.
  public var control: String { ike.isConnected ? "vici" : "kernel expire" }

  /// Why there is no VICI; nil when there is, or when nobody has tried yet.
  public var controlObstacle: String? { ike.obstacle }

  private mutating func daemonDisconnected(_ reason: String, at now: Instant) {
    // One line for each time that it is lost, whatever the attempts to come say.
    if ike.isConnected || ike.obstacle == nil {
      log(
        ike.isConnected ? .warning : .info, "-",
        "vici: \(reason); going on without: SAs are cleared by the kernel's EXPIRE")
    }
    let isFirst = ike.obstacle == nil && !ike.isConnected
    ike.isConnected = false
    ike.obstacle = reason
    (ike.isListing, ike.mustListAgain, ike.listAt) = (false, false, nil)
    (ike.connections, ike.connectionsAskedAt) = (nil, nil)
    ike.sas = nil
    (ike.missing, ike.sharesKernel) = ([:], false)
    news.polledAt = nil
    out.timers.set(.ike, to: nil)
    out.timers.set(.connections, to: nil)
    suspendRenegotiations(at: now)
    dpd.fallen = []
    watchPeers(by: [], at: now)
    for id in tunnels.keys {
      forgetNumbers(id)
      tunnels[id]?.nameObstacle = nil
      tunnels[id]?.orphanedSince = nil
      tunnels[id]?.isOrphaned = false
      reconcileCommand(id, at: now)
    }
    if isFirst { lookForListeners() }
  }

  // MARK: Lists

  /// Asks for a list soon; at `due` when that is later.
  mutating func wantList(by due: Instant? = nil, at now: Instant) {
    guard ike.isConnected else { return }
    if ike.isListing, due == nil { ike.mustListAgain = true }
    let soon = max(now.advanced(by: Self.listDelay), ike.notBefore, due ?? now)
    ike.listAt = min(ike.listAt ?? soon, soon)
    out.timers.set(.ike, to: ike.isListing ? nil : ike.listAt)
  }

  /// Something must be known before the daemon's rest is over; that happens seldom.
  mutating func wantListNow(at now: Instant) {
    if ike.hurriedAt.map({ $0.advanced(by: Self.hurryPause) <= now }) ?? true {
      ike.hurriedAt = now
      ike.notBefore = now
      ike.mustHurry = ike.isListing
    }
    wantList(at: now)
  }

  /// The time for a list has come.
  mutating func askForList(at now: Instant) {
    guard ike.isConnected, !ike.isListing else { return }
    (ike.isListing, ike.askedAt, ike.listAt) = (true, now, nil)
    let age = ike.connectionsAskedAt.map { $0.duration(to: now) }
    if age.map({ $0 >= Self.longestConnectionsAge }) ?? true {
      ike.connectionsAskedAt = now
      out.send(.vici(.listConnections))
    }
    out.send(.vici(.listSAs))
  }

  /// Somebody goes by what a connection says: no event says when it is loaded anew.
  mutating func lookAtConnections(at now: Instant) {
    guard let last = ike.connectionsAskedAt, ike.listAt == nil,
      last.advanced(by: Self.longestConnectionsAge) <= now
    else { return }
    wantList(at: now)
  }

  /// Somebody waits for a connection that is not there: no event says when it is loaded.
  mutating func wantConnections(within pause: Duration = connectionsPause, at now: Instant) {
    ike.connectionsAskedAt = nil
    wantList(by: now.advanced(by: pause), at: now)
  }

  private mutating func saListArrived(_ list: [IKESA], at now: Instant) {
    hearIKESAs(list, insteadOf: ike.sas?.list, at: now)
    ike.sas = (list, ike.askedAt)
    endList(rest: ike.askedAt.duration(to: now) * Self.listRest, at: now)
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

  /// The daemon cannot list; perhaps a later version of it can.
  mutating func listFailed(at now: Instant) {
    endList(rest: Self.longestListRest, at: now)
  }

  private mutating func endList(rest: Duration, at now: Instant) {
    ike.isListing = false
    let rest = ike.mustHurry ? .zero : min(rest, Self.longestListRest)
    ike.mustHurry = false
    ike.notBefore = max(ike.askedAt.advanced(by: Self.listPause), now.advanced(by: rest))
    if ike.mustListAgain { ike.listAt = now.advanced(by: Self.listDelay) }
    ike.mustListAgain = false
    ike.listAt = ike.listAt.map { max($0, ike.notBefore) }
    out.timers.set(.ike, to: ike.listAt)
  }
}
