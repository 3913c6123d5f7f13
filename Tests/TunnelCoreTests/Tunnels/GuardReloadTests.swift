import Testing

@testable import TunnelCore

/// What a reload and an operator's clear do to the guards of clearing.
@Suite struct GuardReloadTests {
  /// A tunnel that is up without verify-path, and whose destination has answered or has not.
  private static func bench(
    answered: Bool, _ change: (inout Monitor) -> Void = { _ in }
  ) -> SingleTunnel {
    var bench = SingleTunnel(ReactionTests.monitor(verified: false, change))
    bench.answering = answered
    bench.boot()
    bench.negotiate(1)
    bench.wait(5.5)
    bench.answering = false
    return bench
  }

  @Test func theCapIsTheFilesFromNowOn() {
    var hub = MassFailureTests.hub(16) {
      $0.massFailureThreshold = 1
      $0.maxClearsPerMinute = 5
    }
    hub.answering = false
    hub.wait(10)
    #expect(hub.clears.count == 5)
    hub.reload { $0.maxClearsPerMinute = 9 }
    hub.wait(65)
    #expect(hub.clears.count { $0.at > 60 } == 9)
  }

  @Test func aMassFailureIsOverWhenTheFileAllowsIt() {
    var hub = MassFailureTests.hub(16)
    hub.silent = Set(1...12)
    hub.wait(6)
    #expect(hub.core.massFailure(at: hub.instant)?.failing == 12)
    hub.reload { $0.massFailureThreshold = 0.8 }
    #expect(hub.core.massFailure(at: hub.instant) == nil)
    #expect(hub.massAlarms.count == 2)
  }

  @Test func tunnelsThatAreRemovedFailNoMore() {
    var hub = MassFailureTests.hub(16)
    hub.answering = false
    hub.wait(6)
    hub.reload { $0.templates = [] }
    #expect(hub.core.massFailure(at: hub.instant) == nil)
  }

  @Test func silenceThatCountsFromNowOnIsCountedFromZero() {
    var bench = Self.bench(answered: false)
    #expect(bench.tunnel?.sets.first?.neverAnswered == true)
    bench.reload { $0.vpns[0].monitor?.neverAnswered = .clear }
    bench.wait(2)
    #expect(bench.state == "up/in-service/U")
    bench.wait(2.1)
    #expect(bench.state == "down/held/D")
    #expect(bench.clearTimes.count == 1)
  }

  @Test func silenceThatNoLongerCountsHoldsNothing() {
    var bench = Self.bench(answered: false) {
      $0.neverAnswered = .clear
      $0.action = .hold
    }
    #expect(bench.state == "down/held/D")
    bench.reload { $0.vpns[0].monitor?.neverAnswered = .warn }
    #expect(bench.state == "up/in-service/U")
    bench.wait(60)
    #expect(bench.state == "up/in-service/U")
  }

  @Test func anotherTimerOpensNoTunnelThatHasToRecover() {
    var bench = Self.bench(answered: true)
    bench.wait(4)
    bench.negotiate(2)
    #expect(bench.state == "verifying/held/V")
    bench.reload { $0.vpns[0].monitor?.timeout = .milliseconds(900) }
    #expect(bench.state == "verifying/held/V")
    bench.answering = true
    bench.wait(2.5)
    #expect(bench.state == "up/in-service/U")
  }

  @Test func anOperatorsClearWaitsForNoGuardAndIsNoFailure() {
    var bench = Self.bench(answered: true) { $0.action = .hold }
    bench.answering = true
    bench.forgetTrace()
    #expect(bench.order(.clear(tunnel: "to-b")).isDone)
    #expect(bench.clearTimes.count == 1)
    #expect(bench.tunnel?.failures == 0)
    #expect(bench.tunnel?.attempts == 0)
    bench.negotiate(2)
    #expect(bench.state == "up/in-service/U")
  }

  @Test func anOperatorsClearsAreNoMassFailure() {
    var hub = MassFailureTests.hub(16)
    for tunnel in hub.tunnels { hub.play(.command(.clear(tunnel: tunnel.name), nil)) }
    hub.keepNegotiating(for: 5)
    #expect(hub.massAlarms.isEmpty)
    #expect(hub.clears.count == 16)
    #expect(hub.tunnels.allSatisfy { $0.state == "up" })
  }

  @Test func aClearThatSilentSAsSurviveHoldsNothingForEver() {
    var bench = Self.bench(answered: false)
    bench.obeysClears = false
    bench.play(.command(.clear(tunnel: "to-b"), nil))
    #expect(bench.state == "down/held/D")
    bench.wait(6)
    #expect(bench.state == "up/in-service/U")
  }
}
