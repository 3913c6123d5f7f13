@testable import TunnelCore

/// A routing table in which routes of one prefix and metric stand side by side as in Linux.
struct RouteListKernel {
  var routes: [Route]
  var nexthops: [Nexthop] = []

  /// A route comes to be there, beside what is (NLM_F_APPEND). nil: it is there.
  mutating func insert(_ route: Route) -> Event? {
    let id = route.identity
    guard id.destination.address.family == .ipv6, id.way == nil,
      let place = routes.firstIndex(where: { $0.identity == id })
    else {
      guard !routes.contains(where: { $0.identity == id && Self.ways($0) == Self.ways(route) })
      else { return nil }
      let isAlone = !routes.contains { $0.identity.by(nil) == id.by(nil) }
      routes.append(route)
      return .kernel(.route(route, isAlone ? .new : .appended))
    }
    let new = route.legs.filter { !routes[place].legs.contains($0) }
    guard !new.isEmpty else { return nil }
    routes[place].legs += new
    return .kernel(.route(routes[place], .appended))
  }

  mutating func take(_ step: GateStep) -> [Event] {
    switch step {
    case .addRoute(let route):
      // NLM_F_EXCL: of IPv4 one more of an identity is refused (EEXIST).
      let isIPv4 = route.identity.destination.address.family == .ipv4
      if isIPv4, routes.contains(where: { $0.identity == route.identity }) { return [] }
      return insert(route).map { [$0] } ?? []
    case .deleteRoute(let route): return delete(route)
    case .replaceRoute(let route):
      guard let place = routes.firstIndex(where: { $0.identity == route.identity }) else {
        return take(.addRoute(route))
      }
      routes[place] = route
      return [.kernel(.route(route, .replacing))]
    case .replaceGroup(let group):
      guard let place = nexthops.firstIndex(where: { $0.id == group.id }) else { return [] }
      nexthops[place] = group
      return [.kernel(.nexthop(group))]
    case .addUnreachable(let id): return insert(Self.own(id, nil)).map { [$0] } ?? []
    case .deleteUnreachable(let id): return delete(Self.own(id, nil))
    case .addLinkRoute(let id, let index): return insert(Self.own(id, index)).map { [$0] } ?? []
    case .deleteLinkRoute(let id, let index): return delete(Self.own(id, index))
    case .addNexthop, .addAddress, .setAdmin, .addRule, .deleteRule, .setDormant: return []
    }
  }

  private mutating func delete(_ route: Route) -> [Event] {
    let isSame = { (other: Route) in
      other.identity == route.identity && Self.ways(other) == Self.ways(route)
    }
    guard let place = routes.firstIndex(where: isSame) else { return [] }
    return [.kernel(.routeDeleted(routes.remove(at: place)))]
  }

  private static func own(_ id: Route.Identity, _ index: Int32?) -> Route {
    Route(
      identity: id, kind: index == nil ? .unreachable : .unicast,
      routeProtocol: Route.agentProtocol, linkIndex: index)
  }

  /// What tells two routes apart.
  private static func ways(_ route: Route) -> String {
    let legs = route.legs.map { "\($0.gateway?.description ?? "") dev \($0.linkIndex)" }.sorted()
    return "\(route.identity) \(route.kind) \(route.nexthopID ?? 0) \(legs)"
  }

  /// One line.
  var summary: String { routes.map(Self.ways).sorted().joined(separator: "; ") }

  /// Whether it has these routes and no others, in any order.
  func isSame(as other: [Route]) -> Bool { summary == RouteListKernel(routes: other).summary }
}

/// Routes of every kind that can stand side by side.
enum RandomRoutes {
  static let nexthops = [
    Nexthop(id: 1, linkIndex: 7, message: [1]), Nexthop(id: 2, linkIndex: 2, message: [1]),
    Nexthop(id: 3, linkIndex: 8, message: [1]), Nexthop(id: 9, members: [1, 2], message: [1]),
    Nexthop(id: 10, members: [1, 3], message: [1]),
  ]

  static func route(using random: inout SplitMix64) -> Route {
    let isIPv6 = random.oneIn(2) || random.oneIn(2)
    let metric: UInt32 = random.oneIn(3) ? 0 : 1024
    let destination =
      isIPv6
      ? IPPrefix(IPAddress(family: .ipv6, bits: 0), length: 0)
      : IPPrefix(IPAddress(10, 2, 0, 0), length: 16)
    let id = Route.Identity(table: 254, destination: destination, metric: metric)
    let maker: UInt8 = [3, 4, 186, 3].randomElement(using: &random) ?? 3
    let link = { (random: inout SplitMix64) -> Int32 in
      [2, 7, 8].randomElement(using: &random) ?? 2
    }
    let gateway = IPAddress(
      family: isIPv6 ? .ipv6 : .ipv4, bits: UInt128(Int.random(in: 1...3, using: &random)))
    switch Int.random(in: 0..<5, using: &random) {
    case 0: return Route(identity: id, routeProtocol: maker, linkIndex: link(&random), message: [1])
    case 1:
      return Route(
        identity: id, routeProtocol: maker,
        legs: [.init(linkIndex: link(&random), gateway: gateway)], message: [1])
    case 2:
      let links: [Int32] = [2, 7, 8].shuffled(using: &random)
      let legs = links.prefix(Int.random(in: 2...3, using: &random)).map {
        Route.Leg(linkIndex: $0, gateway: gateway)
      }
      return Route(identity: id, routeProtocol: maker, legs: legs, message: [1])
    case 3:
      let object = [1, 2, 3, 9, 10].randomElement(using: &random) ?? 1
      return Route(
        identity: id, routeProtocol: maker, legs: [], nexthopID: UInt32(object), message: [1])
    default:
      return Route(
        identity: id, routeProtocol: 9, legs: [.init(linkIndex: link(&random), gateway: gateway)],
        message: [1])
    }
  }
}
