/// What strongSwan says by VICI: when its list of SAs is read, and whose the kernel's SAs are.
extension Core {
  /// Changes that come together are answered by one list.
  private static let listDelay = Duration.milliseconds(100)
  /// The least time from one list to the next; a slow list makes it longer.
  private static let listPause = Duration.milliseconds(500)
  /// How many times as long as a list took the daemon is left alone after it.
  private static let listRest = 5
  private static let longestListRest = Duration.seconds(10)

  mutating func take(_ event: VICIEvent, at now: Instant) {
    switch event {
    case .connected:
      ike.isConnected = true
      ike.hasBeenConnected = true
      ike.obstacle = nil
      log(.info, "-", "vici: connected")
      wantList(at: now)
    case .disconnected(let reason): loseDaemon(reason)
    case .changed: wantList(at: now)
    case .children(let children): take(children, at: now)
    case .finished(let request, let failure): finish(request, failure, at: now)
    }
  }

  /// The way in which SAs are restored: by VICI, or by the kernel's EXPIRE alone.
  public var control: String { ike.isConnected ? "vici" : "kernel expire" }

  /// Why there is no VICI; nil when there is, or when nobody has tried yet.
  public var controlObstacle: String? { ike.obstacle }

  private mutating func loseDaemon(_ reason: String) {
    // One line for each time that it is lost, whatever the attempts to come say.
    if ike.isConnected || ike.obstacle == nil {
      log(
        ike.isConnected ? .warning : .info, "-",
        "vici: \(reason); going on without: SAs are cleared by the kernel's EXPIRE")
    }
    ike.isConnected = false
    ike.obstacle = reason
    (ike.isListing, ike.mustListAgain, ike.listAt) = (false, false, nil)
    timers.set(.ike, to: nil)
    for id in tunnels.keys { forgetNumbers(id) }
    suspendRecoveries()
  }

  // MARK: Lists

  /// Asks for a list soon; at `due` when that is later.
  mutating func wantList(by due: Instant? = nil, at now: Instant) {
    guard ike.isConnected else { return }
    if ike.isListing, due == nil { ike.mustListAgain = true }
    let soon = max(now.advanced(by: Self.listDelay), ike.notBefore, due ?? now)
    ike.listAt = min(ike.listAt ?? soon, soon)
    timers.set(.ike, to: ike.isListing ? nil : ike.listAt)
  }

  /// The time for a list has come.
  mutating func askForList(at now: Instant) {
    guard ike.isConnected, !ike.isListing else { return }
    (ike.isListing, ike.askedAt, ike.listAt) = (true, now, nil)
    effects.append(.vici(.listChildren))
  }

  private mutating func take(_ children: [ChildSA], at now: Instant) {
    endList(rest: ike.askedAt.duration(to: now) * Self.listRest, at: now)
    nameTunnels(children)
    recover(children, at: now)
  }

  /// The daemon cannot list; perhaps a later version of it can.
  mutating func listFailed(at now: Instant) {
    endList(rest: Self.longestListRest, at: now)
  }

  private mutating func endList(rest: Duration, at now: Instant) {
    ike.isListing = false
    ike.notBefore = max(
      ike.askedAt.advanced(by: Self.listPause), now.advanced(by: min(rest, Self.longestListRest)))
    if ike.mustListAgain { ike.listAt = now.advanced(by: Self.listDelay) }
    ike.mustListAgain = false
    ike.listAt = ike.listAt.map { max($0, ike.notBefore) }
    timers.set(.ike, to: ike.listAt)
  }

  // MARK: Names

  private mutating func nameTunnels(_ children: [ChildSA]) {
    for id in tunnels.keys { forgetNumbers(id) }
    let homes = sas.homesByInboundSPI
    for child in children.sorted(by: { $0.childID < $1.childID }) where child.state == .installed {
      guard let set = homes[child.spiIn], let monitor = monitorOfSet[set],
        let tunnel = monitors[monitor]?.tunnel
      else { continue }
      tunnels[tunnel]?.ike = IKENames(
        name: child.name, ikeID: child.ikeID, childID: child.childID)
    }
  }

  private mutating func forgetNumbers(_ id: TunnelID) {
    tunnels[id]?.ike?.ikeID = nil
    tunnels[id]?.ike?.childID = nil
  }
}
