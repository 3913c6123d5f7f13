import Testing

@testable import TunnelCore

/// A destination of vpn-monitor that has not answered once.
@Suite struct NeverAnsweredTests {
  private static let other = IPAddress(10, 2, 0, 9)

  private static func bench(
    _ answered: [String: Set<IPAddress>] = [:], _ change: (inout Monitor) -> Void = { _ in }
  ) -> SingleTunnel {
    var bench = SingleTunnel(
      ReactionTests.monitor(verified: false, change), record: GateRecord(answered: answered))
    bench.boot()
    bench.negotiate(1)
    return bench
  }

  @Test func forAnHourNothingIsHeldOrCleared() {
    var bench = Self.bench()
    bench.wait(3600)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.clearTimes.isEmpty)
    #expect(bench.tunnel?.failures == 0)
    #expect(bench.tunnel?.sets.first?.neverAnswered == true)
    #expect(bench.alarms.count { $0.hasPrefix("VPN_PATH_UNPROVEN: VPN to-b") } == 1)
    #expect(bench.alarms.allSatisfy { !$0.contains("is down") })
  }

  @Test func onceItHasAnsweredItsSilenceCounts() {
    var bench = Self.bench()
    bench.wait(20)
    bench.answering = true
    bench.wait(7)
    #expect(bench.tunnel?.sets.first?.neverAnswered == false)
    #expect(bench.plans.last?.recordBefore?.answered == ["to-b": [SingleTunnel.far]])
    bench.answering = false
    bench.wait(4)
    #expect(bench.state == "down/held/D")
    #expect(bench.clearTimes.count == 1)
  }

  @Test func theNextRunKnowsWhoHasAnswered() {
    var bench = Self.bench(["to-b": [SingleTunnel.far], "gone": [SingleTunnel.far]])
    #expect(bench.core.memory.answered == ["to-b": [SingleTunnel.far]])
    bench.wait(4)
    #expect(bench.state == "down/held/D")
  }

  @Test func anotherDestinationIsAnotherMatter() {
    var bench = Self.bench(["to-b": [SingleTunnel.far]]) { $0.destinations = [Self.other] }
    bench.wait(20)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.alarms.contains { $0.contains("10.2.0.9 has never answered") })
  }

  @Test func clearTreatsItAsAnyLoss() {
    var bench = Self.bench { $0.neverAnswered = .clear }
    bench.wait(4)
    #expect(bench.state == "down/held/D")
    #expect(bench.clearTimes.count == 1)
  }

  /// What answered while nobody asked whether it ever did has answered all the same.
  @Test func anotherSettingAfterAnswersFindsSilenceStill() {
    var bench = Self.bench { $0.neverAnswered = .clear }
    bench.answering = true
    bench.wait(5)
    var new = bench.core.configuration
    new.vpns[0].monitor?.neverAnswered = .warn
    bench.play(.command(.reload(new), nil))
    bench.wait(5)
    #expect(bench.core.memory.answered == ["to-b": [SingleTunnel.far]])
    bench.answering = false
    bench.wait(5)
    #expect(bench.state == "down/held/D")
  }

  @Test func verifyPathIsNotGuarded() {
    var bench = SingleTunnel()
    bench.boot()
    bench.negotiate(1)
    bench.wait(4)
    #expect(bench.state == "down/held/D")
  }

  /// The path is proven, and only vpn-monitor's own destination is silent.
  @Test func aProvenPathIsNotTornDownForAnotherTarget() {
    var bench = SingleTunnel(ReactionTests.monitor { $0.destinations = [Self.other] })
    bench.answering = true
    bench.silent = [Self.other]
    bench.boot()
    bench.negotiate(1)
    bench.wait(600)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.clearTimes.isEmpty)
  }

  @Test func reauthenticationDoesNotCutIt() {
    var bench = Self.bench()
    bench.wait(20)
    bench.forgetTrace()
    bench.delete(1)
    bench.wait(1)
    bench.negotiate(2)
    bench.wait(20)
    #expect(bench.transitions.isEmpty)
    #expect(bench.alarms.isEmpty)
  }
}
