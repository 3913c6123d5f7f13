import Testing
import TunnelCore

/// Starting where an earlier run, or the operator, left off.
@Suite struct TakeoverTests {
  @Test func aNewSetBesideAnAdoptedOneThatIsGoneIsHeld() {
    var bench = Bench()
    bench.answering = true
    bench.boot(sas: Bench.pair(1))
    bench.wait(2)
    bench.play(.saDeleted(Bench.pair(1)[0].key))
    bench.wait(4)
    #expect(bench.state == "absent/held/D")
    bench.answering = false
    bench.negotiate(2, reqid: 2)
    #expect(bench.state == "verifying/held/V")
  }

  static let ownedRoute = Route(
    identity: GateTests.owned, routeProtocol: Route.agentProtocol, linkIndex: 7)

  @Test func ownedRoutesOfAnEarlierRunStayOnALinkLeftAsFound() {
    var bench = Bench(routes: [Bench.far16])
    bench.answering = true
    bench.boot(sas: Bench.pair(1), routes: [Self.ownedRoute])
    #expect(bench.state == "verifying/as-found/V")
    bench.wait(5)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.steps.isEmpty)
  }

  @Test func ownedRoutesOfAnEarlierRunLeaveAtTheThreshold() {
    var bench = Bench(routes: [Bench.far16])
    bench.boot(sas: Bench.pair(1), routes: [Self.ownedRoute])
    bench.wait(5)
    #expect(
      bench.steps == [
        .addUnreachable(GateTests.unreachable), .deleteLinkRoute(GateTests.owned, linkIndex: 7),
        .setDormant(linkIndex: 7, true),
      ])
  }

  @Test func aHeldLinkIsReleasedWhenLinkControlIsNoneNow() {
    let record = GateRecord(links: [.init(name: "vti0", withdrawn: [Bench.farRoute])])
    var bench = Bench(record: record, linkControl: .none)
    bench.boot(sas: Bench.pair(1), routes: [], link: Bench.link(dormant: true))
    #expect(bench.steps == [.addRoute(Bench.farRoute), .setDormant(linkIndex: 7, false)])
  }
}
