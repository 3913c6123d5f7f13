import Testing
@testable import TunnelCore

/// After a restart, beside the daemon and commands, and one set of several.
extension TriggerTests {
  // MARK: After a restart

  @Test func whatWasHeldForAFailureStaysHeld() throws {
    var first = failed()
    first.wait(60)
    let record = try #require(first.plans.compactMap(\.recordBefore).last)
    #expect(record.failed == ["to-b": .monitorFailure])
    var bench = SingleTunnel(SingleTunnel.monitor, establish: .onTraffic, record: record)
    bench.boot(routes: [], link: SingleTunnel.link(dormant: true))
    bench.play(.kernel(.policy(Self.trap)))
    #expect(bench.state == "down/held/D")
    bench.wait(60)
    #expect(bench.state == "down/held/D" && !bench.triggers.isEmpty)
    #expect(bench.alarms.isEmpty && bench.tunnel?.failures == 0)
    bench.answering = true
    bench.negotiate(2)
    bench.wait(3)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.steps.contains(.addRoute(SingleTunnel.farRoute)))
    #expect(bench.plans.compactMap(\.recordAfter).last?.failed == [:])
  }

  @Test func whatIsNotOnRecordAsFailedIsIdle() {
    let record = GateRecord(links: [.init(name: "vti0", withdrawn: [SingleTunnel.farRoute])])
    var bench = SingleTunnel(SingleTunnel.monitor, establish: .onTraffic, record: record)
    bench.boot(routes: [], link: SingleTunnel.link(dormant: true))
    #expect(bench.state == "idle/in-service/-")
  }

  @Test func whoBecomesStandbyForgets() {
    var bench = failed()
    bench.play(.role(.standby))
    bench.play(.role(.active))
    bench.wait(60)
    #expect(bench.state == "idle/in-service/-" && bench.triggers.isEmpty)
  }

  // MARK: Beside the daemon and commands

  @Test func notWhileVICIBringsItBack() {
    var bench = SingleTunnel.connected(establish: .onTraffic)
    bench.play(.kernel(.policy(Self.trap)))
    bench.answering = false
    bench.stay(5, children: [.of(1)])
    bench.delete(1)
    bench.stay(120, children: [])
    #expect(bench.acts.contains(.initiate(SingleTunnel.name)))
    #expect(bench.triggers.isEmpty)
  }

  /// The peer took the SAs away: the daemon has nothing to bring back, and is asked by the packet.
  @Test func whatComesOfThePacketIsPursuedThroughVICI() {
    var bench = SingleTunnel.connected(
      SingleTunnel.monitor.with { $0.action = .hold }, establish: .onTraffic)
    bench.play(.kernel(.policy(Self.trap)))
    bench.answering = false
    bench.stay(6, children: [.of(1)])
    bench.delete(1)
    bench.stay(20, children: [], waiting: true)
    #expect(bench.triggers.count == 1)
    #expect(bench.acts.first == .terminateIKE(id: 7), "the peer is silent")
    bench.stay(10, children: [])
    #expect(bench.acts.contains(.initiate(SingleTunnel.name)))
    #expect(bench.state == "down/held/D")
  }

  @Test func withoutATrapVICIIsAskedForNothing() {
    var bench = SingleTunnel.connected(
      SingleTunnel.monitor.with { $0.action = .hold }, establish: .onTraffic)
    bench.answering = false
    bench.stay(6, children: [.of(1)])
    bench.delete(1)
    bench.stay(60, children: [])
    #expect(bench.acts.isEmpty && bench.triggers.isEmpty)
    #expect(bench.state == "down/held/D")
  }

  @Test func aReloadEndsTheWait() {
    var bench = failed()
    bench.reload { $0.vpns[0].establishTunnels = .responderOnly }
    bench.wait(60)
    #expect(bench.state == "down/held/D" && bench.triggers.isEmpty)
    bench.reload { $0.vpns[0].establishTunnels = .onTraffic }
    bench.wait(60)
    #expect(bench.state == "down/held/D" && !bench.triggers.isEmpty)
    bench.reload { $0.vpns[0].monitor = nil }
    #expect(!bench.link.isLinkModeDormant)
    #expect(bench.steps.contains(.addRoute(SingleTunnel.farRoute)))
  }

  // MARK: One set of several

  @Test func aLostSetIsTriggeredInsideItsSelectors() {
    var bench = SelectorTests.twoSets(.onTraffic)
    bench.forgetTrace()
    bench.silent = [SelectorTests.host(1)]
    bench.wait(60)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.withdrawn == ["10.2.1.0/24"], "its routes stay held")
    let packets = Set(bench.packets)
    #expect(
      packets == [
        TriggerPacket(
          way: .link(7), source: SelectorTests.lan.address, destination: SelectorTests.host(1))
      ])
    bench.silent = []
    SelectorTests.negotiate(&bench, 1, spi: 10)
    bench.wait(3)
    #expect(bench.tunnel?.withdrawn == [])
    bench.forgetTrace()
    bench.wait(600)
    #expect(bench.triggers.isEmpty)
  }
}
