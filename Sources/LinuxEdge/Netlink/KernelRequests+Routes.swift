import CShims
import Glibc
import TunnelCore

/// Changes of links and routes.
extension KernelRequests {
  /// Makes a link's operational state and link mode DORMANT, or gives both back (UP, DEFAULT).
  /// The admin flag is not touched. The kernel takes DORMANT from UP and UNKNOWN only
  /// (docs/facts/kernel.md, "DORMANT").
  public func setOperationalState(link index: Int32, dormant: Bool) throws(EdgeError) {
    let request = built { unsafe vpa_build_link_state($0, $1, index, dormant) }
    try perform(dormant ? "make dormant" : "open", "link \(index)", on: route, request)
  }

  /// Sets or clears a link's admin flag.
  public func setAdmin(link index: Int32, up: Bool) throws(EdgeError) {
    let request = built { unsafe vpa_build_link_admin($0, $1, index, up) }
    try perform(up ? "set up" : "set down", "link \(index)", on: route, request)
  }

  /// Gives a link an address.
  public func addAddress(_ address: InterfaceAddress) throws(EdgeError) {
    var new = vpa_address(address)
    let request = built { unsafe vpa_build_address($0, $1, &new) }
    try perform("add address", "\(address.address)", on: route, request)
  }

  /// Makes a nexthop object again.
  public func addNexthop(_ nexthop: Nexthop) throws(EdgeError) {
    let request = built(capacity: nexthop.message.count + 16) {
      unsafe vpa_build_nexthop_request(
        $0, $1, nexthop.message, nexthop.message.count, VPA_CHANGE_ADD, nil, 0)
    }
    try perform("add", "\(nexthop)", on: route, request)
  }

  /// Puts a withdrawn route back as it was dumped.
  public func addRoute(replaying saved: Route) throws(EdgeError) {
    guard saved.isReplayable else {
      throw EdgeError(operation: "replay route", object: "\(saved)", errno: EOPNOTSUPP)
    }
    try perform("replay route", "\(saved)", on: route, replay(saved, VPA_CHANGE_ADD))
  }

  /// Makes a route in the place of what the kernel has of its identity.
  public func replaceRoute(_ new: Route) throws(EdgeError) {
    try perform("replace route", "\(new)", on: route, replay(new, VPA_CHANGE_REPLACE))
  }

  /// Gives a nexthop group its members.
  public func replaceGroup(_ group: Nexthop) throws(EdgeError) {
    let without = group.withoutMembers
    let request = built(capacity: group.message.count + 16) {
      unsafe vpa_build_nexthop_request(
        $0, $1, group.message, group.message.count, VPA_CHANGE_REPLACE, without, without.count)
    }
    try perform("replace", "\(group)", on: route, request)
  }

  /// Deletes exactly this route: with everything that was dumped of it when there is a message,
  /// else by table, destination, TOS, metric, link, protocol, scope and type. Returns whether it was
  /// there.
  @discardableResult
  public func deleteRoute(_ old: Route) throws(EdgeError) -> Bool {
    let request =
      old.isReplayable && !old.message.isEmpty
      ? replay(old, VPA_CHANGE_DELETE)
      : build(
        vpa_route(
          old.identity, kind: old.kind, routeProtocol: old.routeProtocol, scope: old.scope,
          linkIndex: old.linkIndex ?? 0), add: false)
    return try perform("delete route", "\(old)", on: route, request, removing: true)
  }

  /// Adds an unreachable route: packets to it are answered with an ICMP error.
  public func addUnreachable(
    _ identity: Route.Identity, routeProtocol: UInt8
  ) throws(EdgeError) {
    let request = build(Self.unreachable(identity, routeProtocol), add: true)
    try perform("add unreachable route", "\(identity.destination)", on: route, request)
  }

  /// Deletes such a route.
  public func deleteUnreachable(
    _ identity: Route.Identity, routeProtocol: UInt8
  ) throws(EdgeError) {
    let request = build(Self.unreachable(identity, routeProtocol), add: false)
    try perform(
      "delete unreachable route", "\(identity.destination)", on: route, request, removing: true)
  }

  /// Adds a route through a link without a gateway (scope link).
  public func addLinkRoute(
    _ identity: Route.Identity, linkIndex: Int32, routeProtocol: UInt8
  ) throws(EdgeError) {
    let new = vpa_route(
      identity, kind: .unicast, routeProtocol: routeProtocol, scope: 253,
      linkIndex: linkIndex)
    try perform("add route", "\(identity.destination)", on: route, build(new, add: true))
  }

  private static func unreachable(
    _ identity: Route.Identity, _ routeProtocol: UInt8
  ) -> vpa_route {
    vpa_route(
      identity, kind: .unreachable, routeProtocol: routeProtocol, scope: 0, linkIndex: 0)
  }

  private func build(_ route: vpa_route, add: Bool) -> [UInt8]? {
    var route = route
    return built { unsafe vpa_build_route($0, $1, &route, add) }
  }

  private func replay(_ saved: Route, _ change: vpa_change) -> [UInt8]? {
    let header = 16
    let without = saved.withoutLinks
    return built(capacity: saved.message.count + header) {
      unsafe vpa_build_route_request(
        $0, $1, saved.message, saved.message.count, change, without, without.count)
    }
  }
}
