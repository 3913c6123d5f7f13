/// Routes of the agent's by which its probes, and its answers to the peer's, find the link.
extension RouteGuard {
  /// Host routes for probe destinations that only a withdrawn or owned wider route leads to.
  func hostRoutes(
    _ request: Request, holding isHeld: (IPPrefix) -> Bool
  ) -> [OwnRoute] {
    guard let index = request.index, request.isAdminUp else { return [] }
    let (staying, leaving) = ways(request, index, holding: isHeld)
    return request.probeDestinations.sorted().compactMap { address in
      // A stand-in narrower than what stays would take the probes.
      guard let gone = leaving.filter({ $0.contains(address) }).map(\.length).max(),
        staying.filter({ $0.contains(address) }).map(\.length).max() ?? -1 < gone
      else { return nil }
      return .throughLink(request.identity(IPPrefix(host: address)), index)
    }
  }

  /// For IPv6 destinations to which nothing leads through the link: a route in a table of their
  /// own, and the rule by which only what is sent through the link finds it. IPv4 needs none: the
  /// kernel takes any destination for on-link (docs/facts/kernel.md, "IPv4 without a route").
  func privateRoutes(
    _ request: Request, holding isHeld: (IPPrefix) -> Bool
  ) -> [OwnRoute] {
    guard let index = request.index, request.isAdminUp else { return [] }
    let (staying, leaving) = ways(request, index, holding: isHeld)
    let needy = request.probeDestinations.filter { address in
      address.family == .ipv6 && !address.isLinkLocal
        && !(staying + leaving).contains { $0.contains(address) }
    }
    guard !needy.isEmpty else { return [] }
    return needy.sorted().map { .throughLink(Self.probeRoute($0, index), index) } + [
      .rule(ProbeRule(link: request.link))
    ]
  }

  /// Steps that give a link of the agent's own what IPv6 probes need, and keep everything else from
  /// being forwarded from it; or take both away.
  mutating func serve(_ request: Request, isWanted: Bool) -> [GateStep] {
    var want = Set<OwnRoute>()
    if isWanted {
      want = Set(privateRoutes(request) { _ in false })
      want.insert(.rule(ProbeRule(link: request.link, purpose: .dropsForwarded)))
    }
    let (added, removed) = change(request.link, to: want)
    return added + removed
  }

  /// Links of the agent's own that have something of that.
  var served: [String] { wanted.names.filter(Link.isOwnName) }

  /// Routes of the agent's that are there for a link.
  func standing(for link: String) -> Set<OwnRoute> { (wanted[link] ?? []).filter(own.contains) }

  /// Whether an IPv6 probe finds its way through a link of the agent's own.
  func leads(to destination: IPAddress, by index: Int32) -> Bool {
    own.contains(.throughLink(Self.probeRoute(destination, index), index))
  }

  private static func probeRoute(_ destination: IPAddress, _ index: Int32) -> Route.Identity {
    // The metric tells apart routes to one destination through several links.
    Route.Identity(
      table: Route.probeTable, destination: IPPrefix(host: destination), metric: UInt32(index))
  }

  /// Prefixes of routes through the link that are there, and of those that are not.
  private func ways(
    _ request: Request, _ index: Int32, holding isHeld: (IPPrefix) -> Bool
  ) -> (staying: [IPPrefix], leaving: [IPPrefix]) {
    let owned = Dictionary(grouping: request.owned, by: isHeld)
    let parts = sharedRoutes(by: index).filter { held.route($0, at: request.link) == nil }
    let staying = (Array((onLink[index] ?? [:]).keys) + parts).map(\.destination)
    let leaving = withdrawn(from: request.link).map(\.identity.destination)
    return (staying + (owned[false] ?? []), leaving + (owned[true] ?? []))
  }
}
