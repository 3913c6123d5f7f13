import Testing

@testable import TunnelCore

/// Beside a full routing table the agent knows only what concerns its links.
@Suite struct RouteInterestTests {
  private static func prefix(_ number: Int) -> IPPrefix {
    IPPrefix(IPAddress(family: .ipv4, bits: UInt128(0x1400_0000 + number * 256)), length: 24)
  }

  @Test func routesOfOtherLinksDoNot() {
    var bench = SingleTunnel()
    bench.boot()
    let kept = (0..<4096).filter { bench.concerns(Self.prefix($0), legs: [2]) }
    #expect(kept.isEmpty)
    #expect(bench.concerns(Self.prefix(1), legs: [7]), "the tunnel's link")
    #expect(bench.concerns(Self.prefix(1), legs: [2, 7]), "a leg of it")
    #expect(bench.concerns(Self.prefix(1), legs: [99]), "a link whose event waits behind")
    #expect(
      bench.concerns(SingleTunnel.far16, legs: [2]), "what may take a withdrawn route's place")
    #expect(bench.concerns(Self.prefix(1), maker: Route.agentProtocol))
    let links = bench.core.routeInterest(nexthops: []).links
    #expect(links == [7])
  }

  @Test func aNexthopDoesWhenItLeadsThroughATunnel() {
    var bench = SingleTunnel()
    bench.boot()
    bench.play(.kernel(.nexthop(Nexthop(id: 1, linkIndex: 2))))
    bench.play(.kernel(.nexthop(Nexthop(id: 2, linkIndex: 7))))
    bench.play(.kernel(.nexthop(Nexthop(id: 3, members: [1]))))
    bench.play(.kernel(.nexthop(Nexthop(id: 4, members: [1, 2]))))
    let found = (1...5).map { bench.concerns(Self.prefix(1), nexthop: UInt32($0), legs: [2]) }
    #expect(found == [false, true, false, true, true], "5 is not known yet")
    bench.wait(1)
    bench.forgetTrace()
    bench.play(.kernel(.nexthop(Nexthop(id: 1, linkIndex: 7))))
    #expect(bench.reads == 1, "routes by it were not kept")
  }

  @Test func ordinaryEventsReadNothing() {
    var bench = SingleTunnel()
    bench.answering = true
    bench.boot(
      sas: SingleTunnel.pair(1),
      more: [InterfaceAddress(linkIndex: 2, address: .init(192, 0, 2, 9), prefixLength: 32)])
    bench.wait(1)
    bench.forgetTrace()
    bench.play(
      .kernel(
        .addressDeleted(
          InterfaceAddress(linkIndex: 2, address: .init(192, 0, 2, 9), prefixLength: 32))))
    var eth0 = SingleTunnel.underlay
    for isUp in [false, true] {
      eth0.isAdminUp = isUp
      bench.play(.kernel(.link(eth0)))
    }
    for id in 10..<20 {
      bench.play(.kernel(.nexthop(Nexthop(id: UInt32(id), linkIndex: 2))))
      bench.play(.kernel(.nexthopDeleted(id: UInt32(id))))
    }
    #expect(bench.reads == 0)
    bench.wait(1)
    bench.play(.kernel(.addressDeleted(SingleTunnel.addresses[1])))
    #expect(bench.reads == 1, "the tunnel's own address")
  }

  @Test(arguments: [
    (IPPrefix.any(.ipv4), true), (IPPrefix(host: SingleTunnel.remote), true),
    (IPPrefix(IPAddress(203, 0, 112, 0), length: 23), true), (IPPrefix.any(.ipv6), false),
    (IPPrefix(IPAddress(203, 0, 114, 0), length: 24), false),
  ])
  func whatLeadsToAPeerDoesByAnyLink(to prefix: IPPrefix, isOfInterest: Bool) {
    var bench = SingleTunnel()
    bench.boot()
    #expect(bench.concerns(prefix, legs: [2]) == isOfInterest)
    bench.play(.kernel(.nexthop(Nexthop(id: 1, linkIndex: 2))))
    #expect(bench.concerns(prefix, nexthop: 1) == isOfInterest)
    #expect(!bench.concerns(prefix, table: 100, legs: [2]), "the way to a peer is main's")
  }

  /// A route through the tunnel's link covers its peer: whether it is the way there is told by what
  /// other links have, which was not read before.
  @Test(arguments: [true, false]) func theUnderlayIsReadWhenATunnelsRouteCoversAPeer(isWay: Bool) {
    var bench = SingleTunnel()
    bench.boot()
    bench.wait(1)
    bench.forgetTrace()
    let metrics: (tunnel: UInt32, underlay: UInt32) = isWay ? (10, 50) : (50, 10)
    let tunnel = Self.anyRoute(7, metric: metrics.tunnel)
    bench.play(.kernel(.route(tunnel)))
    #expect(bench.reads == 1)
    #expect(bench.core.misfit(of: "vti0") == nil, "not known yet")
    #expect(bench.core.routeInterest.readsUnderlay)
    bench.play(
      .routes([SingleTunnel.farRoute, tunnel, Self.anyRoute(2, metric: metrics.underlay)]))
    #expect((bench.core.misfit(of: "vti0") != nil) == isWay)
    bench.wait(10)
    #expect(bench.reads == 1)
  }

  /// The kernel drops IPv4 routes of a link that goes down, or loses its last address, silently.
  @Test(arguments: [true, false]) func aLostUnderlayIsNoWayToAPeer(goesDown: Bool) {
    var bench = SingleTunnel()
    bench.boot(routes: [Self.anyRoute(7, metric: 50), Self.anyRoute(2)])
    #expect(bench.core.misfit(of: "vti0") == nil)
    let peers = { (bench: SingleTunnel) in
      bench.core.fitness.peerRoutes.leading(to: SingleTunnel.remote, with: []).compactMap(
        \.linkIndex)
    }
    #expect(peers(bench) == [2, 7])
    if goesDown {
      var eth0 = SingleTunnel.underlay
      eth0.isAdminUp = false
      bench.play(.kernel(.link(eth0)))
    } else {
      bench.play(.kernel(.addressDeleted(SingleTunnel.addresses[0])))
    }
    #expect(peers(bench) == [7])
  }

  /// However often something calls for one, dumps take a fifth of the time at most.
  @Test(arguments: [(0.66, 3.3), (0.001, 0.101)])
  func aDumpIsFollowedByARestOfFourTimesAsLong(takes: Double, next: Double) throws {
    let at = { Instant(nanoseconds: Int64(($0 * 1e9).rounded())) }
    var (reading, out) = (RouteReading(), Outbox(seed: 1))
    reading.want()
    let isFirst = reading.ask(at: at(0), &out)
    #expect(isFirst)
    reading.read(isUnsettled: false, at: at(takes), &out)
    reading.want()
    for early in [min(takes + 0.14, next - 0.002), next - 0.001] {
      let isAsked = reading.ask(at: at(early), &out)
      #expect(!isAsked, "\(early) s after the first was asked for")
      reading.want()
    }
    let due = try #require(out.timers.deadline(of: .routes))
    #expect(due >= at(next))
    let isAsked = reading.ask(at: due, &out)
    #expect(isAsked)
  }

  private static func anyRoute(_ index: Int32, metric: UInt32 = 0) -> Route {
    Route(
      identity: .init(table: 254, destination: .any(.ipv4), metric: metric), linkIndex: index,
      message: [5])
  }

  @Test func anAddressThatARouteNamesIsRead() {
    var bench = SingleTunnel()
    let source = IPAddress(192, 0, 2, 9)
    let address = InterfaceAddress(linkIndex: 2, address: source, prefixLength: 32)
    var route = SingleTunnel.farRoute
    route.preferredSource = source
    bench.answering = true
    bench.boot(sas: SingleTunnel.pair(1), routes: [route], more: [address])
    bench.wait(1)
    bench.forgetTrace()
    bench.play(.kernel(.addressDeleted(address)))
    #expect(bench.reads == 1)
  }
}

extension SingleTunnel {
  fileprivate func concerns(
    _ destination: IPPrefix, maker: UInt8 = 186, table: UInt32 = 254, nexthop: UInt32? = nil,
    legs: [Int32] = []
  ) -> Bool {
    var core = core
    let interest = core.routeInterest
    return interest.concerns(
      .init(table: table, destination: destination), routeProtocol: maker, nexthop: nexthop,
      isElsewhere: legs.allSatisfy(interest.isElsewhere))
  }

  /// Times that routes were to be dumped.
  var reads: Int { trace.filter { $0.effect == .gate(.readRoutes) }.count }
}
