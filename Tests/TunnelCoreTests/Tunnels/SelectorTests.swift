import Testing

@testable import TunnelCore

/// Several SA sets with traffic selectors of their own on one link.
@Suite struct SelectorTests {
  static let lan = InterfaceAddress(
    linkIndex: 3, address: IPAddress(10, 1, 0, 1), prefixLength: 24)
  static func net(_ number: UInt8) -> IPPrefix {
    IPPrefix(IPAddress(10, 2, number, 0), length: 24)
  }
  static func host(_ number: UInt8) -> IPAddress { IPAddress(10, 2, number, 1) }
  static func route(_ number: UInt8) -> Route {
    Route(identity: .init(table: 254, destination: net(number)), linkIndex: 7, message: [number])
  }
  static func standIn(_ number: UInt8) -> Route.Identity {
    .init(table: 254, destination: net(number), metric: .max)
  }

  /// The outbound policy of a set for 10.1.0.0/24 and a far net, the SAs being `SingleTunnel.pair`'s.
  static func policy(
    _ index: UInt32, _ remote: IPPrefix, reqid: UInt32,
    local: IPPrefix = IPPrefix(IPAddress(10, 1, 0, 0), length: 24), priority: UInt32 = 100
  ) -> SecurityPolicy {
    SecurityPolicy(
      index: index * 8 + 1, source: local, destination: remote, priority: priority,
      mark: Mark(value: 42, mask: 0xffff_ffff),
      template: .init(source: SingleTunnel.local, destination: SingleTunnel.remote, reqid: reqid))
  }

  static func monitor(_ destinations: [IPAddress] = [host(0), host(1)]) -> Monitor {
    Monitor(
      interval: .seconds(1), threshold: 3, destinations: destinations,
      verifyPath: .init(destinations: destinations))
  }

  /// Sets for 10.2.0.0/24 (reqid 1) and 10.2.1.0/24 (reqid 2), both up.
  static func twoSets(_ establish: VPN.EstablishTunnels = .immediately) -> SingleTunnel {
    var bench = SingleTunnel(monitor(), establish: establish)
    bench.answering = true
    bench.boot(routes: [route(0), route(1)])
    bench.play(.kernel(.address(lan)))
    for number: UInt8 in [0, 1] { negotiate(&bench, number) }
    bench.wait(2)
    return bench
  }

  /// As charon: SAs first, then policies.
  static func negotiate(_ bench: inout SingleTunnel, _ number: UInt8, spi: UInt32 = 0) {
    let reqid = UInt32(number) + 1
    bench.negotiate(spi + reqid, reqid: reqid)
    bench.play(.kernel(.policy(policy(reqid, net(number), reqid: reqid))))
  }

  // MARK: Where probes go

  @Test func eachSetIsProbedInsideItsSelectors() {
    var bench = Self.twoSets()
    #expect(bench.state == "up/in-service/U")
    bench.forgetTrace()
    bench.wait(1)
    #expect(Set(bench.probes.map(\.destination)) == [Self.host(0), Self.host(1)])
    #expect(bench.probes.allSatisfy { $0.source == Self.lan.address })
    #expect(
      bench.tunnel?.sets.map(\.selectors)
        == [["10.1.0.0/24 === 10.2.0.0/24"], ["10.1.0.0/24 === 10.2.1.0/24"]])
  }

  @Test func aProbeSentBeforeThePoliciesCameIsNoEvidence() {
    var bench = SingleTunnel(Self.monitor([Self.host(1), Self.host(0)]))
    bench.boot()
    bench.play(.kernel(.address(Self.lan)))
    bench.negotiate(1)
    #expect(bench.probes.map(\.destination) == [Self.host(1)])
    bench.answering = true
    bench.play(.kernel(.policy(Self.policy(1, Self.net(0), reqid: 1))))
    bench.wait(0.1)
    #expect(bench.probes.map(\.destination) == [Self.host(1), Self.host(0)])
    bench.wait(3)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.sets.first?.lost == 0)
  }

  @Test func withoutADestinationNothingIsGuessed() {
    var bench = Self.twoSets()
    Self.negotiate(&bench, 2)
    bench.forgetTrace()
    bench.wait(60)
    let set = bench.tunnel?.sets.last
    #expect(set?.obstacle == "no destination-ip inside 10.2.2.0/24")
    #expect(set?.state == "verifying" && set?.lost == 0 && set?.clears == 0)
    #expect(bench.alarms.count == 1)
    #expect(bench.lastAlarm.contains("is not monitored"))
    #expect(bench.lastAlarm.contains("no destination-ip inside 10.2.2.0/24"))
    #expect(bench.state == "up/in-service/U", "other sets are seen")
    #expect(!bench.probes.contains { Self.net(2).contains($0.destination) })
  }

  @Test func withoutAnAddressInsideNothingIsGuessed() {
    var bench = SingleTunnel(Self.monitor())
    bench.boot()
    Self.negotiate(&bench, 0)
    bench.wait(10)
    #expect(bench.tunnel?.obstacle == "no address of this host inside 10.1.0.0/24")
    #expect(bench.tunnel?.sets.first?.lost == 0)
    // The address of the lowest interface is taken as soon as there is one.
    bench.answering = true
    bench.play(.kernel(.address(Self.lan)))
    bench.wait(2)
    #expect(bench.state == "up/in-service/U")
  }

  @Test func selectorsForOneProtocolTakeNoProbes() {
    var bench = SingleTunnel(Self.monitor())
    bench.boot()
    bench.play(.kernel(.address(Self.lan)))
    var policy = Self.policy(1, Self.net(0), reqid: 1)
    policy.ipProtocol = 6
    bench.play(.kernel(.policy(policy)))
    bench.negotiate(1)
    #expect(bench.tunnel?.obstacle == "its traffic selectors exclude ICMP echo")
    #expect(bench.tunnel?.sets.first?.selectors == ["10.1.0.0/24 === 10.2.0.0/24 proto 6"])
  }

  @Test func selectorsForEverythingChangeNothing() {
    var bench = SingleTunnel()
    bench.boot()
    for family in IPAddress.Family.allCases {
      let all = Self.policy(
        UInt32(family.rawValue), .any(family), reqid: 1, local: .any(family))
      bench.play(.kernel(.policy(all)))
    }
    bench.negotiate(1)
    #expect(bench.probes.map(\.source) == [SingleTunnel.near])
    #expect(bench.probes.map(\.destination) == [SingleTunnel.far])
  }

  @Test func thePolicyThatComesFirstDecidesWhichSetAPingGoesThrough() {
    let wide = IPPrefix(IPAddress(10, 2, 0, 0), length: 16)
    var bench = SingleTunnel(Self.monitor([Self.host(1), Self.host(7)]))
    bench.boot()
    bench.play(.kernel(.address(Self.lan)))
    bench.play(.kernel(.policy(Self.policy(1, wide, reqid: 1, priority: 200))))
    bench.play(.kernel(.policy(Self.policy(2, Self.net(1), reqid: 2, priority: 100))))
    bench.negotiate(1, reqid: 1)
    bench.negotiate(2, reqid: 2)
    #expect(bench.probes.map(\.destination) == [Self.host(7), Self.host(1)])
  }

  @Test func selectorsOfIPv6() throws {
    let far = try #require(IPAddress("fd10:2::1"))
    let here = InterfaceAddress(
      linkIndex: 3, address: try #require(IPAddress("fd10:1::1")), prefixLength: 64)
    let remote = try #require(IPPrefix("fd10:2::/48"))
    var bench = SingleTunnel(Self.monitor([Self.host(0), far]))
    bench.boot()
    bench.play(.kernel(.address(here)))
    bench.play(
      .kernel(
        .policy(Self.policy(1, remote, reqid: 1, local: try #require(IPPrefix("fd10:1::/48"))))))
    bench.negotiate(1)
    #expect(bench.probes.map(\.source) == [here.address])
    #expect(bench.probes.map(\.destination) == [far])
  }

  @Test func aSetWithSeveralSelectorsIsProbedInOneOfThem() {
    var bench = SingleTunnel(Self.monitor([IPAddress(10, 9, 9, 9), Self.host(1), Self.host(0)]))
    bench.answering = true
    bench.boot(routes: [Self.route(0), Self.route(1)])
    bench.play(.kernel(.address(Self.lan)))
    bench.play(.kernel(.policy(Self.policy(1, Self.net(0), reqid: 1))))
    bench.play(.kernel(.policy(Self.policy(2, Self.net(1), reqid: 1))))
    bench.negotiate(1)
    bench.wait(2)
    #expect(bench.probes.allSatisfy { $0.destination == Self.host(1) })
    #expect(bench.tunnel?.sets.map(\.selectors.count) == [2])
    bench.answering = false
    bench.wait(5)
    #expect(bench.steps.filter(\.withdraws).count == 4)  // held at first, and again
    #expect(!bench.alarms.contains { $0.contains("Traffic-selector") })
  }

  @Test func endpointsOfAMobikePeerTakeTheirSelectorsAlong() {
    var bench = SingleTunnel(Self.monitor())
    bench.answering = true
    bench.boot()
    bench.play(.kernel(.address(Self.lan)))
    Self.negotiate(&bench, 0)
    bench.wait(2)
    var policy = Self.policy(1, Self.net(0), reqid: 1)
    policy.template?.source = IPAddress(198, 51, 100, 9)
    bench.play(.kernel(.policy(policy)))
    // Until the SAs follow, the set has what it had.
    #expect(bench.tunnel?.sets.first?.selectors == ["10.1.0.0/24 === 10.2.0.0/24"])
    bench.forgetTrace()
    bench.wait(1.5)
    #expect(bench.probes.allSatisfy { $0.destination == Self.host(0) })
    #expect(
      bench.core.selectors(
        of: SASetKey(
          local: IPAddress(198, 51, 100, 9), remote: SingleTunnel.remote, reqid: 1)
      ).count == 1)
  }
}
