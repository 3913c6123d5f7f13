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
