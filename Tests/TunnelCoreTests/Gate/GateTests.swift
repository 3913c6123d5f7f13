import Testing
import TunnelCore

@Suite struct GateTests {
  static let unreachable = Route.Identity(
    table: 254, destination: SingleTunnel.far16, metric: .max)
  static let owned = Route.Identity(table: 254, destination: SingleTunnel.far16)

  @Test func holdRecordsBeforeItWithdraws() throws {
    var bench = SingleTunnel()
    bench.boot()
    let plan = try #require(bench.plans.first)
    #expect(
      plan.recordBefore
        == GateRecord(links: [.init(name: "vti0", withdrawn: [SingleTunnel.farRoute])]))
    #expect(
      plan.steps == [
        .addUnreachable(Self.unreachable), .deleteRoute(SingleTunnel.farRoute),
        .setDormant(linkIndex: 7, true),
      ])
    #expect(plan.recordAfter == nil)
  }

  @Test func openGivesTheSameRoutesBackAndThenForgetsThem() throws {
    var bench = SingleTunnel()
    bench.boot()
    bench.forgetTrace()
    bench.answering = true
    bench.negotiate(1)
    bench.wait(0.1)
    let plan = try #require(bench.plans.last)
    #expect(
      plan.steps == [
        .addRoute(SingleTunnel.farRoute), .deleteUnreachable(Self.unreachable),
        .setDormant(linkIndex: 7, false),
      ])
    #expect(plan.recordBefore == nil)
    #expect(plan.recordAfter == GateRecord())
  }

  @Test func routesOfDaemonsConnectedOnesAndThoseThatExpireStay() {
    var bench = SingleTunnel()
    var ospf = SingleTunnel.farRoute
    ospf.routeProtocol = 188
    var connected = SingleTunnel.farRoute
    connected.identity.destination = IPPrefix(SingleTunnel.near, length: 30)
    connected.routeProtocol = 2
    var expiring = SingleTunnel.farRoute
    expiring.identity.metric = 5
    expiring.isReplayable = false
    bench.boot(routes: [ospf, connected, expiring])
    #expect(bench.steps == [.setDormant(linkIndex: 7, true)])
  }

  @Test func everyTableAndMetricGetsItsOwnStandIn() {
    var bench = SingleTunnel()
    var other = SingleTunnel.farRoute
    other.identity.table = 100
    other.identity.metric = 77
    bench.boot(routes: [SingleTunnel.farRoute, other])
    var standIn = Self.unreachable
    standIn.table = 100
    #expect(bench.steps.contains(.addUnreachable(standIn)))
    #expect(bench.steps.contains(.addUnreachable(Self.unreachable)))
  }

  @Test func aHostRouteKeepsTheProbeDestinationReachable() {
    var bench = SingleTunnel(
      Monitor(
        interval: .seconds(1), threshold: 3, destinations: [IPAddress(10, 2, 0, 9)],
        verifyPath: .init(destinations: [IPAddress(10, 2, 0, 9)])))
    bench.boot()
    let host = Route.Identity(
      table: 254, destination: IPPrefix(host: IPAddress(10, 2, 0, 9)))
    #expect(bench.steps.first == .addLinkRoute(host, linkIndex: 7))
    bench.answering = true
    bench.negotiate(1)
    bench.wait(0.1)
    #expect(bench.steps.contains(.deleteLinkRoute(host, linkIndex: 7)))
  }

  @Test func theOperatorsHostRouteToAProbeDestinationStays() {
    let destination = IPAddress(10, 2, 0, 9)
    var bench = SingleTunnel(
      Monitor(
        interval: .seconds(1), threshold: 3, destinations: [destination],
        verifyPath: .init(destinations: [destination])))
    var host = SingleTunnel.farRoute
    host.identity.destination = IPPrefix(host: destination)
    bench.boot(routes: [SingleTunnel.farRoute, host])
    #expect(
      bench.steps == [
        .addUnreachable(Self.unreachable), .deleteRoute(SingleTunnel.farRoute),
        .setDormant(linkIndex: 7, true),
      ])
  }

  @Test func noHostRouteForTheTunnelsOwnEndpoint() {
    var bench = SingleTunnel(
      Monitor(interval: .seconds(1), threshold: 3, probeSource: .endpoint, verifyPath: .init()))
    var everything = SingleTunnel.farRoute
    everything.identity.destination = IPPrefix(IPAddress(0, 0, 0, 0), length: 0)
    bench.boot(routes: [everything])
    bench.negotiate(1)
    bench.wait(2)
    let added = bench.steps.contains { if case .addLinkRoute = $0 { true } else { false } }
    #expect(!added)
  }

  @Test func ownedRoutesAreUnreachableUntilTheLinkOpens() {
    var bench = SingleTunnel(routes: [SingleTunnel.far16])
    bench.boot(routes: [])
    #expect(bench.steps == [.addUnreachable(Self.unreachable), .setDormant(linkIndex: 7, true)])
    bench.forgetTrace()
    bench.answering = true
    bench.negotiate(1)
    bench.wait(0.1)
    #expect(
      bench.steps == [
        .addLinkRoute(Self.owned, linkIndex: 7), .deleteUnreachable(Self.unreachable),
        .setDormant(linkIndex: 7, false),
      ])
  }

  @Test func ownedRoutesDoNotLeakWhileTheOperatorHasTheLinkDown() {
    var bench = SingleTunnel(routes: [SingleTunnel.far16])
    bench.answering = true
    bench.boot(routes: [])
    bench.negotiate(1)
    bench.wait(0.1)
    bench.forgetTrace()
    bench.link.isAdminUp = false
    bench.link.operationalState = .down
    bench.play(.kernel(.link(bench.link)))
    #expect(bench.steps == [.addUnreachable(Self.unreachable)])
    #expect(bench.tunnel?.obstacle == "link vti0 is administratively down")
    bench.link.isAdminUp = true
    bench.link.operationalState = .up
    bench.play(.kernel(.link(bench.link)))
    #expect(bench.steps.contains(.addLinkRoute(Self.owned, linkIndex: 7)))
  }

  @Test func aRouteAddedWhileHeldIsWithdrawnThreeTimesThenLeftAlone() {
    var bench = SingleTunnel()
    bench.boot()
    for _ in 0..<10 { bench.play(.kernel(.route(SingleTunnel.farRoute))) }
    let withdrawals = bench.steps.count { $0 == .deleteRoute(SingleTunnel.farRoute) }
    #expect(withdrawals == 3)
    let warnings = bench.trace.count {
      if case .tell(.log(.warning, _, let text)) = $0.effect {
        text.contains("keeps adding")
      } else {
        false
      }
    }
    #expect(warnings == 1)
  }

  @Test func dormantIsAssertedAgainWhenTheKernelChangesIt() {
    var bench = SingleTunnel()
    bench.boot()
    bench.forgetTrace()
    bench.play(.kernel(.link(SingleTunnel.link(dormant: false))))
    #expect(bench.steps == [.setDormant(linkIndex: 7, true)])
  }

  @Test func aWarOverTheOperstateEnds() {
    var bench = SingleTunnel()
    bench.boot()
    for _ in 0..<100 { bench.play(.kernel(.link(SingleTunnel.link(dormant: false)))) }
    #expect(bench.steps.count < 20)
  }

  @Test func aRouteThatCannotBePutBackIsTriedAgain() {
    var bench = SingleTunnel()
    bench.boot()
    bench.answering = true
    bench.negotiate(1)
    bench.wait(0.1)
    bench.forgetTrace()
    bench.play(
      .gateFailed(.step(link: "vti0", .addRoute(SingleTunnel.farRoute), message: "no such device")))
    #expect(bench.tunnel?.withdrawn == ["10.2.0.0/16"])
    bench.wait(1.5)
    #expect(bench.steps.contains(.addRoute(SingleTunnel.farRoute)))
    #expect(bench.tunnel?.withdrawn == [])
  }

  @Test func aRecordThatCannotBeWrittenWithdrawsNothingAndIsTriedAgain() throws {
    var bench = SingleTunnel()
    bench.boot()
    let plan = try #require(bench.plans.first)
    bench.forgetTrace()
    bench.play(.gateFailed(.record(link: "vti0", message: "disk full")))
    for step in plan.steps {
      bench.play(.gateFailed(.step(link: "vti0", step, message: "the record was not written")))
    }
    bench.wait(5)
    #expect(bench.steps.contains(.deleteRoute(SingleTunnel.farRoute)))
    #expect(bench.plans.contains { $0.recordBefore != nil })
  }

  @Test func releaseOpensWhatIsHeld() {
    var bench = SingleTunnel()
    bench.boot()
    bench.forgetTrace()
    bench.play(.shutdown(release: true))
    #expect(
      bench.steps == [
        .addRoute(SingleTunnel.farRoute), .deleteUnreachable(Self.unreachable),
        .setDormant(linkIndex: 7, false),
      ])
    #expect(bench.plans.last?.recordAfter == GateRecord())
  }

  @Test func keepLeavesEverything() {
    var bench = SingleTunnel()
    bench.boot()
    bench.forgetTrace()
    bench.play(.shutdown(release: false))
    #expect(bench.plans.isEmpty)
  }

  @Test func linkControlNoneNeverTouchesTheLink() {
    var bench = SingleTunnel(linkControl: .none)
    bench.boot()
    bench.negotiate(1)
    bench.wait(20)
    #expect(bench.plans.isEmpty)
    #expect(bench.clearTimes.count >= 1)
  }

  @Test func anUnmonitoredTunnelIsNeverTouched() {
    var bench = SingleTunnel(nil)
    bench.boot()
    bench.negotiate(1)
    bench.wait(20)
    #expect(bench.plans.isEmpty && bench.probeTimes.isEmpty && bench.alarms.isEmpty)
    #expect(bench.state == "up/-/-")
  }

  @Test func aLinkHeldByAnEarlierRunThatNobodyConfiguresIsReleased() {
    let record = GateRecord(links: [.init(name: "vti9", withdrawn: [SingleTunnel.farRoute])])
    var bench = SingleTunnel(record: record)
    bench.boot()
    #expect(bench.steps.contains(.addRoute(SingleTunnel.farRoute)))
  }

  @Test func routesLeftByAnEarlierRunAreSwept() {
    var bench = SingleTunnel()
    var stale = SingleTunnel.farRoute
    stale.identity = .init(
      table: 254, destination: IPPrefix(IPAddress(10, 9, 0, 0), length: 16), metric: .max)
    stale.kind = .unreachable
    stale.legs = []
    stale.routeProtocol = Route.agentProtocol
    bench.boot(routes: [stale])
    #expect(bench.steps.contains(.deleteUnreachable(stale.identity)))
  }

  @Test func aDeletedLinkMakesItsTunnelAbsentAndANewOneBringsItBack() {
    var bench = SingleTunnel(routes: [SingleTunnel.far16])
    bench.answering = true
    bench.boot(routes: [])
    bench.negotiate(1)
    bench.wait(0.1)
    bench.play(.kernel(.linkDeleted(index: 7)))
    #expect(bench.state == "absent/held/D")
    #expect(bench.tunnel?.obstacle == "link vti0 does not exist")
    bench.link = SingleTunnel.link(index: 9)
    bench.replyLink = 9
    bench.play(.kernel(.link(bench.link)))
    bench.play(.kernel(.address(.init(linkIndex: 9, address: SingleTunnel.near, prefixLength: 30))))
    bench.wait(1.1)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.steps.contains(.addLinkRoute(Self.owned, linkIndex: 9)))
  }
}
