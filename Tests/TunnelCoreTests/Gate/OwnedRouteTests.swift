import Testing
import TunnelCore

/// Somebody else's route in the place of one that a VPN owns (`routes`).
@Suite struct OwnedRouteTests {
  private static let step = GateStep.addLinkRoute(GateTests.owned, linkIndex: 7)

  /// By another link, of the very identity of the owned one.
  private static func foreign(metric: UInt32 = 0, tos: UInt8 = 0) -> Route {
    Route(
      identity: .init(
        table: 254, destination: SingleTunnel.far16, tos: tos, metric: metric),
      routeProtocol: 4, linkIndex: 2)
  }

  /// A tunnel in service with its owned route.
  private func open() -> SingleTunnel {
    var bench = SingleTunnel(routes: [SingleTunnel.far16])
    bench.answering = true
    bench.boot(routes: [])
    bench.negotiate(1)
    bench.wait(0.5)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.steps.contains(Self.step))
    bench.forgetTrace()
    return bench
  }

  @Test func whatHasItsIdentityIsOfInterestByWhateverLink() {
    var bench = open()
    let interest = bench.core.routeInterest
    func concerns(_ id: Route.Identity) -> Bool {
      interest.concerns(id, routeProtocol: 4, nexthop: nil, isElsewhere: true)
    }
    #expect(concerns(GateTests.owned))
    let other = IPPrefix(IPAddress(10, 3, 0, 0), length: 16)
    #expect(!concerns(.init(table: 254, destination: other)))
  }

  /// IPv6 has no metric 0: what is asked for is what the kernel has.
  @Test func anOwnedRouteOfIPv6IsToldFromOthersByItsMetric() throws {
    let prefix = try #require(IPPrefix("2001:db8:2::/48"))
    let id = Route.Identity(table: 254, destination: prefix, metric: 1024)
    var bench = SingleTunnel(routes: [prefix])
    bench.answering = true
    bench.boot(routes: [])
    bench.negotiate(1)
    bench.wait(0.5)
    #expect(bench.steps.contains(.addLinkRoute(id, linkIndex: 7)))
    bench.forgetTrace()
    let there = Route(identity: id, routeProtocol: Route.agentProtocol, linkIndex: 7)
    bench.play(.routes([there], []))
    #expect(bench.steps.isEmpty)
    let shown = try #require(bench.core.routes(of: "vti0"))
    #expect(shown.owned == ["2001:db8:2::/48"])
    #expect(shown.probes.isEmpty)
    bench.answering = false
    bench.wait(5)
    #expect(bench.steps.contains(.deleteLinkRoute(id, linkIndex: 7)))
  }

  @Test func oneThatReplacesItIsSaidAndTriedAgain() {
    var bench = open()
    bench.play(.kernel(.route(Self.foreign(), .replacing)))
    bench.refuseOwned(for: 65)
    #expect(bench.steps.contains(Self.step))
    #expect(bench.logged.contains { $0.contains("10.2.0.0/16") })
  }

  @Test func itIsBackAsSoonAsTheOtherOneIsGone() {
    var bench = open()
    bench.play(.kernel(.route(Self.foreign(), .replacing)))
    bench.refuseOwned(for: 65)
    bench.forgetTrace()
    bench.play(.kernel(.routeDeleted(Self.foreign())))
    #expect(bench.steps == [Self.step])
    bench.forgetTrace()
    bench.wait(200)
    #expect(bench.steps.isEmpty, "nothing is missing")
  }

  /// A static one from before the gate opened: the kernel refuses the owned one.
  @Test func oneThatWasThereFirstIsSaidAndItIsBackWithoutIt() {
    var bench = SingleTunnel(routes: [SingleTunnel.far16])
    bench.boot(routes: [Self.foreign()])
    bench.answering = true
    bench.negotiate(1)
    bench.wait(0.2)
    #expect(bench.steps.contains(Self.step))
    bench.refuseOwned(for: 130)
    let asked = bench.steps.count { $0 == Self.step }
    #expect((5...9).contains(asked), "after 1, 2, 4 ... 64 s")
    bench.forgetTrace()
    bench.play(.kernel(.routeDeleted(Self.foreign())))
    #expect(bench.steps == [Self.step])
  }

  /// The kernel tells routes apart by more than their prefix.
  @Test(arguments: [foreign(metric: 100), foreign(tos: 16)])
  func oneOfAnotherIdentityTakesNothingsPlace(route: Route) {
    var bench = open()
    bench.play(.kernel(.route(route, .replacing)))
    bench.wait(65)
    bench.play(.kernel(.routeDeleted(route)))
    #expect(bench.steps.isEmpty)
  }
}

extension SingleTunnel {
  /// Lets time pass with a kernel that has somebody else's route in the place of the owned one.
  /// It refuses all that was asked for since the trace was forgotten.
  fileprivate mutating func refuseOwned(for seconds: Double) {
    var seen = 0
    let end = now + seconds
    repeat {
      while seen < trace.count {
        seen += 1
        guard case .gate(.change(let plan)) = trace[seen - 1].effect else { continue }
        for case .addLinkRoute(let id, let index) in plan.steps {
          let step = GateStep.addLinkRoute(id, linkIndex: index)
          play(.gateFailed(.step(link: "vti0", step, message: "File exists")))
        }
      }
      wait(0.5)
    } while now < end
  }
}
