extension RouteGuard {
  /// What the configuration and the tunnels say of one link.
  struct Request: Hashable, Sendable {
    var link: String
    /// nil: the link does not exist.
    var index: Int32?
    var isAdminUp: Bool
    /// Where the link's routes are unless somebody says otherwise: main, or its VRF's table.
    var table = RouteGuard.mainTable
    var guardProtocols: Set<UInt8>
    var owned: [IPPrefix]
    var heldRoute: VPN.HeldRoute
    /// Where probes go, ours and (ends are symmetric) our answers to the peer's.
    var probeDestinations: Set<IPAddress>
    /// While the link is open: routes that lie wholly inside one of these are held all the same.
    var heldPrefixes: [IPPrefix] = []
    /// ... unless they lie inside one of these too.
    var servedPrefixes: [IPPrefix] = []
    /// False: nothing is put back, and what was taken stays on record.
    var takesRoutes = true

    /// What a route of the agent's own is told by.
    func identity(_ prefix: IPPrefix) -> Route.Identity {
      Route.Identity(table: table, destination: prefix, metric: prefix.address.family.usualMetric)
    }
  }

  /// Routes that were taken from a link, whole or its leg, and are not back.
  func withdrawn(from link: String) -> [Route] {
    (held[link] ?? [:]).values.sorted { $0.identity < $1.identity }
  }

  /// Those of them that are not in the kernel, for it may have refused to part with them.
  func missing(from link: String) -> [Route] {
    let there = indexOf[link].flatMap { onLink[$0] } ?? [:]
    return withdrawn(from: link).filter { there[$0.identity] == nil }
  }

  /// Whether something on record was taken from this very link, not from another of its name.
  func hasTaken(from link: String, index: Int32) -> Bool {
    (held[link] ?? [:]).values.contains { $0.legs.contains { $0.linkIndex == index } }
      || parked[link]?.addresses.contains { $0.linkIndex == index } ?? false
  }

  /// Those of them of which nothing is left in the kernel.
  func whollyWithdrawn(from link: String) -> [Route] {
    withdrawn(from: link).filter { shared[$0.identity] == nil || isAllOut($0) }
  }

  /// Routes of others that stay on a held link because their owner puts them back each time.
  func contested(on link: String) -> [Route.Identity] {
    (contests[link] ?? [:]).filter { $0.value > Self.contestLimit }.keys.sorted()
  }
}

extension Route.Identity: Comparable {
  /// By table, destination, tos, metric, way.
  public static func < (lhs: Self, rhs: Self) -> Bool {
    let (left, right) = (lhs.by(nil), rhs.by(nil))
    guard left == right else {
      return (lhs.table, lhs.destination, lhs.tos, lhs.metric)
        < (rhs.table, rhs.destination, rhs.tos, rhs.metric)
    }
    guard let way = rhs.way else { return false }
    return lhs.way.map { $0 < way } ?? true
  }
}

extension IPAddress.Family {
  /// The metric of a route for which none is given: IPv6 has no 0 (include/net/ip6_route.h,
  /// IP6_RT_PRIO_USER).
  var usualMetric: UInt32 { self == .ipv6 ? 1024 : 0 }
}
