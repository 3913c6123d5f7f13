/// SAs that the IKE daemon has moved (MOBIKE) to where nobody expects them: to the other address
/// family, or to an address that no gateway lists. They stay their tunnel's. Where its link cannot
/// carry them, the tunnel is as if it had none, and that is said.
extension Core {
  /// How long the daemon has to move SAs back by itself before its IKE SA is made again.
  private static let returnGrace = Duration.seconds(10)
  /// SPIs that are remembered at the least.
  private static let leastMemory = 4096

  // MARK: Whose they are

  /// Remembers whose the SAs of a set are.
  mutating func rememberHome(of set: SASet, in tunnel: TunnelID) {
    guard tunnels.with(tunnel, { $0.isConfigured }) == true else { return }
    for sa in set.inbound.keys { homeOfSPI[sa.spi] = tunnel }
    guard homeOfSPI.count > max(Self.leastMemory, homesKept * 2) else { return }
    let present = Set(kernel.sas.keys.map(\.spi))
    homeOfSPI = homeOfSPI.filter { present.contains($0.key) }
    homesKept = homeOfSPI.count
  }

  /// The tunnel that a set's SAs were before they were moved: inbound ones keep their SPIs, which
  /// this host draws.
  func formerTunnel(of set: SASet) -> TunnelID? {
    set.inbound.keys.compactMap { homeOfSPI[$0.spi] }.first { isAway(set.key, of: $0) }
  }

  /// Whether a set lies elsewhere than the tunnel's last one, or than its gateway.
  private func isAway(_ key: SASetKey, of id: TunnelID) -> Bool {
    guard let tunnel = tunnels[id], tunnel.isConfigured,
      tunnel.link == nil || kernel.link(named: tunnel.link) != nil
    else { return false }
    let known = monitorOfSet[key].flatMap { monitors[$0] }
    let hasMoved = tunnel.endpoints.map { ($0.local, $0.remote) != (key.local, key.remote) }
    return hasMoved ?? true
      || tunnelIndex.ofPeer[key.remote]?.contains(id) != true
      || known?.tunnel == id && known?.misplacedAt != nil
  }

  /// A child of a tunnel's connection has SAs that are nobody's: they were moved before the agent
  /// started. Returns the set that is to be given to the tunnel.
  mutating func claimMoved(_ child: ChildSA, _ key: SASetKey) -> SASetKey? {
    let peers = daemon.connection(named: child.name.connection)?.remote ?? []
    let ofConnection = Set(peers.flatMap { tunnelIndex.ofPeer[$0] ?? [] })
    let owners = ofConnection.compactMap { tunnels[$0] }.filter { tunnel in
      guard let gateway = tunnel.gateway.flatMap({ configuration.gateways[$0] }),
        !gateway.addresses.contains(key.remote), !hasWholeSet(tunnel.id)
      else { return false }
      return tunnel.ike?.name == child.name || (try? childName(of: tunnel).get()) == child.name
    }
    guard owners.count == 1, let set = kernel.sas.sets[key] else { return nil }
    rememberHome(of: set, in: owners[0].id)
    return key
  }

  // MARK: Whether the link can carry them

  /// What keeps a set from being its tunnel's way.
  mutating func misplacement(of set: SASet, in tunnel: TunnelID) -> ProbeObstacle? {
    guard set.isComplete,
      let name = tunnels.with(tunnel, { $0.isConfigured ? $0.link : nil }) ?? nil,
      let link = kernel.link(named: name), !link.carries(set)
    else { return nil }
    return .misplaced(link: name, local: set.key.local, remote: set.key.remote)
  }

  /// Notes that a set cannot be used where it is, or can again; says so once.
  mutating func noteMisplacement(_ obstacle: ProbeObstacle?, of id: MonitorID, at now: Instant) {
    let wasMisplaced = monitors.with(id) { $0.obstacle?.isMisplaced == true }
    guard obstacle != nil || wasMisplaced == true, let monitor = monitors[id],
      monitor.obstacle != obstacle
    else { return }
    monitors[id]?.obstacle = obstacle
    monitors[id]?.misplacedAt = obstacle == nil ? nil : monitor.misplacedAt ?? now
    if monitor.phase == .incomplete { reconcile(monitor.tunnel, at: now) }
    guard let obstacle, let tunnel = tunnels[monitor.tunnel] else { return }
    log(.warning, tunnel.name, "\(obstacle)")
    lists.want(at: now, &out)
  }

  // MARK: Bringing them back

  /// Tunnels that are to be there always, and whose SAs are where they are of no use: their IKE SA
  /// is made again, to the configured address. A new child of it would be where it is.
  mutating func recallMoved(at now: Instant) {
    var next: Instant?
    for tunnel in tunnels.values where tunnel.vpn?.establishTunnels == .immediately {
      guard tunnel.state != .up, tunnel.state != .verifying,
        let since = tunnel.monitors.compactMap({ monitors[$0]?.misplacedAt }).min()
      else { continue }
      let due = max(since.advanced(by: Self.returnGrace), tunnel.attempts.nextAt ?? since)
      if due > now {
        next = min(next ?? due, due)
      } else if terminateIKE(ofMisplaced: tunnel, at: now) {
        var attempts = tunnel.attempts
        attempts.adopt(backoffLimits(of: tunnel), at: now)
        _ = attempts.begin(at: now, using: &out.random)
        storeAttempts(attempts, of: tunnel)
      }
    }
    if let next { lists.want(by: next, at: now, &out) }
  }

  /// Has the IKE SA of SAs that were moved terminated, by a list that is asked for after this; not
  /// one whose other children are used. Whether it is.
  mutating func terminateIKE(ofMisplaced tunnel: Tunnel, at now: Instant) -> Bool {
    let sets = tunnel.monitors.filter { monitors[$0]?.obstacle?.isMisplaced == true }
    let mine = Set(
      sets.compactMap { monitors[$0].flatMap { kernel.sas.sets[$0.key] } }.flatMap(\.ids))
    guard let gateway = tunnel.gateway, let key = sets.first.flatMap({ monitors[$0]?.key }),
      let listed = listedSAs?.first(with: mine)
    else { return false }
    let others = listed.children.filter { $0.state == .installed && mine.isDisjoint(with: $0.sas) }
    guard others.allSatisfy({ !isUsed($0) }) else { return false }
    renegotiator.terminations.decide(
      listed.id,
      DeadPeer(gateway: gateway, address: key.remote, sets: sets, decidedAt: now))
    log(.warning, tunnel.name, "terminating IKE SA \(listed.id), whose SAs were moved")
    lists.want(at: now, &out)
    return true
  }

  private func isUsed(_ child: ChildSA) -> Bool {
    let home = child.sas.compactMap { kernel.sas.home(of: $0) }.first
    guard let id = home.flatMap({ monitorOfSet[$0] }) else {
      return child.sas.contains(where: kernel.sas.contains) || !child.isTunnel
    }
    return monitors[id]?.obstacle?.isMisplaced != true
  }
}
