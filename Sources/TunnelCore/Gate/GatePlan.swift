extension Route {
  /// rtm_protocol of every route the agent makes. Not in use by any daemon that iproute2's
  /// rt_protos names.
  public static let agentProtocol: UInt8 = 250
  /// The table of routes to IPv6 probe destinations that no other route through the link covers.
  public static let probeTable: UInt32 = 250
}

/// One change to the kernel on the way to a held or an open gate. Each is idempotent: what is
/// already so counts as done.
public enum GateStep: Hashable, Sendable {
  /// Put a withdrawn route back.
  case addRoute(Route)
  /// Withdraw a route.
  case deleteRoute(Route)
  /// Give a multipath route these legs, in the place of what the kernel has of its identity.
  case replaceRoute(Route)
  /// Give a nexthop group these members.
  case replaceGroup(Nexthop)
  /// Add an unreachable route of the agent's.
  case addUnreachable(Route.Identity)
  /// Remove an unreachable route of the agent's.
  case deleteUnreachable(Route.Identity)
  /// Add a route of the agent's through a link.
  case addLinkRoute(Route.Identity, linkIndex: Int32)
  /// Remove a route of the agent's through a link.
  case deleteLinkRoute(Route.Identity, linkIndex: Int32)
  /// Make a nexthop object again that went with its link.
  case addNexthop(Nexthop)
  /// Put an address back that went with its link.
  case addAddress(InterfaceAddress)
  /// Set a link up or down.
  case setAdmin(linkIndex: Int32, up: Bool)
  /// Make a rule of the agent's.
  case addRule(ProbeRule)
  /// Remove a rule of the agent's.
  case deleteRule(ProbeRule)
  /// Make a link's operstate DORMANT, or UP again; its link mode follows.
  case setDormant(linkIndex: Int32, Bool)
}

extension GateStep {
  /// Whether a route of somebody else's leaves the kernel, or a part of it may.
  public var withdraws: Bool {
    switch self {
    case .deleteRoute, .replaceRoute, .replaceGroup, .setAdmin(_, up: false): true
    case .addRoute, .addUnreachable, .deleteUnreachable, .addLinkRoute, .deleteLinkRoute,
      .addNexthop, .addAddress, .setAdmin, .addRule, .deleteRule, .setDormant:
      false
    }
  }

  /// Whether something that is on record comes back by it, or may.
  public var putsBack: Bool {
    switch self {
    case .addRoute, .replaceRoute, .replaceGroup, .addNexthop, .addAddress,
      .setAdmin(_, up: true):
      true
    case .deleteRoute, .addUnreachable, .deleteUnreachable, .addLinkRoute, .deleteLinkRoute,
      .setAdmin, .addRule, .deleteRule, .setDormant:
      false
    }
  }
}

extension GateStep {
  /// Whether the step would take the last route of a prefix away, because the one that was to stand
  /// in for it, or to come back, could not be made: packets would leave in clear by a wider route. It
  /// is not taken then, and counts as failed.
  public func leaks(after failures: [GateFailure]) -> Bool {
    guard let emptied else { return false }
    return failures.contains { failure in
      guard case .step(_, let failed, _) = failure else { return false }
      return failed.filled?.isBeside(emptied) ?? false
    }
  }

  /// What has a route less by the step.
  private var emptied: Route.Identity? {
    switch self {
    case .deleteRoute(let route): route.identity
    case .deleteUnreachable(let id), .deleteLinkRoute(let id, _): id
    case .addRoute, .replaceRoute, .replaceGroup, .addUnreachable, .addLinkRoute, .addNexthop,
      .addAddress, .setAdmin, .addRule, .deleteRule, .setDormant:
      nil
    }
  }

  /// What has one more.
  private var filled: Route.Identity? {
    switch self {
    case .addRoute(let route): route.identity
    case .addUnreachable(let id), .addLinkRoute(let id, _): id
    case .deleteRoute, .replaceRoute, .replaceGroup, .deleteUnreachable, .deleteLinkRoute,
      .addNexthop, .addAddress, .setAdmin, .addRule, .deleteRule, .setDormant:
      nil
    }
  }
}

extension Route.Identity {
  /// Whether both are for the same packets, with whatever metric.
  fileprivate func isBeside(_ other: Self) -> Bool {
    table == other.table && destination == other.destination && tos == other.tos
  }
}

extension GateStep: CustomStringConvertible {
  /// As an operator would say it.
  public var description: String {
    switch self {
    case .addRoute(let route): "put back \(route)"
    case .deleteRoute(let route): "withdraw \(route)"
    case .replaceRoute(let route): "change the nexthops of \(route)"
    case .replaceGroup(let group): "change the members of \(group)"
    case .addUnreachable(let id): "add unreachable \(id.destination)"
    case .deleteUnreachable(let id): "remove unreachable \(id.destination)"
    case .addLinkRoute(let id, _): "add \(id.destination)"
    case .deleteLinkRoute(let id, _): "remove \(id.destination)"
    case .addNexthop(let nexthop): "put back \(nexthop)"
    case .addAddress(let address): "put back address \(address.address)"
    case .setAdmin(_, let up): "set the link \(up ? "up" : "down")"
    case .addRule(let rule): "add rule \(rule)"
    case .deleteRule(let rule): "remove rule \(rule)"
    case .setDormant(_, let dormant): "set operstate \(dormant ? "DORMANT" : "UP")"
    }
  }
}

/// A change of one gate.
public struct GatePlan: Hashable, Sendable {
  /// The link's name.
  public var link: String
  /// To be on disk before the first step; nil when the record on disk covers the steps already.
  public var recordBefore: GateRecord?
  /// What to do, in order.
  public var steps: [GateStep]
  /// To be on disk once every route is back; nil when `recordBefore` stays true.
  public var recordAfter: GateRecord?
  /// What of these records may differ from that of the plan before which had one, beside the link
  /// itself; nil: anything.
  public var changes: GateRecord.Changes?
}
