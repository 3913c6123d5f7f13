import Testing
import TunnelCore

/// Starting where an earlier run, or the operator, left off.
@Suite struct TakeoverTests {
  @Test func aNewSetBesideAnAdoptedOneThatIsGoneIsHeld() {
    var bench = SingleTunnel()
    bench.answering = true
    bench.boot(sas: SingleTunnel.pair(1))
    bench.wait(2)
    bench.play(.kernel(.saDeleted(SingleTunnel.pair(1)[0].key)))
    bench.wait(4)
    #expect(bench.state == "absent/held/D")
    bench.answering = false
    bench.negotiate(2, reqid: 2)
    #expect(bench.state == "verifying/held/V")
  }

  static let ownedRoute = Route(
    identity: GateTests.owned, routeProtocol: Route.agentProtocol, linkIndex: 7)

  @Test func ownedRoutesOfAnEarlierRunStayOnALinkLeftAsFound() {
    var bench = SingleTunnel(routes: [SingleTunnel.far16])
    bench.answering = true
    bench.boot(sas: SingleTunnel.pair(1), routes: [Self.ownedRoute])
    #expect(bench.state == "verifying/as-found/V")
    bench.wait(5)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.steps.isEmpty)
  }

  @Test func ownedRoutesOfAnEarlierRunLeaveAtTheThreshold() {
    var bench = SingleTunnel(routes: [SingleTunnel.far16])
    bench.boot(sas: SingleTunnel.pair(1), routes: [Self.ownedRoute])
    bench.wait(5)
    #expect(
      bench.steps == [
        .addUnreachable(GateTests.unreachable), .deleteLinkRoute(GateTests.owned, linkIndex: 7),
        .setDormant(linkIndex: 7, true),
      ])
  }

  /// In a plan of its own it would not be known that the stand-in could not be made.
  @Test func ownedRoutesOfAnEarlierRunLeaveInThePlanThatAddsTheirStandIn() {
    var bench = SingleTunnel(routes: [SingleTunnel.far16])
    bench.boot(routes: [Self.ownedRoute])
    #expect(
      bench.plans.map(\.steps) == [
        [
          .addUnreachable(GateTests.unreachable), .deleteLinkRoute(GateTests.owned, linkIndex: 7),
          .setDormant(linkIndex: 7, true),
        ]
      ])
  }

  @Test func aStandInOfAnEarlierRunLeavesInThePlanThatReturnsItsRoute() {
    let record = GateRecord(links: [.init(name: "vti0", withdrawn: [SingleTunnel.farRoute])])
    let standIn = Route(
      identity: GateTests.unreachable, kind: .unreachable, routeProtocol: Route.agentProtocol,
      linkIndex: nil)
    var bench = SingleTunnel(establish: .onTraffic, record: record)
    bench.boot(routes: [standIn])
    #expect(
      bench.plans.map(\.steps) == [
        [.addRoute(SingleTunnel.farRoute), .deleteUnreachable(GateTests.unreachable)]
      ])
  }

  @Test func aHeldLinkIsReleasedWhenLinkControlIsNoneNow() {
    let record = GateRecord(links: [.init(name: "vti0", withdrawn: [SingleTunnel.farRoute])])
    var bench = SingleTunnel(record: record, linkControl: .none)
    bench.boot(sas: SingleTunnel.pair(1), routes: [], link: SingleTunnel.link(dormant: true))
    #expect(bench.steps == [.addRoute(SingleTunnel.farRoute), .setDormant(linkIndex: 7, false)])
  }

  @Test func whatCouldNotBeCleanedUpIsTriedAgain() {
    let record = GateRecord(links: [.init(name: "vti9", withdrawn: [SingleTunnel.farRoute])])
    var stale = Route(
      identity: GateTests.unreachable, kind: .unreachable, routeProtocol: Route.agentProtocol,
      linkIndex: nil)
    stale.identity.destination = IPPrefix(IPAddress(10, 9, 0, 0), length: 16)
    var bench = SingleTunnel(record: record)
    bench.boot(routes: [stale])
    let steps: [GateStep] = [.addRoute(SingleTunnel.farRoute), .deleteUnreachable(stale.identity)]
    for (link, step) in zip(["vti9", "-"], steps) {
      bench.play(.gateFailed(.step(link: link, step, message: "no buffer space")))
    }
    bench.forgetTrace()
    bench.wait(1.5)
    #expect(bench.steps == steps)
    bench.forgetTrace()
    bench.wait(200)
    #expect(bench.steps.isEmpty)
  }
}
