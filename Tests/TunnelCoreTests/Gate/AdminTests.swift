import Testing

@testable import TunnelCore

/// `link-control = "admin"`.
@Suite struct AdminTests {
  static let six = InterfaceAddress(
    linkIndex: 7, address: IPAddress("fd00:100::1") ?? SingleTunnel.near, prefixLength: 126,
    flags: 0x82)

  static func bench(
    establish: VPN.EstablishTunnels = .immediately, record: GateRecord = GateRecord()
  ) -> SingleTunnel {
    SingleTunnel(establish: establish, record: record, linkControl: .admin)
  }

  /// Boots with an IPv6 address on the link beside the IPv4 one.
  static func booted(
    establish: VPN.EstablishTunnels = .immediately, record: GateRecord = GateRecord(),
    link: Link = SingleTunnel.link()
  ) -> SingleTunnel {
    var bench = bench(establish: establish, record: record)
    bench.boot(link: link, more: [six])
    return bench
  }

  @Test func absentIsDownAndTheAddressIsOnRecordFirst() throws {
    let bench = Self.booted()
    let plan = try #require(bench.plans.first)
    #expect(
      plan.steps == [
        .addUnreachable(GateTests.unreachable), .deleteRoute(SingleTunnel.farRoute),
        .setDormant(linkIndex: 7, true), .setAdmin(linkIndex: 7, up: false),
      ])
    let held = try #require(plan.recordBefore?.links.first)
    #expect(held.withdrawn == [SingleTunnel.farRoute])
    #expect(held.down == .init(addresses: [Self.six], nexthops: []))
    #expect(bench.tunnel?.gate == "down" && bench.tunnel?.obstacle == nil)
  }

  @Test func verifyingIsUpButHeldAndTheAddressIsBack() {
    var bench = Self.booted()
    bench.forgetTrace()
    bench.negotiate(1)
    #expect(bench.steps == [.setAdmin(linkIndex: 7, up: true), .addAddress(Self.six)])
    #expect(bench.state == "verifying/held/V")
    #expect(bench.probeTimes.count == 1, "the first probe does not wait for the next interval")
    #expect(bench.link.isAdminUp && bench.link.operationalState == .dormant)
    bench.forgetTrace()
    bench.answering = true
    bench.wait(1.5)
    #expect(bench.state == "up/in-service/U")
    #expect(
      bench.steps == [
        .addRoute(SingleTunnel.farRoute), .deleteUnreachable(GateTests.unreachable),
        .setDormant(linkIndex: 7, false),
      ])
  }

  @Test func downAtTheThresholdAndBack() {
    var bench = Self.booted()
    bench.answering = true
    bench.negotiate(1)
    bench.wait(1)
    bench.answering = false
    bench.wait(6)
    #expect(!bench.link.isAdminUp && bench.tunnel?.gate == "down")
    bench.answering = true
    bench.negotiate(2)
    bench.wait(1.5)
    #expect(bench.state == "up/in-service/U" && bench.link.isAdminUp)
  }

  @Test func onTrafficIsInServiceWithoutSAs() {
    let bench = Self.booted(establish: .onTraffic)
    #expect(bench.link.isAdminUp && bench.tunnel?.gate == "in-service")
  }

  @Test func theOperatorsAdminDownIsNotFought() {
    var bench = Self.bench()
    bench.boot(link: SingleTunnel.link(adminUp: false))
    bench.negotiate(1)
    bench.wait(5)
    #expect(!bench.steps.contains { if case .setAdmin = $0 { true } else { false } })
    #expect(bench.tunnel?.obstacle == "link vti0 is administratively down")
  }

  @Test func theOperatorsAdminUpIsNotFought() {
    var bench = Self.booted()
    bench.forgetTrace()
    bench.link.isAdminUp = true
    bench.link.operationalState = .dormant
    bench.play(.kernel(.link(bench.link)))
    #expect(bench.steps == [.addAddress(Self.six)])
    bench.play(.kernel(.link(bench.link)))
    #expect(bench.link.isAdminUp && bench.tunnel?.gate == "down")
  }

  @Test func releaseSetsItUpAgain() {
    var bench = Self.booted()
    bench.forgetTrace()
    bench.play(.shutdown(release: true))
    #expect(
      bench.steps == [
        .setAdmin(linkIndex: 7, up: true), .addAddress(Self.six), .addRoute(SingleTunnel.farRoute),
        .deleteUnreachable(GateTests.unreachable), .setDormant(linkIndex: 7, false),
      ])
    #expect(bench.plans.last?.recordAfter == GateRecord())
  }

  @Test func afterACrashItIsKnownWhoSetItDown() {
    let record = GateRecord(links: [
      .init(
        name: "vti0", withdrawn: [SingleTunnel.farRoute],
        down: .init(addresses: [Self.six], nexthops: []))
    ])
    var bench = Self.bench(record: record)
    bench.answering = true
    bench.boot(routes: [], link: SingleTunnel.link(dormant: true, adminUp: false))
    bench.negotiate(1)
    bench.wait(1.5)
    #expect(bench.steps.contains(.addAddress(Self.six)))
    #expect(bench.state == "up/in-service/U" && bench.link.isAdminUp)
  }

  @Test func aLinkThatDoesNotGoUpIsTriedAgain() {
    var bench = Self.booted()
    bench.negotiate(1)
    bench.forgetTrace()
    bench.play(
      .gateFailed(.step(link: "vti0", .setAdmin(linkIndex: 7, up: true), message: "no memory")))
    bench.play(.gateFailed(.step(link: "vti0", .addAddress(Self.six), message: "no device")))
    #expect(bench.core.gates.routes.record.links.first?.down?.addresses == [Self.six])
    bench.wait(1.5)
    #expect(bench.steps.contains(.addAddress(Self.six)))
  }

  /// Its new name is another VPN's, of which nothing was asked yet: who set the link down is not forgotten.
  @Test func aLinkThatIsRenamedToAnothersIsSetUpAgain() {
    let vpns = (1...2).map { number in
      VPN(
        name: "v\(number)", gateway: "g", bindInterface: "ipsec\(number)",
        establishTunnels: .immediately, linkControl: number == 1 ? .admin : .oper,
        monitor: SingleTunnel.monitor)
    }
    var bench = ManyTunnels([], vpns: vpns)
    bench.boot(links: [ManyTunnels.link(1)])
    #expect(bench.steps.contains(.setAdmin(linkIndex: 101, up: false)))
    var link = ManyTunnels.link(1)
    link.isAdminUp = false
    bench.put(link)
    bench.forgetEffects()
    link.name = "ipsec2"
    bench.put(link)
    #expect(bench.steps.contains(.setAdmin(linkIndex: 101, up: true)))
  }
}
