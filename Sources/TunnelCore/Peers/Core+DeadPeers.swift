/// What follows from what a detector finds.
extension Core {
  /// An IKE daemon that answers need not have the SAs any more. A rekey proves them, or not: the
  /// new SAs come from an exchange that only the right peer can take part in.
  mutating func askForExchange(_ watch: PeerWatch) {
    let children = peers.ikeSA(of: watch)?.children
    let child = children?.filter { $0.state == .installed }.max { $0.childID < $1.childID }
    let sas = peers.sets(of: watch, kernel).flatMap(\.outbound.values)
    let newest = sas.max { ($0.addedAt, $0.key.spi) < ($1.addedAt, $1.key.spi) }
    guard child != nil || newest != nil else { return }
    log(
      .info, "-",
      "gateway=\(watch.gateway) peer=\(watch.key.remote) answers, but nothing comes "
        + "through its SAs: having them rekeyed")
    if lists.isConnected, let child {
      out.send(.daemon(.rekeyChild(id: child.childID)))
    } else if let newest {
      out.send(.sa(.rekey(newest)))
    }
  }

  /// The threshold was reached: links are held, and SAs cleared if the guards let them be.
  mutating func declareDead(
    _ watch: PeerWatch, _ finding: PeerDetector.Finding, at now: Instant
  ) {
    let peer = watch.key.remote
    let sets = wholeSets(of: watch)
    // While clearing has to wait the same death is found again and again.
    let isNews = sets.isEmpty || sets.contains { $0.phase != .down(.peerDead) }
    if isNews { out.counters.count(gateway: watch.gateway) { $0.deaths += 1 } }
    log(
      isNews ? .warning : .debug, "-",
      "gateway=\(watch.gateway) peer=\(peer) dpd=dead reason=\"\(Reason.peerDead)\" (\(finding))")
    for set in sets { setLosesPeer(set.id, at: now) }
    clearPeer(watch, at: now)
  }

  /// The sets all of whose SAs are this peer's: another IKE SA with it may live on.
  private func wholeSets(of watch: PeerWatch) -> [SetMonitor] {
    let mine = peers.sas(of: watch)
    return peers.sets(of: watch, kernel).filter { set in
      mine.map { set.ids.isSubset(of: $0) } ?? true
    }
    .compactMap { monitorOfSet[$0.key] }.compactMap { monitors[$0] }
  }

  /// A set of a dead peer. When verify-path or vpn-monitor have found the same death already, its
  /// SAs are being cleared, and once is enough.
  mutating func setLosesPeer(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel], tunnel.isConfigured,
      !monitor.isBeingCleared
    else { return }
    if monitor.phase == .down(.peerDead), monitor.clearAt != nil { return }
    guard monitors[id]?.enter(.down(.peerDead), because: .peerDead) == true else { return }
    if tunnel.monitor?.action != .warn { monitors[id]?.isAdopted = false }
    monitors[id]?.absentUntil = nil
    monitors[id]?.endClearPlan()
    let interval = Duration.seconds(deadPeerDetection(of: monitor.key.remote)?.interval ?? 0)
    keepHeld(id, tunnel.monitor?.interval ?? interval, at: now)
    noteTestResult(of: monitor)
    beginMassFailure(with: tunnel.id, at: now)
    reconcile(monitor.tunnel, at: now)
    schedule(id)
  }

  /// Without vpn-monitor a link is held from its peer's death until there are SAs again or,
  /// on-traffic, the back-off is over; and never for another reason.
  mutating func reconcilePeerHold(_ id: TunnelID) {
    guard let tunnel = tunnels[id] else { return }
    let isHeld =
      tunnel.monitor == nil && tunnel.state == .down && tunnel.reason == .peerDead
      && isWatched(tunnel)
    guard tunnel.isHeldForPeer != isHeld else { return }
    tunnels[id]?.isHeldForPeer = isHeld
    if !isHeld, tunnel.monitor == nil, let link = tunnel.link {
      abandonGate(link, because: "is no longer held for a dead peer")
    }
  }

  /// Whether a link serves a tunnel that lives and that nobody monitors.
  func isUsedUnmonitored(_ link: String?) -> Bool {
    link.map { tunnels(on: $0).contains { $0.monitor == nil && $0.state == .up } } ?? false
  }

  // MARK: Clearing

  /// The time to clear a set has come that had to wait: its peer's IKE SA goes as a whole.
  mutating func clearPeer(of set: SetMonitor, at now: Instant) {
    let watches = peers.watches(of: set.key.remote)
    if let watch = watches.first(where: { wholeSets(of: $0).contains { $0.id == set.id } }) {
      return clearPeer(watch, at: now)
    }
    // The settings are gone, or the daemon tells of another IKE SA now: nobody says that it is dead.
    if tunnels[set.tunnel]?.monitor == nil { reviveSet(set.key, at: now) }
  }

  /// Clears what is left of a dead peer: its IKE SA where the daemon is there, so that it does not
  /// wait for the peer; else, or where some sets are to stay, each set. Once the last of its IKE SAs
  /// is gone the peer is counted on only when it was heard again.
  private mutating func clearPeer(_ watch: PeerWatch, at now: Instant) {
    let sets = wholeSets(of: watch)
    let due = sets.filter {
      $0.phase == .down(.peerDead) && !$0.isBeingCleared && isToBeCleared($0)
        && tunnels[$0.tunnel]?.isConfigured == true
    }.map(\.id)
    let isAll = sets.allSatisfy { due.contains($0.id) || $0.isBeingCleared }
    guard !due.isEmpty || isAll, due.isEmpty || authorizeClear(of: due, at: now) else { return }
    peers.isGivenUp(watch.key.remote)
    let ikeID = isAll && lists.isConnected ? watch.key.ikeID : nil
    for id in due {
      clearWithinAttempt(id, isTerminated: ikeID != nil, at: now)
      schedule(id)
    }
    guard isAll else { return }
    guard let ikeID else { return failOver(watch.gateway, from: watch.key.remote, at: now) }
    for set in sets { monitors[set.id]?.ladder?.leaveToDaemon() }
    // Found dead again, it is doomed since the first time: a slow list would never be late enough.
    let since = due.isEmpty ? renegotiator.terminations.decidedAt(ikeID) : nil
    renegotiator.terminations.decide(
      ikeID,
      DeadPeer(
        gateway: watch.gateway, address: watch.key.remote, sets: sets.map(\.id),
        decidedAt: since ?? now))
    lists.want(at: now, &out)
  }

  /// Whether the daemon is told to terminate an IKE SA by the list that is here.
  func isToBeTerminated(_ id: UInt32) -> Bool {
    renegotiator.terminations.isDue(id, askedAt: lists.askedAt)
  }

  /// Dead peers' IKE SAs that the daemon still lists are terminated, by a list that was asked for
  /// after that was decided; then the gateway's next address is tried.
  mutating func terminatePending(_ list: [IKESA], at now: Instant) {
    for (id, dead) in renegotiator.terminations.takeDue(askedAt: lists.askedAt) {
      if list.contains(where: { $0.id == id }) { out.send(.daemon(.terminateIKE(id: id))) }
      failOver(dead.gateway, from: dead.address, at: now)
    }
  }

  /// A sign of life from a set that was given up with its peer and that nobody probes.
  mutating func reviveSet(_ key: SASetKey, at now: Instant) {
    guard let id = monitorOfSet[key], let monitor = monitors[id],
      monitor.phase == .down(.peerDead), !monitor.isBeingCleared,
      tunnels[monitor.tunnel]?.monitor == nil
    else { return }
    monitors[id]?.enter(.up, because: .peerAlive, on: .peerAlive)
    monitors[id]?.endClearPlan()
    reconcile(monitor.tunnel, at: now)
    schedule(id)
  }
}

extension PeerDetector.Finding: CustomStringConvertible {
  /// Which half is dead, for the log and status.
  var description: String {
    switch self {
    case .silent: "no reply to IKE and nothing through its SAs"
    case .daemonSilent: "its IKE daemon is silent, packets still come through its SAs"
    case .pathSilent: "its IKE daemon answers, nothing comes through its SAs"
    }
  }
}
