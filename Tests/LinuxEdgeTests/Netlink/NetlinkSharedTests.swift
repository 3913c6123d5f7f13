// Multipath routes, nexthop objects and groups: decoded, taken apart and put together again.
import CShims
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

extension NetlinkGolden {
  /// RTM_NEWROUTE of `ip route add 10.2.0.0/16 nexthop via 10.0.0.2 dev 5 weight 3 nexthop dev 6`;
  /// rtnh_flags of the first: ONLINK 4 and the reported DEAD 1, LINKDOWN 0x10.
  static let multipath = message(
    24,
    hex(
      """
      02 10 00 00 fe 03 00 01 00000000  | AF_INET, /16, main, boot, universe, unicast
      0800 0f00 fe000000                | RTA_TABLE
      0800 0100 0a020000                | RTA_DST
      1c00 0900                         | RTA_MULTIPATH
      1000 15 02 05000000               | rtnexthop: flags, hops 2, link 5
      0800 0500 0a000002                | RTA_GATEWAY
      0800 00 00 06000000               | rtnexthop: link 6
      """))
  /// What makes it again without its leg by link 6.
  static let multipathWithout6 = hex(
    """
    40000000 1800 0105 00000000 00000000 | REQUEST, CREATE | REPLACE
    02 10 00 00 fe 03 00 01 00000000
    0800 0f00 fe000000
    0800 0100 0a020000
    1400 0900
    1000 04 02 05000000                  | of the flags ONLINK is left
    0800 0500 0a000002
    """)

  /// RTM_NEWROUTE of `ip route add 10.2.0.0/16 nhid 3`, spelt out as the kernel does.
  static let routeByNexthop = message(
    24,
    hex(
      """
      02 10 00 00 fe 03 00 01 10000000  | LINKDOWN of its only leg
      0800 0f00 fe000000                | RTA_TABLE
      0800 0100 0a020000                | RTA_DST
      0800 1e00 03000000                | RTA_NH_ID
      0800 0500 0a000002                | RTA_GATEWAY
      0800 0400 05000000                | RTA_OIF
      """))
  static let routeByNexthopReplay = hex(
    "02 10 00 00 fe 03 00 01 00000000 0800 0f00 fe000000 0800 0100 0a020000 0800 1e00 03000000")

  /// RTM_NEWNEXTHOP (104) of `ip nexthop add id 3 via 10.0.0.2 dev 5 onlink`.
  static let nexthop = message(
    104,
    hex(
      """
      02 fd 00 00 15000000 | nhmsg: AF_INET, scope link, protocol, flags ONLINK, DEAD, LINKDOWN
      0800 0100 03000000   | NHA_ID
      0800 0500 05000000   | NHA_OIF
      0800 0600 0a000002   | NHA_GATEWAY
      """))
  static let nexthopReplay = hex(
    "02 00 00 00 04000000 0800 0100 03000000 0800 0500 05000000 0800 0600 0a000002")

  /// RTM_NEWNEXTHOP of `ip nexthop add id 3 encap mpls 500 dev 5`, as the kernel dumps it.
  static let nexthopWithEncap = message(
    104,
    hex(
      """
      02 fd 00 00 00000000        | nhmsg: AF_INET, scope link, protocol, flags
      0800 0100 03000000          | NHA_ID
      0800 0500 05000000          | NHA_OIF
      0c00 0800 0800 0100 001f4100 | NHA_ENCAP without NLA_F_NESTED: MPLS_IPTUNNEL_DST
      0600 0700 0100 0000         | NHA_ENCAP_TYPE: MPLS
      """))
  static let nexthopWithEncapReplay = hex(
    """
    02 00 00 00 00000000 0800 0100 03000000 0800 0500 05000000 0600 0700 0100 0000
    0c00 0880 0800 0100 001f4100 | NHA_ENCAP | NLA_F_NESTED
    """)

  /// RTM_NEWNEXTHOP of `ip nexthop add id 9 group 3,2/4 proto static`.
  static let nexthopGroup = message(
    104,
    hex(
      """
      00 00 04 00 00000000                         | nhmsg: protocol static
      0800 0100 09000000                           | NHA_ID
      0600 0300 0000 0000                          | NHA_GROUP_TYPE: multipath
      1400 0200 03000000 01000000 04000000 00000000 | NHA_GROUP: id, weight - 1
      0800 0e00 80000000                           | NHA_OP_FLAGS, which nobody asked for
      """))
  static let groupWithout3 = hex(
    """
    34000000 6800 0105 00000000 00000000 | RTM_NEWNEXTHOP, CREATE | REPLACE
    00 00 04 00 00000000
    0800 0100 09000000
    0600 0300 0000 0000
    0c00 0200 04000000 00000000
    """)
}

@Suite struct NetlinkSharedTests {
  private static let id = Route.Identity(
    table: 254, destination: IPPrefix(IPAddress(10, 2, 0, 0), length: 16))
  private static let gateway = IPAddress(10, 0, 0, 2)

  @Test func multipath() throws {
    guard case .route(let route, .new) = decodeRoute(NetlinkGolden.multipath) else {
      Issue.record("not a route")
      return
    }
    #expect(route.identity == Self.id && route.isReplayable && route.linkIndex == nil)
    #expect(
      route.legs == [
        .init(linkIndex: 5, gateway: Self.gateway, weight: 3), .init(linkIndex: 6),
      ])
    let body = route.message
    let six: [Int32] = [6]
    let request = built {
      unsafe vpa_build_route_request($0, $1, body, body.count, VPA_CHANGE_REPLACE, six, 1)
    }
    #expect(request == NetlinkGolden.multipathWithout6)
  }

  @Test func aRouteByANexthopIsReplayedByItsIdAlone() {
    let expected = Route(
      identity: Self.id, scope: 0, legs: [.init(linkIndex: 5, gateway: Self.gateway)],
      nexthopID: 3, message: NetlinkGolden.routeByNexthopReplay)
    #expect(decodeRoute(NetlinkGolden.routeByNexthop) == .route(expected))
  }

  @Test func nexthop() {
    let expected = Nexthop(id: 3, linkIndex: 5, message: NetlinkGolden.nexthopReplay)
    #expect(decodeRoute(NetlinkGolden.nexthop) == .nexthop(expected))
    var gone = NetlinkGolden.nexthop
    gone[4] = 105
    #expect(decodeRoute(gone) == .nexthopDeleted(id: 3))
  }

  @Test func nexthopWithEncapIsMadeAsTheKernelTakesIt() {
    let expected = Nexthop(id: 3, linkIndex: 5, message: NetlinkGolden.nexthopWithEncapReplay)
    #expect(decodeRoute(NetlinkGolden.nexthopWithEncap) == .nexthop(expected))
  }

  @Test func group() {
    guard case .nexthop(let group) = decodeRoute(NetlinkGolden.nexthopGroup) else {
      Issue.record("not a nexthop")
      return
    }
    #expect(group.members == [3, 4] && group.routeProtocol == 4 && group.linkIndex == nil)
    let body = group.message
    let three: [UInt32] = [3]
    let request = built {
      unsafe vpa_build_nexthop_request($0, $1, body, body.count, VPA_CHANGE_REPLACE, three, 1)
    }
    #expect(request == NetlinkGolden.groupWithout3)
  }

  @Test func whatBecameOfAnotherIsSaid() {
    var bytes = NetlinkGolden.multipath
    for (flags, change) in [(0x0100, RouteChange.replacing), (0x0c00, .appended), (0x0600, .new)] {
      bytes[7] = UInt8(flags >> 8)
      guard case .route(_, let seen) = decodeRoute(bytes) else {
        Issue.record("not a route")
        return
      }
      #expect(seen == change)
    }
  }

  @Test func everyReplayCutShortIsRefusedOrShorter() {
    let body = Array(NetlinkGolden.multipathWithout6.dropFirst(16))
    for length in body.indices {
      let cut = Array(body[..<length])
      let result = built {
        unsafe vpa_build_route_request($0, $1, cut, cut.count, VPA_CHANGE_ADD, nil, 0)
      }
      #expect(result == nil || length >= 12)
    }
  }
}

/// Against the running kernel, with a second pair of links.
@Suite(.enabled(if: canMakeNamespaces, "needs root to make network namespaces"))
struct NetlinkSharedKernelTests {
  static let shared = [
    "ip route add 10.2.0.0/16 metric 7 nexthop via 10.0.0.2 dev tun weight 3 nexthop dev two weight 2",
    "ip route add 10.2.0.0/16 table 70 mtu 1300 nexthop dev two nexthop dev tun onlink via 10.9.9.9",
    """
    ip -6 route add 2001:db8:2::/48 metric 9 nexthop via 2001:db8:1::2 dev tun weight 3 \
      nexthop via 2001:db8:9::2 dev two weight 2
    """,
    """
    ip -6 route add 2001:db8:2::/48 proto static nexthop via 2001:db8:9::2 dev two \
      nexthop via 2001:db8:1::2 dev tun
    """,
  ]

  private static func makeLinks() throws -> (tun: Int32, up: Int32) {
    let tun = try NetlinkRouteTests.makeLink()
    try run(
      """
      ip link add two type veth peer name far && ip link set two up && ip link set far up &&
      ip address add 10.0.9.1/30 dev two && ip address add 2001:db8:9::1/126 dev two nodad
      """)
    let links = try KernelRequests().dumpLinks()
    let up = try #require(links.first { $0.name == "two" })
    return (tun, up.index)
  }

  /// All routes but those that the kernel makes for addresses, link-local ones above all: they
  /// come when duplicate address detection is over.
  private static func listing() throws -> String {
    try run(
      "{ ip -d route show table all; ip -6 -d route show table all; } "
        + "| grep -v -e 'table local' -e '^unicast fe80::' -e '^multicast' || true; ip -d nexthop")
  }

  /// Whether the listing is this one, at the latest when the link watch has done its work, which the
  /// kernel puts off for up to a second (net/core/link_watch.c).
  private static func becomes(_ listing: String) throws -> Bool {
    for _ in 0..<100 {
      if try Self.listing() == listing { return true }
      usleep(50_000)
    }
    return false
  }

  @Test(arguments: shared) func aLegLeavesAndReturns(command: String) throws {
    try inNewNamespace {
      let (tun, up) = try Self.makeLinks()
      let requests = try KernelRequests()
      try run(command)
      let before = try Self.listing()
      for link in [tun, up] {
        let route = try #require(try requests.dumpRoutes().first { $0.isShared })
        try requests.setOperationalState(link: link, dormant: true)
        var part = route
        part.legs.removeAll { $0.linkIndex == link }
        part.withoutLinks = [link]
        try requests.replaceRoute(part)
        let now = try #require(
          try requests.dumpRoutes().first { $0.identity == route.identity })
        #expect(now.legs.map(\.linkIndex) == part.legs.map(\.linkIndex))
        try requests.replaceRoute(route)
        try requests.setOperationalState(link: link, dormant: false)
        #expect(try Self.becomes(before))
        try requests.replaceRoute(part)
        try requests.deleteRoute(part)
        #expect(try !requests.dumpRoutes().contains { $0.identity == route.identity })
        try requests.addRoute(replaying: route)
        #expect(try Self.becomes(before))
      }
    }
  }

  @Test func routesByNexthopsLeaveAndReturnAndGroupsLoseAMember() throws {
    try inNewNamespace {
      let (tun, _) = try Self.makeLinks()
      let requests = try KernelRequests()
      try run(
        """
        ip nexthop add id 3 via 10.0.0.2 dev tun && ip nexthop add id 4 dev two &&
        ip nexthop add id 5 via 10.8.8.8 dev tun onlink &&
        ip nexthop add id 9 group 3,3/4,2 && ip nexthop add id 10 group 4/3 type resilient \
          buckets 8 idle_timer 7 unbalanced_timer 0 &&
        ip route add 10.2.0.0/16 nhid 3 metric 5 && ip route add 10.3.0.0/16 nhid 9 &&
        ip route add 10.4.0.0/16 nhid 5 && ip route add 10.5.0.0/16 nhid 10 &&
        ip nexthop add id 33 via 2001:db8:1::2 dev tun && ip -6 nexthop add id 34 dev two &&
        ip nexthop add id 39 group 33/34 &&
        ip -6 route add 2001:db8:2::/48 nhid 33 && ip -6 route add 2001:db8:3::/48 nhid 39
        """)
      let before = try Self.listing()
      let nexthops = try requests.dumpNexthops()
      #expect(nexthops.map(\.id) == [3, 4, 5, 9, 10, 33, 34, 39])
      try requests.setOperationalState(link: tun, dormant: true)
      let objects = Set(nexthops.filter { $0.linkIndex == tun }.map(\.id))
      for var group in nexthops where !group.members.isEmpty {
        group.withoutMembers = group.members.filter(objects.contains)
        try requests.replaceGroup(group)
      }
      let held = try requests.dumpRoutes().filter { $0.nexthopID.map(objects.contains) ?? false }
      #expect(held.count == 3)
      for route in held { try requests.deleteRoute(route) }
      let without = try requests.dumpNexthops().filter { !$0.members.isEmpty }
      #expect(without.map(\.members) == [[4], [4], [34]])
      for group in nexthops where !group.members.isEmpty { try requests.replaceGroup(group) }
      for route in held { try requests.addRoute(replaying: route) }
      try requests.setOperationalState(link: tun, dormant: false)
      #expect(try Self.becomes(before))
    }
  }
}
