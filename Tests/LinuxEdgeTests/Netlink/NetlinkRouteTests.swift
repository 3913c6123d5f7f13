// Links and routes of the running kernel. veth stands for a tunnel link: it has an operational state.
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge

@Suite(.enabled(if: canMakeNamespaces, "needs root to make network namespaces"))
struct NetlinkRouteTests {
  static let mine: UInt8 = 77

  /// A veth pair, both ends up, with 10.0.0.1/30 and 2001:db8:1::1/126 on `tun`; its index.
  static func makeLink() throws -> Int32 {
    try run(
      """
      ip link add tun type veth peer name peer && ip link set tun up && ip link set peer up &&
      ip address add 10.0.0.1/30 dev tun && ip address add 2001:db8:1::1/126 dev tun nodad
      """)
    return unsafe Int32(if_nametoindex("tun"))
  }

  static func link(_ requests: borrowing KernelRequests, _ index: Int32) throws -> Link {
    try #require(try requests.dumpLinks().first { $0.index == index })
  }

  static func route(
    _ requests: borrowing KernelRequests, _ destination: String
  ) throws -> Route? {
    let destination = try #require(IPPrefix(destination))
    return try requests.dumpRoutes().first { $0.identity.destination == destination }
  }

  static func drain(_ events: inout RouteEvents) -> [KernelEvent] {
    var seen: [KernelEvent] = []
    #expect(events.read { seen.append($0) } == .drained)
    return seen
  }

  @Test func dormantIsSetSeenAndGivenBack() throws {
    try inNewNamespace {
      let index = try Self.makeLink()
      var events = try RouteEvents()
      let requests = try KernelRequests()
      let before = try Self.link(requests, index)
      #expect(before.operationalState == .up && !before.isLinkModeDormant)
      #expect(before.kind == .other("veth") && before.name == "tun" && before.isAdminUp)
      try requests.setOperationalState(link: index, dormant: true)
      var dormant = before
      dormant.operationalState = .dormant
      dormant.isLinkModeDormant = true
      #expect(try Self.link(requests, index) == dormant)
      #expect(try run("ip link show tun").contains("state DORMANT mode DORMANT"))
      try awaitReadable(events.fd)
      #expect(Self.drain(&events).contains(.link(dormant)))
      try requests.setOperationalState(link: index, dormant: false)
      #expect(try Self.link(requests, index) == before)
    }
  }

  @Test func stateOfNoLink() throws {
    try inNewNamespace {
      let requests = try KernelRequests()
      let error = #expect(throws: EdgeError.self) {
        try requests.setOperationalState(link: 4711, dormant: true)
      }
      #expect(error?.isGone == true)
    }
  }

  @Test func addressesAndLinksComeAndGo() throws {
    try inNewNamespace {
      let index = try Self.makeLink()
      var events = try RouteEvents()
      let requests = try KernelRequests()
      let six = try #require(IPAddress("2001:db8:1::1"))
      let four = InterfaceAddress(
        linkIndex: index, address: IPAddress(10, 0, 0, 1), prefixLength: 30)
      let all = try requests.dumpAddresses()
      #expect(all.contains(four))
      let nodad: UInt32 = 0x82  // IFA_F_PERMANENT, IFA_F_NODAD
      #expect(
        all.contains(
          InterfaceAddress(linkIndex: index, address: six, prefixLength: 126, flags: nodad)))
      try run("ip address add 10.9.0.1 peer 10.9.0.2 dev tun && ip address del 10.0.0.1/30 dev tun")
      let peered = InterfaceAddress(
        linkIndex: index, address: IPAddress(10, 9, 0, 1), prefixLength: 32,
        peer: IPAddress(10, 9, 0, 2))
      var seen = Self.drain(&events)
      #expect(seen.contains(.address(peered)) && seen.contains(.addressDeleted(four)))
      try run("ip link del tun")
      seen = Self.drain(&events)
      #expect(seen.contains(.linkDeleted(index: index)))
    }
  }

  @Test func aBridgePortIsNoDeletedLink() throws {
    try inNewNamespace {
      let index = try Self.makeLink()
      try run("ip link add sw type bridge && ip link set tun master sw")
      var events = try RouteEvents()
      try run("ip link set tun nomaster")
      #expect(!Self.drain(&events).contains(.linkDeleted(index: index)))
    }
  }

  /// What operators write, and its destination.
  static let routes = [
    ("10.2.0.0/16", "via 10.0.0.2 dev tun metric 50 table 1000"),
    ("10.3.0.0/16", "dev tun scope link src 10.0.0.1 mtu 1400 proto static"),
    ("10.4.0.0/16", "via 10.0.0.2 dev tun tos 0x10 onlink"),
    ("0.0.0.0/0", "dev tun metric 4000000000"),
    ("10.5.0.0/16", "dev tun table 70000 advmss 1300 realm 4"),
    ("2001:db8:2::/48", "via 2001:db8:1::2 dev tun metric 77"),
    ("2001:db8:3::/48", "dev tun mtu 1400 pref high table 1000"),
    ("::/0", "via 2001:db8:1::2 dev tun proto static"),
  ]

  @Test(arguments: routes) func withdrawnRouteComesBackTheSame(to: String, how: String) throws {
    try inNewNamespace {
      let index = try Self.makeLink()
      var events = try RouteEvents()
      let requests = try KernelRequests()
      try run("ip route add \(to) \(how)")
      let saved = try #require(try Self.route(requests, to))
      #expect(saved.isReplayable && saved.linkIndex == index && saved.kind == .unicast)
      let everything = try requests.dumpRoutes()
      // Saved again while the link is held: IPv6 routes are reported LINKDOWN then.
      try requests.setOperationalState(link: index, dormant: true)
      let held = try #require(try Self.route(requests, to))
      #expect(held == saved)
      _ = Self.drain(&events)
      try requests.deleteRoute(held)
      #expect(try Self.route(requests, to) == nil)
      #expect(Self.drain(&events).contains { if case .routeDeleted = $0 { true } else { false } })
      try requests.deleteRoute(held)
      try requests.addRoute(replaying: held)
      #expect(try Set(requests.dumpRoutes()) == Set(everything))
      let error = #expect(throws: EdgeError.self) { try requests.addRoute(replaying: held) }
      #expect(error?.isAlreadyThere == true)
    }
  }

  @Test(arguments: routes) func deletedByIdentityAlone(to: String, how: String) throws {
    try inNewNamespace {
      _ = try Self.makeLink()
      let requests = try KernelRequests()
      try run("ip route add \(to) \(how)")
      var route = try #require(try Self.route(requests, to))
      route.message = []
      var other = route
      other.routeProtocol = 99
      try requests.deleteRoute(other)
      #expect(try Self.route(requests, to) != nil, "another protocol's route is left alone")
      try requests.deleteRoute(route)
      #expect(try Self.route(requests, to) == nil)
    }
  }

  @Test(arguments: ["10.2.0.0/16", "2001:db8:2::/48"])
  func unreachableStandsBesideTheRouteAndGoesAlone(to: String) throws {
    try inNewNamespace {
      let index = try Self.makeLink()
      let requests = try KernelRequests()
      let destination = try #require(IPPrefix(to))
      let route = Route.Identity(table: 254, destination: destination, metric: 10)
      // Of IPv6 its way, the link, is part of it.
      let there = Route(identity: route, linkIndex: index).identity
      let worst = Route.Identity(table: 254, destination: destination, metric: .max)
      try requests.addLinkRoute(route, linkIndex: index, routeProtocol: Self.mine)
      try requests.addUnreachable(worst, routeProtocol: Self.mine)
      let both = try requests.dumpRoutes().filter { $0.identity.destination == destination }
      #expect(both.map(\.identity) == [there, worst])
      #expect(both.map(\.kind) == [.unicast, .unreachable])
      #expect(both.map(\.linkIndex) == [index, nil])
      #expect(both.allSatisfy { $0.routeProtocol == Self.mine })
      let error = #expect(throws: EdgeError.self) {
        try requests.addUnreachable(worst, routeProtocol: Self.mine)
      }
      #expect(error?.isAlreadyThere == true)
      try requests.deleteUnreachable(worst, routeProtocol: Self.mine)
      try requests.deleteUnreachable(worst, routeProtocol: Self.mine)
      #expect(try Self.route(requests, to)?.identity == there)
    }
  }

  @Test func aRouteThatExpiresIsNotReplayable() throws {
    try inNewNamespace {
      _ = try Self.makeLink()
      let requests = try KernelRequests()
      try run("ip -6 route add 2001:db8:9::/48 dev tun expires 600")
      let route = try #require(try Self.route(requests, "2001:db8:9::/48"))
      #expect(!route.isReplayable)
      #expect(throws: EdgeError.self) { try requests.addRoute(replaying: route) }
    }
  }

  @Test func theKernelsComplaintIsPassedOn() throws {
    try inNewNamespace {
      let requests = try KernelRequests()
      let destination = try #require(IPPrefix("10.2.0.0/16"))
      let error = #expect(throws: EdgeError.self) {
        try requests.addLinkRoute(
          .init(table: 254, destination: destination), linkIndex: 4711, routeProtocol: Self.mine)
      }
      #expect(error?.isGone == true)
      #expect(error?.description.hasPrefix("add route 10.2.0.0/16: No such device") == true)
    }
  }
}
