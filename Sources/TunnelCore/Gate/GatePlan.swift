extension Route {
  /// rtm_protocol of every route the agent makes. Not in use by any daemon that iproute2's
  /// rt_protos names.
  public static let agentProtocol: UInt8 = 250
  /// The table of routes to IPv6 probe destinations that no other route through the link covers.
  public static let probeTable: UInt32 = 250
}

/// An IPv6 rule of the agent's, for one link.
public struct ProbeRule: Hashable, Sendable {
  /// What it does.
  public enum Purpose: Hashable, Sendable {
    /// What leaves by this link as the socket's own choice (`oif`) looks into `Route.probeTable`
    /// first. IPv6 sends nothing through a link without a route, so where there is none to a probe's
    /// destination the agent has one there, where nobody else's traffic finds it.
    case findsProbeRoutes
    /// What comes by this link (`iif`) and is for somebody else is dropped: it would be forwarded,
    /// and answered in clear. IPv4 has a setting of the link for that, IPv6 has none
    /// (net/ipv6/ip6_output.c, `ip6_forward` looks at that of all links).
    case dropsForwarded
  }

  /// FRA_PRIORITY: after the local table, before main.
  public static let priority: UInt32 = 250
  /// The link's name.
  public var link: String
  /// What it does.
  public var purpose: Purpose

  /// A rule.
  public init(link: String, purpose: Purpose = .findsProbeRoutes) {
    self.link = link
    self.purpose = purpose
  }
}

extension ProbeRule: CustomStringConvertible {
  /// As `ip rule` selects: `oif xfrm0`.
  public var description: String {
    switch purpose {
    case .findsProbeRoutes: "oif \(link)"
    case .dropsForwarded: "iif \(link)"
    }
  }
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
    case .replaceRoute(let route): "change the legs of \(route)"
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
}

/// What must survive the agent's death: the links it holds, the routes it took from them, and who
/// has answered.
public struct GateRecord: Hashable, Sendable {
  /// A held link.
  public struct HeldLink: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Routes taken from it, whole or a leg of theirs, as they were; in the order of their identity.
    public var withdrawn: [Route]
    /// Its index: tells which legs are out.
    public var index: Int32?
    /// Nexthop groups as they were with the members that go by it, in the order of their id.
    public var groups: [Nexthop]

    /// What went when the agent set it down; nil when it did not.
    public var down: Down?

    /// What the kernel drops of a link that is set down, besides routes.
    public struct Down: Hashable, Sendable {
      /// Permanent IPv6 addresses.
      public var addresses: [InterfaceAddress]
      /// Nexthop objects through it, and the groups that they were in.
      public var nexthops: [Nexthop]

      /// What went.
      public init(addresses: [InterfaceAddress], nexthops: [Nexthop]) {
        self.addresses = addresses
        self.nexthops = nexthops
      }
    }

    /// A held link.
    public init(
      name: String, withdrawn: [Route], index: Int32? = nil, groups: [Nexthop] = [],
      down: Down? = nil
    ) {
      self.down = down
      self.name = name
      self.withdrawn = withdrawn
      self.index = index
      self.groups = groups
    }
  }

  /// By name.
  public var links: [HeldLink]
  /// Destinations of vpn-monitor that have answered at least once, by tunnel name.
  public var answered: [String: Set<IPAddress>]
  /// What monitored tunnels went down by whose path is not proven since, by name.
  public var failed: [String: Reason]

  /// A record; empty when nothing is held.
  public init(
    links: [HeldLink] = [], answered: [String: Set<IPAddress>] = [:],
    failed: [String: Reason] = [:]
  ) {
    self.links = links
    self.answered = answered
    self.failed = failed
  }

  /// What either record holds: true while one becomes the other; all that is not about links is the
  /// other's. Both are sorted by name, and all but a few of thousands of links are alike.
  func union(_ other: GateRecord) -> GateRecord {
    var all: [HeldLink] = []
    var (mine, theirs) = (links[...], other.links[...])
    while let one = mine.first, let another = theirs.first {
      if one.name <= another.name { mine.removeFirst() }
      if another.name <= one.name { theirs.removeFirst() }
      if one.name == another.name {
        all.append(one == another ? one : one.union(another))
      } else {
        all.append(one.name < another.name ? one : another)
      }
    }
    return GateRecord(
      links: all + mine + theirs, answered: other.answered, failed: other.failed)
  }
}

extension GateRecord.HeldLink {
  /// What either says of the same link.
  fileprivate func union(_ other: Self) -> Self {
    var both = self
    let known = Set(withdrawn.map(\.identity))
    both.withdrawn += other.withdrawn.filter { !known.contains($0.identity) }
    both.withdrawn.sort { $0.identity < $1.identity }
    let ids = Set(groups.map(\.id))
    both.groups += other.groups.filter { !ids.contains($0.id) }
    both.groups.sort { $0.id < $1.id }
    both.index = index ?? other.index
    both.down = down ?? other.down
    return both
  }
}
