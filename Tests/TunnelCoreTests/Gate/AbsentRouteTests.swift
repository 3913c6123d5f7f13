import Testing
import TunnelCore

/// A route that was to be withdrawn and was not there.
@Suite struct AbsentRouteTests {
  private static let absent = Event.gateFailed(
    .absent(link: "vti0", step: .deleteRoute(SingleTunnel.farRoute)))

  /// Somebody makes a route on a held link and removes it, before the agent gets to it.
  @Test func whatItsOwnerRemovedDoesNotComeBack() {
    var bench = SingleTunnel()
    bench.boot(routes: [])
    bench.read([
      .kernel(.route(SingleTunnel.farRoute)), Self.absent,
      .kernel(.routeDeleted(SingleTunnel.farRoute)),
    ])
    #expect(bench.steps.contains(.deleteRoute(SingleTunnel.farRoute)))
    #expect(bench.tunnel?.withdrawn == [])
    bench.answering = true
    bench.negotiate(1)
    bench.wait(70)
    #expect(bench.state == "up/in-service/U")
    #expect(!bench.steps.contains(.addRoute(SingleTunnel.farRoute)))
    let record = bench.plans.last.flatMap { $0.recordAfter ?? $0.recordBefore }
    #expect(record == GateRecord())
  }

  /// A daemon withdraws all routes of a peer at once, at the moment at which the link is held.
  @Test func allOfThemStayAway() {
    var other = SingleTunnel.farRoute
    other.identity.destination = IPPrefix(IPAddress(10, 3, 0, 0), length: 16)
    let both = [SingleTunnel.farRoute, other]
    var bench = SingleTunnel()
    bench.boot(routes: [])
    bench.read(
      both.map { .kernel(.route($0)) }
        + both.map { .gateFailed(.absent(link: "vti0", step: .deleteRoute($0))) }
        + both.map { .kernel(.routeDeleted($0)) })
    #expect(bench.tunnel?.withdrawn == [])
  }

  /// The event of our own putting it back is read after it is withdrawn again: it is taken for
  /// somebody's, and to withdraw it once more finds nothing.
  @Test func whatIsOnRecordAlreadyIsKept() {
    var bench = SingleTunnel.inService(after: 0.5)
    bench.answering = false
    bench.wait(5)
    #expect(bench.tunnel?.withdrawn == ["10.2.0.0/16"])
    bench.forgetTrace()
    bench.read([
      .kernel(.route(SingleTunnel.farRoute)), Self.absent,
      .kernel(.routeDeleted(SingleTunnel.farRoute)),
    ])
    #expect(bench.steps.contains(.deleteRoute(SingleTunnel.farRoute)))
    #expect(bench.tunnel?.withdrawn == ["10.2.0.0/16"])
    bench.answering = true
    bench.negotiate(2)
    bench.wait(2)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.steps.contains(.addRoute(SingleTunnel.farRoute)))
  }

  /// A hold of a moment ago, whose withdrawal's own event has not been read either.
  @Test func whatThisHoldWithdrewIsKept() {
    var bench = SingleTunnel()
    bench.boot()
    bench.read([.kernel(.route(SingleTunnel.farRoute)), Self.absent])
    #expect(bench.tunnel?.withdrawn == ["10.2.0.0/16"])
    bench.answering = true
    bench.negotiate(1)
    bench.wait(0.5)
    #expect(bench.steps.contains(.addRoute(SingleTunnel.farRoute)))
  }
}
