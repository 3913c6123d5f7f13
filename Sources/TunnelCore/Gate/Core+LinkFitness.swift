/// Which links may be changed at all: the one predicate that every gate asks before a step.
///
/// A link that does not fit is left alone, which is said once. Whatever an earlier run or moment
/// took from it comes back.
extension Core {
  /// Why a link is left alone; nil when it may be held and given routes, or is not there.
  func misfit(of name: String) -> LinkMisfit? {
    guard let link = kernel.link(named: name) else { return nil }
    let users = tunnels(on: name).filter { $0.vpn != nil }
    guard !users.isEmpty else { return nil }
    if let misfit = link.misfit { return misfit }
    let gateways = users.compactMap(\.gateway).compactMap { configuration.gateways[$0] }
    return gateways.compactMap { link.misfit(for: $0) }.first
      ?? shadow(on: link) ?? otherPeer(on: link, users) ?? otherSAs(of: users, link)
      ?? wayToPeer(by: link, users)
  }

  /// Whether a link that is left alone is given back what it is without, by whoever took it: a
  /// device of another kind only where the record proves that it is the very one.
  func mayRestore(_ link: Link) -> Bool {
    guard link.misfit != nil else { return true }
    return gates.routes.hasTaken(from: link.name, index: link.index)
  }

  /// Says what is wrong with a link, or that nothing is any more, and lets go of it. Returns what is
  /// wrong.
  mutating func judge(_ name: String, at now: Instant) -> LinkMisfit? {
    let users = tunnels(on: name).filter { $0.vpn != nil }
    guard !users.isEmpty else {
      fitness.forget(name)
      return nil
    }
    let peers = peers(of: users, kernel.link(named: name))
    if fitness.peerRoutes.add(peers) { routeReading.want() }
    if let link = kernel.link(named: name), kernel.links.twins(of: link).count > 1 {
      readUnderlay()
    }
    let misfit = misfit(of: name)
    if misfit == nil { noteHarmless(covering(peers, by: name), name) }
    guard fitness.judged(name, misfit) else { return misfit }
    guard let misfit else {
      if kernel.link(named: name) != nil { log(.info, "-", "link=\(name) matches its tunnel now") }
      return nil
    }
    let remedy = remedy(for: misfit, on: name).map { "; \($0)" } ?? ""
    log(.warning, "-", "link=\(name) is left alone: \(misfit)\(remedy)")
    abandonGate(name, because: "is left alone")
    return misfit
  }

  /// What covers a peer through a link is no obstacle, or that is not known before it was read what
  /// else does.
  private mutating func noteHarmless(_ routes: Set<Route.Identity>, _ name: String) {
    if fitness.knowsUnderlay || routes.isEmpty {
      fitness.noteHarmless(routes, on: name)
    } else {
      readUnderlay()
    }
  }

  private mutating func readUnderlay() {
    if fitness.wantUnderlay() { routeReading.want() }
  }

  /// One line for status.
  func misfitText(of tunnel: Tunnel) -> String? {
    guard let name = tunnel.link, tunnel.vpn != nil, let misfit = misfit(of: name) else {
      return nil
    }
    return "\(misfit)" + (remedy(for: misfit, on: name).map { "; \($0)" } ?? "")
  }

  /// Another peer's or other SAs may make a link somebody else's, or no longer.
  mutating func judgeLinks(towards peer: IPAddress, at now: Instant) {
    for id in tunnelIndex.ofPeer[peer] ?? [] {
      if let tunnel = tunnels[id], !tunnel.hasCarried, let link = tunnel.link {
        reconcileGate(link, at: now)
      }
    }
  }

  /// A list of the IKE daemon's tells whose SAs those are that no VPN has.
  mutating func judgeLinksByName(at now: Instant) {
    for id in tunnelIndex.withoutSAs.sorted() {
      guard let tunnel = tunnels[id], tunnel.isConfigured, !tunnel.hasCarried,
        let link = tunnel.link
      else { continue }
      reconcileGate(link, at: now)
    }
  }

  /// The VTI that takes all ESP of a link's peer, as was said of the link; nil where none does.
  func twinTakingESP(of name: String) -> String? {
    if case .shadowed(let other, _)? = fitness.said[name] { other } else { nil }
  }

  /// A route to a peer that came or went may end what made a link unfit.
  mutating func judgeAgain(for route: Route, at now: Instant) {
    guard fitness.peerRoutes.leadsToAnyPeer(route) else { return }
    for (name, misfit) in fitness.said.sorted(by: { $0.key < $1.key }) {
      switch misfit {
      case .leadsToPeer, .shadowed: reconcileGate(name, at: now)
      case .noTunnel, .fallback, .everyID, .otherNamespace, .otherEnds, .otherPeer, .otherSAs: break
      }
    }
  }

  // MARK: SAs

  /// The link carries packets for somebody whom its VPN does not know.
  private func otherPeer(on link: Link, _ users: [Tunnel]) -> LinkMisfit? {
    guard users.allSatisfy({ $0.isConfigured && $0.monitors.isEmpty }),
      let name = users.first?.gateway, let gateway = configuration.gateways[name]
    else { return nil }
    return kernel.sas.keys(carriedBy: link).map(\.remote).filter { !gateway.addresses.contains($0) }
      .min().map { .otherPeer($0, gateway: name) }
  }

  /// The kernel gives all ESP of the peer to another VTI with the same ends.
  private func shadow(on link: Link) -> LinkMisfit? {
    let twins = kernel.links.twins(of: link)
    guard twins.count > 1, case .vti(_, let remote, _, _) = link.kind, !remote.isUnspecified,
      let way = fitness.peerRoutes.leading(to: remote, with: []).first,
      let taking = Link.taking(twins, arrivingBy: gates.routes.legLinks(way).first),
      taking.index != link.index
    else { return nil }
    return .shadowed(by: taking.name, peer: remote)
  }

  /// The gateway's SAs are there, and the kernel would send them through another link: it is this
  /// tunnel's name that is wrong, unless they are known to be another child's.
  private func otherSAs(of users: [Tunnel], _ link: Link) -> LinkMisfit? {
    guard !gates.wasHeldBefore(link.name),
      users.allSatisfy({ $0.isConfigured && !$0.hasCarried })
    else { return nil }
    for user in users {
      guard let gateway = user.gateway.flatMap({ configuration.gateways[$0] }) else { continue }
      let keys = gateway.addresses.flatMap { kernel.sas.keys(towards: $0) }.filter {
        gateway.localAddress ?? $0.local == $0.local && mayBelong($0, to: user)
      }
      let first = keys.min { ($0.remote, $0.ifID, $0.reqid) < ($1.remote, $1.ifID, $1.reqid) }
      if let first {
        let mark = kernel.sas.sets[first]?.outbound.values.compactMap(\.key.mark).first
        return .otherSAs(first, mark)
      }
    }
    return nil
  }

  /// Whether a set is tied to links, no VPN has it, and nothing says that it is another child's.
  private func mayBelong(_ key: SASetKey, to user: Tunnel) -> Bool {
    guard let set = kernel.sas.sets[key], !set.outbound.isEmpty,
      key.ifID != 0 || set.outbound.values.contains(where: { $0.key.mark?.value ?? 0 != 0 }),
      let owner = tunnelOfSet(key).flatMap({ tunnels[$0] }),
      owner.vpn == nil
    else { return false }
    guard let known = owner.ike?.name else { return !mayBeOthers(key, than: user) }
    switch childName(of: user) {
    case .success(let name): return name == known
    case .failure(let obstacle):
      switch obstacle {
      case .several: return false
      case .noGateway, .nothingLoaded, .noConnection, .noChild: return true
      }
    }
  }

  /// Whether another VPN with the same gateway has no SAs, and no link that could carry these.
  private func mayBeOthers(_ key: SASetKey, than user: Tunnel) -> Bool {
    (tunnelIndex.ofPeer[key.remote] ?? []).compactMap { tunnels[$0] }.contains { other in
      other.isConfigured && other.monitors.isEmpty && other.gateway == user.gateway
        && other.link != user.link
        && other.link.map { kernel.link(named: $0)?.kind.isTunnel != true } ?? false
    }
  }

  // MARK: The way to the peer

  private func peers(of users: [Tunnel], _ link: Link?) -> [IPAddress] {
    if case .vti(_, let remote, _, _) = link?.kind, !remote.isUnspecified { return [remote] }
    return users.filter { $0.vpn != nil }.flatMap { user in
      user.endpoints.map { [$0.remote] }
        ?? user.gateway.flatMap { configuration.gateways[$0]?.addresses } ?? []
    }
  }

  /// ESP would be sent into the tunnel that it comes out of. What the underlay alone has lost since
  /// is no reason: that is when a link has to be held.
  private func wayToPeer(by link: Link, _ users: [Tunnel]) -> LinkMisfit? {
    guard fitness.knowsUnderlay, kernel.links.table(of: link) == RouteGuard.mainTable else {
      return nil
    }
    return peers(of: users, link).first { peer in
      let mine = mine(by: link.name, covering: peer)
      guard let best = fitness.peerRoutes.leading(to: peer, with: mine).first,
        gates.routes.legLinks(best).contains(link.index)
      else { return false }
      return !fitness.isHarmless(best, on: link.name)
    }.map { .leadsToPeer($0) }
  }

  /// Routes that the link has while it is open and that are not in the kernel now.
  private func mine(by name: String, covering peer: IPAddress) -> [Route] {
    let owned = guardedTunnels(on: name, evenUnfit: true).compactMap(\.vpn).flatMap(\.routes)
    let index = kernel.link(named: name)?.index
    let added = owned.map { prefix in
      Route(
        identity: .init(
          table: RouteGuard.mainTable, destination: prefix,
          metric: prefix.address.family.usualMetric),
        routeProtocol: Route.agentProtocol, linkIndex: index)
    }
    return (added + gates.routes.withdrawn(from: name)).filter {
      $0.identity.table == RouteGuard.mainTable && $0.identity.destination.contains(peer)
    }
  }

  private func covering(_ peers: [IPAddress], by name: String) -> Set<Route.Identity> {
    guard let index = kernel.link(named: name)?.index else { return [] }
    return Set(
      peers.flatMap { peer in
        fitness.peerRoutes.leading(to: peer, with: mine(by: name, covering: peer))
          .filter { gates.routes.legLinks($0).contains(index) }.map(\.identity)
      })
  }

  // MARK: What to do about it

  /// What to name instead, or what to change; nil where nothing is known.
  func remedy(for misfit: LinkMisfit, on name: String) -> String? {
    switch misfit {
    case .leadsToPeer(let peer): return "give \(IPPrefix(host: peer)) a route through the underlay"
    case .otherNamespace: return "keep the link in the namespace of its SAs"
    case .shadowed(let other, _):
      return "delete \(other), or replace both by XFRM interfaces (ip link add type xfrm if_id N)"
    case .noTunnel, .fallback, .everyID, .otherEnds, .otherPeer, .otherSAs: break
    }
    let users = tunnels(on: name).filter(\.isConfigured)
    let addresses = users.compactMap(\.gateway).compactMap { configuration.gateways[$0] }
      .flatMap(\.addresses)
    guard !addresses.isEmpty else { return nil }
    let sets = addresses.flatMap { kernel.sas.keys(towards: $0) }.compactMap { kernel.sas.sets[$0] }
    let carrying = sets.flatMap { kernel.links.carrying($0) }.filter {
      !$0.isOwn && $0.name != name
    }
    if let better = carrying.min(by: { $0.index < $1.index }) {
      return "bind-interface = \"\(better.name)\" has this tunnel's SAs"
    }
    let ending = kernel.links.values.filter { link in
      guard case .vti(_, let remote, _, _) = link.kind else { return false }
      return addresses.contains(remote) && link.name != name
    }
    if let better = ending.min(by: { $0.index < $1.index }) {
      return "bind-interface = \"\(better.name)\" is a VTI to this gateway"
    }
    return "bind-interface takes the tunnel's VTI or XFRM interface (see vpnagent doctor)"
  }
}
