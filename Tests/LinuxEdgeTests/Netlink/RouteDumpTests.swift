import Glibc
import Testing

@testable import LinuxEdge
@testable import TunnelCore

/// Dumps of the running kernel that pick out routes by link.
@Suite(.enabled(if: canMakeNamespaces, "needs root to make network namespaces"))
struct RouteDumpTests {
  @Test func besideAFullTableOnlyTheLinksRoutesAreRead() throws {
    try inNewNamespace {
      let index = try NetlinkRouteTests.makeLink()
      try run(
        """
        ip link add wan type veth peer name wanp && ip link set wan up && ip link set wanp up &&
        ip address add 192.0.2.1/24 dev wan && ip address add 2001:db8:9::1/64 dev wan nodad &&
        { for a in $(seq 0 15); do for b in $(seq 0 255); do
            echo "route add 20.$a.$b.0/24 via 192.0.2.2 proto bgp"; done; done
          for b in $(seq 1 255); do echo "route add 2001:db8:$b:1::/64 via 2001:db8:9::2"; done
        } | ip -batch - &&
        ip route add 10.2.0.0/16 dev tun && ip -6 route add 2001:db8:2::/64 dev tun &&
        ip route add 10.3.0.0/16 nexthop via 10.0.0.2 nexthop via 192.0.2.2 &&
        ip route add unreachable 10.9.0.0/16 proto 250 metric 4294967295
        """)
      let requests = try KernelRequests()
      let everything = try requests.dumpRoutes()
      #expect(everything.count > 4096)
      let found = try requests.dumpRoutes(RouteInterest(links: [index]))
      let goes = { (route: Route) in
        route.routeProtocol == Route.agentProtocol || route.legs.contains { $0.linkIndex == index }
      }
      #expect(Set(found) == Set(everything.filter(goes)))
      #expect(found.count == Set(found).count && found.count < 20)

      var events = try RouteEvents()
      var core = Core(configuration: .observing, seed: 1, at: Instant(nanoseconds: 1))
      let snapshot = try requests.snapshot { core.routeInterest(links: $0, nexthops: $1) }
      _ = core.handle(.snapshot(snapshot), at: Instant(nanoseconds: 1))
      try run(
        "for n in $(seq 1 200); do echo route change 20.0.$n.0/24 via 192.0.2.3; done | ip -batch -"
      )
      var seen = 0
      let interest = core.routeInterest
      #expect(events.read(keeping: interest) { _ in seen += 1 } == .drained)
      #expect(seen == 0, "no tunnel goes by wan")
    }
  }

  /// A dump by link shows neither the leg that is left of a route whose other one was taken, nor what
  /// stands beside a tunnel's route.
  @Test func whatStandsByAnotherLinkIsReadWhereItMatters() throws {
    try inNewNamespace {
      let index = try NetlinkRouteTests.makeLink()
      try run(
        """
        ip link add wan type veth peer name wanp && ip link set wan up && ip link set wanp up &&
        ip address add 192.0.2.1/24 dev wan && ip route add 10.8.0.0/16 via 192.0.2.2 &&
        ip route add 10.3.0.0/16 nexthop via 10.0.0.2 nexthop via 192.0.2.2 &&
        ip route add 10.4.0.0/16 via 192.0.2.2 && ip route append 10.4.0.0/16 dev tun
        """)
      let requests = try KernelRequests()
      let shared = try #require(
        try requests.dumpRoutes().first { $0.isShared && $0.identity.destination.length == 16 })
      try run("ip route replace 10.3.0.0/16 via 192.0.2.2")
      let wan = unsafe Int32(if_nametoindex("wan"))
      func read(_ interest: RouteInterest) throws -> [String] {
        try requests.dumpRoutes(interest).filter { $0.identity.destination.length == 16 }
          .map { "\($0.identity.destination) \($0.linkIndex == index ? "tun" : "wan")" }.sorted()
      }
      let known: Set = [shared.identity.by(nil)]
      let rest = RouteInterest(
        others: [wan], nexthops: [:], known: KnownRoutes(tables: [], others: known),
        links: [index, wan].sorted())
      #expect(try read(rest) == ["10.3.0.0/16 wan", "10.4.0.0/16 tun"])
      let beside = RouteInterest(
        others: [wan], nexthops: [:], known: KnownRoutes(tables: [], others: known), links: [index],
        readsBeside: true)
      #expect(try read(beside) == ["10.3.0.0/16 wan", "10.4.0.0/16 tun", "10.4.0.0/16 wan"])
    }
  }

  /// Not by a dump of all routes: beside a full table that would block for seconds.
  @Test func theKernelIsAskedForTheWayToAPeer() throws {
    try inNewNamespace {
      let index = try NetlinkRouteTests.makeLink()
      try run("ip link add wan type veth peer name wanp && ip link set wan up")
      try run("ip link set wanp up && ip address add 192.0.2.1/24 dev wan")
      try run("ip route add default dev tun && ip route add 203.0.113.0/24 via 192.0.2.3 metric 7")
      try run(
        "ip route add unreachable 198.51.100.0/24 && ip route add 198.18.0.0/15 via 192.0.2.3")
      let requests = try KernelRequests()
      let peers = ["203.0.113.1", "203.0.113.2", "198.51.100.1", "2001:db8::9"].compactMap {
        IPAddress($0)
      }
      let ways = try peers.map { try requests.route(to: $0) }
      #expect(ways[0] == ways[1] && ways[2] == nil && ways[3] == nil)
      let way = try #require(ways[0])
      #expect(
        way.identity
          == .init(table: 254, destination: try #require(IPPrefix("203.0.113.0/24")), metric: 7))
      let everything = try requests.dumpRoutes()
      #expect(everything.contains(way), "as a dump tells it")

      let interest = RouteInterest(
        others: [], nexthops: [:], known: KnownRoutes(tables: []), peers: SortedPeers(peers),
        links: [index])
      let found = try requests.dumpRoutes(interest)
      #expect(found.contains(way))
      #expect(!found.contains { $0.identity.destination.length == 15 })
    }
  }

  @Test func theWayToAPeerIsHeardWhateverLinkItGoesBy() throws {
    try inNewNamespace {
      _ = try NetlinkRouteTests.makeLink()
      try run("ip link add wan type veth peer name wanp && ip link set wan up")
      try run("ip link set wanp up && ip address add 192.0.2.1/24 dev wan")
      let peer = try #require(IPAddress("203.0.113.1"))
      let configuration = Configuration(
        gateways: ["g": Gateway(name: "g", addresses: [peer])],
        vpns: [VPN(name: "v", gateway: "g", bindInterface: "tun")])
      let requests = try KernelRequests()
      var events = try RouteEvents()
      var core = Core(configuration: configuration, seed: 1, at: Instant(nanoseconds: 1))
      let snapshot = try requests.snapshot { core.routeInterest(links: $0, nexthops: $1) }
      _ = core.handle(.snapshot(snapshot), at: Instant(nanoseconds: 1))
      try run("ip route add default via 192.0.2.2 && ip route add 203.0.113.0/24 via 192.0.2.3")
      try run("ip route add 198.51.100.0/24 via 192.0.2.2")
      var heard: [String] = []
      let interest = core.routeInterest
      let end = events.read(keeping: interest) {
        if case .route(let route, _) = $0 { heard.append("\(route.identity.destination)") }
      }
      #expect(end == .drained)
      #expect(heard == ["0.0.0.0/0", "203.0.113.0/24"])
    }
  }
}
