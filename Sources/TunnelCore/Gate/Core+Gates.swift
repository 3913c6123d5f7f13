/// What a tunnel's state means for its link.
extension Core {
  /// What a tunnel asks of its link, and why.
  typealias Ruling = (demand: GateDemand, rule: GateRule, by: Tunnel)

  /// Tunnels of a link for which the agent changes it; none where it does not fit them.
  ///
  /// - Parameter evenUnfit: those that ask for it, whether or not it fits.
  func guardedTunnels(on link: String, evenUnfit: Bool = false) -> [Tunnel] {
    let users = tunnels(on: link).filter(\.isGuarded)
    return users.isEmpty || evenUnfit || misfit(of: link) == nil ? users : []
  }

  /// Whether the agent changes a tunnel's link.
  func isGuarded(_ tunnel: Tunnel) -> Bool {
    tunnel.isGuarded && tunnel.link.map { misfit(of: $0) == nil } ?? false
  }

  /// Brings a link to what its tunnels ask for.
  mutating func reconcileGate(_ name: String, at now: Instant) {
    guard !pending.puts(offGateOf: name), hasStarted, !isEnding else { return }
    guard judge(name, at: now) == nil else { return }
    let users = guardedTunnels(on: name, evenUnfit: true)
    guard !users.isEmpty else { return }
    let ruling = ruling(users)
    let isNew = gates.demand(
      ruling.demand, of: name, for: ruling.by.name, because: ruling.rule, &out)
    if isNew, let link = kernel.link(named: name) { noteScope(of: link) }
    gates.apply(guardRequest(name, users, at: now), for: users[0].name, kernel, memory, &out)
  }

  /// What the tunnels of a link ask of it together, and whose rule decides.
  func ruling(_ users: [Tunnel]) -> Ruling {
    if users.allSatisfy(\.isHeldForPeer), isUsedUnmonitored(users[0].link) {
      return (.inService, .livingNeighbour, users[0])
    }
    var strongest = ruling(of: users[0])
    for tunnel in users.dropFirst() {
      let other = ruling(of: tunnel)
      if other.demand.opens > strongest.demand.opens { strongest = other }
    }
    return strongest
  }

  private func ruling(of tunnel: Tunnel) -> Ruling {
    let sets = tunnel.monitors.compactMap { monitors[$0] }
    let rule = tunnel.gateRule(
      isAdopted: sets.contains { $0.isAdopted && ($0.phase == .verifying || $0.phase.isDown) },
      wasOpen: sets.contains { $0.isVerified && $0.phase.isDown }, role: role)
    return (tunnel.demand(of: rule), rule, tunnel)
  }

  private func guardRequest(
    _ name: String, _ users: [Tunnel], at now: Instant
  ) -> RouteGuard.Request {
    let link = kernel.link(named: name)
    // At the end everything is put back, a dead set's routes too.
    let monitored = users.filter { $0.monitor != nil }
    let (held, served) = isEnding ? ([], []) : prefixes(of: monitored, at: now)
    let vpns = users.compactMap(\.vpn)
    // A link that is down takes no route: at the end what would go by it stays on record, and what
    // stands in for it goes, since nobody would remove it when the link comes up.
    let isUp = gates.isUpOrRaised(name, kernel)
    let takesRoutes = isUp || !isEnding
    return RouteGuard.Request(
      link: name, index: link?.index, isAdminUp: isUp,
      table: kernel.links.table(of: link),
      guardProtocols: vpns.reduce(into: []) { $0.formUnion($1.guardProtocols) },
      owned: takesRoutes ? monitored.compactMap(\.vpn).flatMap(\.routes) : [],
      heldRoute: takesRoutes && vpns.contains { $0.heldRoute == .unreachable }
        ? .unreachable : .none,
      // Nobody probes any more when the agent ends.
      probeDestinations: isEnding ? [] : Set(users.flatMap(probeDestinations)),
      heldPrefixes: held, servedPrefixes: served, takesRoutes: takesRoutes)
  }

  /// Where a tunnel's probes go, and come from the peer. Never an outer endpoint of the tunnel's: a
  /// route to it through the link would send ESP into the tunnel.
  ///
  /// Where they cannot be sent at the moment, as between the policies of one child that come one by one,
  /// the ways stay: without them answers to the peer's probes would leave in clear.
  private func probeDestinations(_ tunnel: Tunnel) -> [IPAddress] {
    let gateway = tunnel.gateway.flatMap { configuration.gateways[$0] }
    let unknown = IPAddress(family: .ipv4, bits: 0)
    var keys = tunnel.monitors.compactMap { monitors[$0]?.key }
    if keys.isEmpty {
      keys = [tunnel.endpoints ?? SASetKey(local: unknown, remote: unknown, reqid: 0)]
    }
    return keys.flatMap { key in
      [Purpose.verifyPath, .vpnMonitor].flatMap { purpose in
        destinations(of: tunnel, through: key, for: purpose).filter {
          $0 != key.remote && gateway?.addresses.contains($0) != true
        }
      }
    }
  }

  private func destinations(
    of tunnel: Tunnel, through key: SASetKey, for purpose: Purpose
  ) -> [IPAddress] {
    if case .success(let path) = path(of: tunnel, through: key, for: purpose) {
      return [path.destination]
    }
    switch purpose {
    case .verifyPath: return tunnel.monitor?.verifyPath?.destinations ?? []
    case .vpnMonitor: return tunnel.monitor?.destinations ?? []
    }
  }

  // MARK: Failures and the end

  mutating func gateFailed(_ failure: GateFailure, at now: Instant) {
    if case .absent(let link, let step) = failure {
      guard gates.routes.wasAbsent(step, link: link) else { return }
      log(.debug, "-", "link=\(link) gone before \(step): removed by its owner")
      return reconcileGate(link, at: now)
    }
    out.counters.gateFailures += 1
    gates.failed(failure, memory, at: now, &out)
  }

  /// What failed is tried again.
  mutating func retryGate(_ link: String, at now: Instant) {
    if gates.routes.takeComparison(of: link) { routeReading.want() }
    if let ifID = Link.ifID(ofOwn: link) {
      ownLinks.touch(ifID)
    } else if guardedTunnels(on: link).isEmpty {
      releaseGate(link, because: "has no tunnel")
      cleanUp(at: now)
    } else {
      reconcileGate(link, at: now)
    }
  }

  mutating func shutDown(release: Bool, at now: Instant) {
    isEnding = true
    guard release else { return }
    removeOwnLinks()
    // A gate in service too: with its link away or down it is closed all the same.
    for name in gates.names {
      let users = guardedTunnels(on: name)
      if !users.isEmpty, gates[name]?.demand == .asFound {
        gates.leave(name, &out)
        continue
      }
      gates.demandRelease(name)
      guard let first = users.first else {
        if hasStarted { releaseGate(name, because: "has no tunnel") }
        continue
      }
      gates.open(guardRequest(name, users, at: now), for: first.name, kernel, memory, &out)
    }
    if hasStarted { releaseUnowned() }
  }

  /// Opens a gate that no tunnel asks for: an earlier run left it, or its tunnel was forgotten.
  mutating func releaseGate(_ name: String, because why: String) {
    let link = kernel.link(named: name).flatMap { mayRestore($0) ? $0 : nil }
    gates.release(name, link, because: why, kernel, memory, &out)
  }
}

extension Tunnel {
  /// Whether the agent changes this tunnel's link.
  var isGuarded: Bool {
    link != nil && (monitor != nil || isHeldForPeer)
      && vpn.map { $0.linkControl != .none } ?? false
  }
}
