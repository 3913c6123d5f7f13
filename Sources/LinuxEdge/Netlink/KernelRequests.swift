import CShims
import Glibc
import TunnelCore

/// Requests to the kernel about SAs, links and routes: each waits for its answer, at most 2 s.
///
/// Removing what is not there succeeds. Adding what is there already throws an error whose
/// `isAlreadyThere` is true.
public struct KernelRequests: ~Copyable {
  private static let timeoutMilliseconds: Int32 = 2000
  private static let dumpAttempts = 5

  let xfrm: NetlinkSocket
  let route: NetlinkSocket

  /// Opens the request sockets in the calling thread's network namespace.
  public init() throws(EdgeError) {
    let xfrm = try NetlinkSocket(
      requesting: VPA_NETLINK_XFRM, timeoutMilliseconds: Self.timeoutMilliseconds)
    let route = try NetlinkSocket(
      requesting: VPA_NETLINK_ROUTE, timeoutMilliseconds: Self.timeoutMilliseconds)
    self.xfrm = xfrm
    self.route = route
  }

  /// Sends a request that only succeeds or fails; `allowing` is an errno that counts as success.
  /// Returns whether what is to be removed was there.
  @discardableResult
  func perform(
    _ operation: String, _ object: String, on socket: borrowing NetlinkSocket, _ request: [UInt8]?,
    removing: Bool = false, allowing: Int32? = nil
  ) throws(EdgeError) -> Bool {
    let result = request.map { socket.exchange($0) } ?? -EMSGSIZE
    guard result != 0, -result != allowing else { return true }
    let error = EdgeError(
      operation: operation, object: object, errno: -result, complaint: socket.complaint)
    if !(removing && error.isGone) { throw error }
    return false
  }

  /// Dumps a table; again when the kernel says that it changed meanwhile. Where it changes all the
  /// time every dump is inconsistent: what several have seen is taken together then. The last one's
  /// items come last, and an event tells of each change since.
  private func dump(
    _ operation: String, _ table: vpa_table, on socket: borrowing NetlinkSocket
  ) throws(EdgeError) -> [KernelEvent] {
    try dump(operation, built { unsafe vpa_build_dump($0, $1, table) } ?? [], on: socket)
  }

  private func dump(
    _ operation: String, _ request: [UInt8], on socket: borrowing NetlinkSocket,
    keeping interest: RouteInterest? = nil
  ) throws(EdgeError) -> [KernelEvent] {
    var result: Int32 = 0
    var seen: [KernelEvent] = []
    for _ in 0..<Self.dumpAttempts {
      var items: [KernelEvent] = []
      result = socket.exchange(request, keeping: interest) { items.append($0) }
      if result == 0 { return items }
      guard result == -ESTALE || result == -EINTR else { break }
      let last = Set(items)
      seen = seen.filter { !last.contains($0) } + items
    }
    if result == -ESTALE { return seen }
    throw EdgeError(operation: operation, errno: -result, complaint: socket.complaint)
  }
}

// MARK: - Dumps

extension KernelRequests {
  /// All SAs, larval ones too.
  public func dumpSAs() throws(EdgeError) -> [SecurityAssociation] {
    try dump("dump SAs", VPA_TABLE_SAS, on: xfrm).compactMap {
      if case .sa(let sa) = $0 { sa } else { nil }
    }
  }

  /// All policies but those of sockets.
  public func dumpPolicies() throws(EdgeError) -> [SecurityPolicy] {
    try dump("dump policies", VPA_TABLE_POLICIES, on: xfrm).compactMap {
      if case .policy(let policy) = $0 { policy } else { nil }
    }
  }

  /// All links.
  public func dumpLinks() throws(EdgeError) -> [Link] {
    try dump("dump links", VPA_TABLE_LINKS, on: route).compactMap {
      if case .link(let link) = $0 { link } else { nil }
    }
  }

  /// All IPv4 and IPv6 addresses.
  public func dumpAddresses() throws(EdgeError) -> [InterfaceAddress] {
    try dump("dump addresses", VPA_TABLE_ADDRESSES, on: route).compactMap {
      if case .address(let address) = $0 { address } else { nil }
    }
  }

  /// All IPv4 and IPv6 routes, but neither cached ones nor table 255 (local).
  public func dumpRoutes() throws(EdgeError) -> [Route] {
    try dump("dump routes", VPA_TABLE_ROUTES, on: route).compactMap {
      if case .route(let route, _) = $0 { route } else { nil }
    }
  }

  /// Those of them that are of interest. The kernel picks them out, link by link; it passes over
  /// all others in its tables each time, so with many links all are dumped once and picked out here.
  /// Where a tunnel's link may carry the route to a peer, the kernel is asked which one does. What
  /// stands beside a tunnel's route takes a dump of all (`RouteInterest.readsBeside`).
  public func dumpRoutes(_ interest: RouteInterest) throws(EdgeError) -> [Route] {
    let isByLink = interest.links.count <= Self.mostLinksSingly
    var found = try dumpRoutes(interest, by: isByLink ? interest.links : [0])
    if interest.readsBeside, !found.isEmpty {
      // Now that it is known what is a tunnel's: what has its identity by whatever link, in order.
      return try dumpRoutes(interest.including(found), by: [0])
    }
    guard isByLink else { return found }
    let mayLeadToPeer = found.contains {
      $0.kind == .unicast && $0.routeProtocol != Route.agentProtocol
        && interest.leadsToPeer($0.identity)
    }
    guard mayLeadToPeer || interest.readsUnderlay else { return found }
    var seen = Set(found)
    for peer in interest.peers {
      if let route = try route(to: peer), seen.insert(route).inserted { found.append(route) }
    }
    return found
  }

  /// The route by which a packet to `destination` leaves now; nil for none.
  public func route(to destination: IPAddress) throws(EdgeError) -> Route? {
    var sought = vpa_ip(destination)
    let request = built { unsafe vpa_build_route_get($0, $1, &sought) } ?? []
    var found: Route?
    let result = route.exchange(request) { if case .route(let one, _) = $0 { found = one } }
    switch -result {
    case 0, ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL, EAFNOSUPPORT: return found
    default:
      throw EdgeError(
        operation: "ask for the route", object: "\(destination)", errno: -result,
        complaint: route.complaint)
    }
  }

  private func dumpRoutes(
    _ interest: RouteInterest, by links: [Int32]
  ) throws(EdgeError) -> [Route] {
    var filters: [(link: Int32, maker: UInt8)] = links.map { ($0, 0) }
    // The agent's own, whatever link they go by.
    if links != [0] { filters.append((0, Route.agentProtocol)) }
    var seen: Set<Route> = []
    var found: [Route] = []
    for (family, filter) in [UInt8(4), 6].flatMap({ family in filters.map { (family, $0) } }) {
      let request = built {
        unsafe vpa_build_route_dump($0, $1, family, filter.link, filter.maker)
      }
      do {
        for item in try dump("dump routes", request ?? [], on: route, keeping: interest) {
          if case .route(let one, _) = item, seen.insert(one).inserted { found.append(one) }
        }
      } catch  where error.isGone || error.errno == EAFNOSUPPORT {
        continue  // The link went meanwhile.
      }
    }
    return found
  }

  private static let mostLinksSingly = 24

  /// All nexthop objects and groups; none on a kernel that has no such thing.
  public func dumpNexthops() throws(EdgeError) -> [Nexthop] {
    do {
      return try dump("dump nexthops", VPA_TABLE_NEXTHOPS, on: route).compactMap {
        if case .nexthop(let nexthop) = $0 { nexthop } else { nil }
      }
    } catch  where error.errno == EOPNOTSUPP {
      return []
    }
  }
}

extension KernelRequests {
  /// The agent's policy rules.
  public func dumpRules() throws(EdgeError) -> [ProbeRule] {
    try dump("dump rules", VPA_TABLE_RULES, on: route).compactMap {
      if case .rule(let rule) = $0 { rule } else { nil }
    }
  }

  /// Makes a rule, or removes it. Where there is no IPv6 none is needed.
  public func setRule(_ rule: ProbeRule, add: Bool) throws(EdgeError) {
    var wanted = vpa_rule(rule)
    let request = built { unsafe vpa_build_rule($0, $1, &wanted, add) }
    try perform(
      add ? "add rule" : "delete rule", rule.description, on: route, request, removing: !add,
      allowing: EAFNOSUPPORT)
  }
}
