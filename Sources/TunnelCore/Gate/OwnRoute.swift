extension RouteGuard {
  /// What the agent adds itself, and nobody else has put there.
  enum OwnRoute: Hashable {
    case unreachable(Route.Identity)
    case throughLink(Route.Identity, Int32)
    case rule(ProbeRule)
  }
}

extension RouteGuard.OwnRoute {
  /// The step that adds it.
  var addition: GateStep {
    switch self {
    case .unreachable(let id): .addUnreachable(id)
    case .throughLink(let id, let index): .addLinkRoute(id, linkIndex: index)
    case .rule(let rule): .addRule(rule)
    }
  }

  /// The step that removes it.
  var removal: GateStep {
    switch self {
    case .unreachable(let id): .deleteUnreachable(id)
    case .throughLink(let id, let index): .deleteLinkRoute(id, linkIndex: index)
    case .rule(let rule): .deleteRule(rule)
    }
  }
}

extension GateStep {
  /// An order of such steps.
  static func linkRoutesFirst(_ lhs: GateStep, _ rhs: GateStep) -> Bool {
    func rank(_ step: GateStep) -> Int {
      switch step {
      case .addLinkRoute, .deleteLinkRoute, .addRule, .deleteRule: 0
      default: 1
      }
    }
    return (rank(lhs), lhs.description) < (rank(rhs), rhs.description)
  }
}

/// Routes and rules of the agent's that are in the kernel, found by the link that they go through.
struct OwnRoutes: Sendable {
  private(set) var all: Set<RouteGuard.OwnRoute> = []
  private var through: [Int32: Set<RouteGuard.OwnRoute>] = [:]

  func contains(_ route: RouteGuard.OwnRoute) -> Bool { all.contains(route) }

  /// Whether any goes through a link.
  func goes(through link: Int32) -> Bool { through[link] != nil }

  mutating func insert(_ route: RouteGuard.OwnRoute) {
    all.insert(route)
    if let link = route.linkIndex { through[link, default: []].insert(route) }
  }

  mutating func remove(_ route: RouteGuard.OwnRoute) {
    all.remove(route)
    if let link = route.linkIndex { through.take(route, from: link) }
  }

  mutating func removeAll(through link: Int32) {
    all.subtract(through.removeValue(forKey: link) ?? [])
  }

  mutating func removeAll(where isGone: (RouteGuard.OwnRoute) -> Bool) {
    for route in all.filter(isGone) { remove(route) }
  }
}

extension RouteGuard.OwnRoute {
  /// The link that it goes through; nil for what belongs to none.
  fileprivate var linkIndex: Int32? {
    if case .throughLink(_, let index) = self { index } else { nil }
  }

  /// Whether it is there for nothing but IPv6 probes (`RouteGuard+Probes`).
  var isForProbes: Bool {
    switch self {
    case .rule: true
    case .throughLink(let id, _), .unreachable(let id): id.table == Route.probeTable
    }
  }

  var isRule: Bool { if case .rule = self { true } else { false } }
}
