import Testing

@testable import TunnelCore

/// One of several sets dies: its routes, its SAs and its alarm are its own.
@Suite struct DeadSetTests {
  private typealias Sets = SelectorTests

  /// The second set is dead and cleared, the first is up.
  private static func secondIsGone(_ establish: VPN.EstablishTunnels = .immediately) -> SingleTunnel
  {
    var bench = Sets.twoSets(establish)
    bench.forgetTrace()
    bench.silent = [Sets.host(1)]
    bench.wait(4)
    return bench
  }

  @Test func itsRoutesAreHeldAloneAndItsSAsAloneAreCleared() {
    let bench = Self.secondIsGone()
    #expect(bench.state == "up/in-service/U")
    #expect(
      bench.steps == [
        .addLinkRoute(
          .init(table: 254, destination: IPPrefix(host: Sets.host(1))), linkIndex: 7),
        .addUnreachable(Sets.standIn(1)), .deleteRoute(Sets.route(1)),
        .deleteLinkRoute(
          .init(table: 254, destination: IPPrefix(host: Sets.host(1))), linkIndex: 7),
      ])
    #expect(bench.sas.values.map(\.reqid) == [1, 1])
    #expect(bench.tunnel?.sets.map(\.state) == ["up", "absent"])
    #expect(bench.tunnel?.withdrawn == ["10.2.1.0/24"])
    #expect(bench.tunnel?.failures == 0)
  }

  @Test func itsAlarmNamesItsSelectors() {
    var bench = Self.secondIsGone()
    #expect(bench.alarms.count == 1)
    #expect(
      bench.lastAlarm.hasPrefix("KMD_VPN_DOWN_ALARM_USER: VPN to-b from 203.0.113.1 is down."))
    #expect(
      bench.lastAlarm.contains("Traffic-selector: 10.1.0.0/24 === 10.2.1.0/24, Reason: IPSEC"))
    bench.silent = []
    Sets.negotiate(&bench, 1, spi: 10)
    bench.wait(1)
    #expect(bench.alarms.count == 2)
    #expect(bench.lastAlarm.hasPrefix("KMD_VPN_UP_ALARM_USER: VPN to-b from 203.0.113.1 is up."))
    #expect(bench.lastAlarm.hasSuffix("Traffic-selector: 10.1.0.0/24 === 10.2.1.0/24"))
  }

  @Test func itsRoutesWaitForItsProofWhateverReqidItComesBackWith() {
    var bench = Self.secondIsGone()
    bench.play(.kernel(.policyDeleted(index: 2 * 8 + 1)))
    bench.wait(600)
    #expect(bench.tunnel?.withdrawn == ["10.2.1.0/24"])
    bench.forgetTrace()
    bench.negotiate(20, reqid: 5)
    #expect(bench.steps.isEmpty)
    bench.play(.kernel(.policy(Sets.policy(5, Sets.net(1), reqid: 5))))
    #expect(!bench.steps.contains(.addRoute(Sets.route(1))))
    bench.silent = []
    bench.wait(2)
    #expect(bench.steps.contains(.addRoute(Sets.route(1))))
    #expect(bench.steps.contains(.deleteUnreachable(Sets.standIn(1))))
    #expect(bench.tunnel?.sets.map(\.state) == ["up", "up"])
    #expect(bench.tunnel?.withdrawn == [])
  }

  @Test func onTrafficItsRoutesAreHeldUntilItIsProven() {
    var bench = Self.secondIsGone(.onTraffic)
    bench.wait(600)
    #expect(bench.tunnel?.withdrawn == ["10.2.1.0/24"])
    #expect(bench.state == "up/in-service/U")
  }

  @Test func aSetThatIsVerifiedAnewIsHeldAloneToo() {
    var bench = SingleTunnel(Sets.monitor())
    bench.answering = true
    bench.boot(routes: [Sets.route(0), Sets.route(1)])
    bench.play(.kernel(.address(Sets.lan)))
    Sets.negotiate(&bench, 0)
    bench.wait(1)
    // Nobody knows of the second yet.
    #expect(bench.tunnel?.withdrawn == [])
    bench.silent = [Sets.host(1)]
    Sets.negotiate(&bench, 1)
    #expect(bench.tunnel?.withdrawn == ["10.2.1.0/24"])
    #expect(bench.alarms.count == 1)  // the tunnel is up
  }

  @Test func whatALivingSetCarriesTooIsNotHeld() {
    let wide = IPPrefix(IPAddress(10, 2, 0, 0), length: 16)
    var bench = SingleTunnel(Sets.monitor([Sets.host(1), Sets.host(7)]))
    bench.answering = true
    bench.boot(routes: [Sets.route(1), Sets.route(7)])
    bench.play(.kernel(.address(Sets.lan)))
    bench.play(.kernel(.policy(Sets.policy(1, wide, reqid: 1, priority: 200))))
    bench.play(.kernel(.policy(Sets.policy(2, Sets.net(1), reqid: 2, priority: 100))))
    bench.negotiate(1, reqid: 1)
    bench.negotiate(2, reqid: 2)
    bench.wait(2)
    bench.silent = [Sets.host(7)]
    bench.obeysClears = false
    bench.wait(5)
    #expect(bench.tunnel?.sets.map(\.state) == ["down", "up"])
    #expect(bench.tunnel?.withdrawn == ["10.2.7.0/24"])
  }

  @Test func allDeadIsTheTunnelsBusinessAgain() {
    var bench = Self.secondIsGone()
    bench.forgetTrace()
    bench.answering = false
    bench.wait(5)
    #expect(bench.state == "down/held/D")
    #expect(bench.alarms.count == 1 && !bench.lastAlarm.contains("Traffic-selector"))
    bench.answering = true
    Sets.negotiate(&bench, 0, spi: 30)
    bench.wait(1.1)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.withdrawn == ["10.2.1.0/24"])
  }

  @Test func theEndOfTheAgentPutsItsRoutesBack() {
    var bench = Self.secondIsGone()
    bench.forgetTrace()
    bench.play(.shutdown(release: true))
    #expect(bench.steps == [.addRoute(Sets.route(1)), .deleteUnreachable(Sets.standIn(1))])
    #expect(bench.plans.last?.recordAfter == GateRecord())
  }

  @Test func theNextRunHoldsTheSameRoutesAndLeavesTheOthersAsFound() {
    let record = GateRecord(links: [.init(name: "vti0", withdrawn: [Sets.route(1)])])
    var bench = SingleTunnel(Sets.monitor(), record: record)
    bench.answering = true
    bench.silent = [Sets.host(1)]
    let standIn = Route(
      identity: Sets.standIn(1), kind: .unreachable, routeProtocol: Route.agentProtocol,
      linkIndex: nil)
    bench.play(
      .snapshot(
        Snapshot(
          sas: SingleTunnel.pair(1, reqid: 1) + SingleTunnel.pair(2, reqid: 2),
          policies: [
            Sets.policy(1, Sets.net(0), reqid: 1), Sets.policy(2, Sets.net(1), reqid: 2),
          ],
          links: [SingleTunnel.underlay, SingleTunnel.link()],
          addresses: SingleTunnel.addresses + [Sets.lan],
          routes: [Sets.route(0), standIn])))
    #expect(bench.state == "verifying/as-found/V")
    bench.wait(2)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.withdrawn == ["10.2.1.0/24"])
    #expect(!bench.steps.contains { if case .setDormant = $0 { true } else { false } })
  }
}
