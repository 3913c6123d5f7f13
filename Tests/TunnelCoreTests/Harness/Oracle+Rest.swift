@testable import TunnelCore

/// What must be so when the kernel has nothing more to say.
extension Oracle {
  mutating func checkAtRest(_ core: Core, _ kernel: ModelKernel, _ now: Instant) {
    var routes = core.gates.routes
    require(routes.record == routes.recordAnew, "the record that is kept is not what is held")
    for route in kernel.outside.values where kernel.table[route.identity] == nil {
      require(kernel.isOnRecord(route), "\(route) is neither in the kernel nor on record")
    }
    for (number, vpn) in scenario.vpns.enumerated() {
      guard vpn.monitor != nil, vpn.linkControl == .oper, let name = vpn.bindInterface,
        let gate = core.gates[name]
      else { continue }
      checkGate(number, vpn, gate.demand, Array(core.tunnels.values)[number].state)
      checkLink(name, vpn, gate, kernel, now)
    }
    checkOwnRoutes(core, kernel, now)
    for id in core.tunnels.keys {
      require(
        core.tunnelIndex.withoutSAs.contains(id) != core.hasWholeSet(id),
        "\(id) is taken for one that \(core.hasWholeSet(id) ? "lacks" : "has") SAs")
    }
    checkChildren(core)
    for route in kernel.table.values where route.routeProtocol != Route.agentProtocol {
      require(kernel.outside[route.identity] == route, "\(route) came from nowhere")
    }
  }

  /// What the daemon lists is found by name.
  private mutating func checkChildren(_ core: Core) {
    let named = core.tunnels.values.compactMap { tunnel in
      tunnel.ike.flatMap { $0.childID == nil ? nil : (tunnel.id, $0.name) }
    }
    for (id, name) in named {
      let others = named.filter { $0.0 != id && $0.1 == name }
      require(
        core.tunnelIndex.hasOther(than: id, named: name) == !others.isEmpty,
        "\(name) is \(others.count) other tunnels' than \(id)'s, and not found as such")
    }
  }

  private mutating func checkGate(
    _ tunnel: Int, _ vpn: VPN, _ demand: GateDemand, _ state: TunnelState
  ) {
    let remote = scenario.remote(tunnel)
    let isProven = proven.contains { $0.remote == remote }
    let isAdopted = adopted.contains { $0.remote == remote }
    let isAbsent = !complete.keys.contains { $0.remote == remote }
    switch demand {
    case .inService:
      let mayBe =
        isProven || vpn.monitor?.verifyPath == nil
        || vpn.establishTunnels == .onTraffic && (isAbsent || state == .idle)
        || vpn.monitor?.action == .warn && state == .down
      require(mayBe, "\(vpn.name) in service though no set of it was answered")
      require(
        !failed.contains(remote) || vpn.monitor?.action == .warn,
        "\(vpn.name) in service though it failed and was not up since")
    case .asFound:
      let isWarned = vpn.monitor?.action == .warn && state == .down
      require(isAdopted || isWarned, "\(vpn.name) left as found though no set of it was adopted")
    case .held, .down:
      require(state != .up, "\(vpn.name) held though a set is up")
    }
  }

  private mutating func checkLink(
    _ name: String, _ vpn: VPN, _ gate: Gate, _ kernel: ModelKernel, _ now: Instant
  ) {
    guard let link = kernel.link(named: name), gate.demand != .asFound else { return }
    guard !isRetrying(gate, now), foreignOperstates[name, default: 0] < 8 else { return }
    let isHeld = gate.demand == .held
    require(link.isLinkModeDormant == isHeld, "\(name) \(gate.demand), link mode is not so")
    if link.isAdminUp {
      require(
        (link.operationalState == .dormant) == isHeld, "\(name) \(gate.demand), operstate not")
    }
    checkGuarded(link, vpn, isHeld, kernel)
  }

  private mutating func checkGuarded(
    _ link: Link, _ vpn: VPN, _ isHeld: Bool, _ kernel: ModelKernel
  ) {
    for route in kernel.outside.values where route.linkIndex == link.index {
      let isThere = kernel.table[route.identity] == route
      let isGuarded = vpn.guardProtocols.contains(route.routeProtocol)
      if isHeld, isGuarded, contests[route.identity, default: 0] <= RouteGuard.contestLimit {
        require(!isThere, "\(route) still on held \(link.name)")
        require(isUnreachable(route.identity.destination, kernel), "\(route) without a stand-in")
      }
      if !isHeld && link.isAdminUp || !isGuarded {
        require(isThere, "\(route) not back on \(link.name)")
      }
    }
    for prefix in vpn.routes {
      let id = Route.Identity(table: RouteGuard.mainTable, destination: prefix)
      let isOpen = !isHeld && link.isAdminUp
      require((kernel.table[id] != nil) == isOpen, "owned \(prefix): wrong while \(link.name)")
      require(isUnreachable(prefix, kernel) != isOpen, "owned \(prefix): stand-in wrong")
    }
  }

  private func isRetrying(_ gate: Gate, _ now: Instant) -> Bool {
    gate.retryAt.map { $0 > now } ?? false
  }

  private func isUnreachable(_ prefix: IPPrefix, _ kernel: ModelKernel) -> Bool {
    kernel.table.values.contains { $0.kind == .unreachable && $0.identity.destination == prefix }
  }

  /// Routes of the agent's own are there only for what is withdrawn or owned.
  private mutating func checkOwnRoutes(_ core: Core, _ kernel: ModelKernel, _ now: Instant) {
    guard core.gates.all.allSatisfy({ !isRetrying($0, now) }) else { return }
    let withdrawn = kernel.found.links.flatMap(\.withdrawn).map(\.identity.destination)
    let owned = scenario.vpns.flatMap(\.routes)
    for route in kernel.table.values where route.routeProtocol == Route.agentProtocol {
      let destination = route.identity.destination
      require(
        owned.contains(destination) || withdrawn.contains(destination),
        "\(route) of the agent's serves nothing")
    }
  }

  mutating func checkReleased(_ kernel: ModelKernel) {
    // Under whatever name: it may have another one since it was held.
    for link in kernel.links.values where link.kind.isTunnel {
      require(!link.isLinkModeDormant, "\(link.name) still dormant after release")
    }
    for route in kernel.outside.values {
      let isUp = kernel.links[route.linkIndex ?? 0].map { $0.isAdminUp && $0.kind.isTunnel }
      require(
        kernel.table[route.identity] == route || isUp != true, "\(route) not back after release")
    }
    for route in kernel.table.values where route.routeProtocol == Route.agentProtocol {
      let owned = scenario.vpns.filter { vpn in
        kernel.link(named: vpn.bindInterface ?? "")?.index == route.linkIndex
      }.flatMap(\.routes)
      require(owned.contains(route.identity.destination), "\(route) left after release")
    }
  }
}
