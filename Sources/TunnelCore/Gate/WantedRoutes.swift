/// What the agent is to have of its own for each link, found either way and by identity.
struct WantedRoutes: Sendable {
  private var byLink: [String: Set<RouteGuard.OwnRoute>] = [:]
  /// The links that want a route: `byLink`, the other way round.
  private var links: [RouteGuard.OwnRoute: Set<String>] = [:]
  /// All of them that are routes, by identities that name no way.
  private(set) var byIdentity: [Route.Identity: Set<RouteGuard.OwnRoute>] = [:]

  /// What one link wants; nil while nothing was asked for it.
  subscript(link: String) -> Set<RouteGuard.OwnRoute>? { byLink[link] }

  /// Links that want any.
  var names: some Collection<String> { byLink.keys }

  func isWanted(_ route: RouteGuard.OwnRoute) -> Bool { links[route] != nil }

  /// The links that want a route.
  func links(wanting route: RouteGuard.OwnRoute) -> Set<String> { links[route] ?? [] }

  mutating func set(_ link: String, to routes: Set<RouteGuard.OwnRoute>) {
    let before = byLink[link] ?? []
    byLink[link] = routes.isEmpty ? nil : routes
    for route in before.subtracting(routes) {
      links.take(link, from: route)
      if links[route] == nil, let id = route.identity { byIdentity.take(route, from: id) }
    }
    for route in routes.subtracting(before) {
      links[route, default: []].insert(link)
      if let id = route.identity { byIdentity[id, default: []].insert(route) }
    }
  }
}

extension RouteGuard.OwnRoute {
  /// nil for a rule.
  fileprivate var identity: Route.Identity? {
    switch self {
    case .unreachable(let id), .throughLink(let id, _): id
    case .rule: nil
    }
  }
}

// MARK: - Others' routes in their place

extension RouteGuard {
  /// Links of which a route of the agent's is gone, because somebody's route replaced it: of prefix and
  /// metric the kernel has one alone.
  mutating func displace(by route: Route, _ change: RouteChange) -> [String] {
    guard change == .replacing, Self.ownRoute(route) == nil, route.parkedFrom == nil else {
      return []
    }
    let gone = wanted.byIdentity[route.identity.by(nil)]?.filter { own.contains($0) } ?? []
    for mine in gone { own.remove(mine) }
    return links(wanting: gone)
  }

  /// Links that lack a route of the agent's which may find room where this one was.
  func lacking(inThePlaceOf route: Route) -> [String] {
    links(
      wanting: wanted.byIdentity[route.identity.by(nil)]?.filter { !own.contains($0) } ?? [])
  }

  private func links(wanting routes: some Sequence<OwnRoute>) -> [String] {
    routes.reduce(into: Set<String>()) { $0.formUnion(wanted.links(wanting: $1)) }.sorted()
  }
}
