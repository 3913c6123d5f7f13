import Testing
import TunnelCore

/// What a dead path leads to, how attempts back off, and when a tunnel counts as alive again.
@Suite struct ReactionTests {
  static func monitor(
    verified: Bool = true, _ change: (inout Monitor) -> Void = { _ in }
  ) -> Monitor {
    var monitor = Monitor(
      interval: .seconds(1), threshold: 3, verifyPath: verified ? .init() : nil)
    change(&monitor)
    return monitor
  }

  /// Up for a while, and now cut.
  private static func cut(_ monitor: Monitor, seconds: Double) -> SingleTunnel {
    var bench = SingleTunnel(monitor)
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.wait(5.5)
    bench.forgetTrace()
    bench.answering = false
    bench.wait(seconds)
    return bench
  }

  // MARK: action

  @Test func holdHoldsAndLeavesSAsAlone() {
    var bench = Self.cut(Self.monitor { $0.action = .hold }, seconds: 30)
    #expect(bench.state == "down/held/D")
    #expect(bench.clearTimes.isEmpty)
    #expect(bench.alarms.count == 1)
    #expect(bench.transitions.count == 1)
    bench.answering = true
    bench.wait(2.1)
    #expect(bench.state == "up/in-service/U")
  }

  @Test func warnOnlyAlarms() {
    let bench = Self.cut(Self.monitor { $0.action = .warn }, seconds: 30)
    #expect(bench.state == "down/in-service/D")
    #expect(bench.clearTimes.isEmpty && bench.steps.isEmpty)
    #expect(bench.alarms.count == 1)
  }

  @Test func warnKeepsHeldWhatVerifyPathNeverOpened() {
    var bench = SingleTunnel(Self.monitor { $0.action = .warn })
    bench.boot()
    bench.negotiate(1)
    bench.wait(10)
    #expect(bench.state == "down/held/D")
    #expect(bench.clearTimes.isEmpty)
  }

  @Test func warnLeavesAnAdoptedLinkAsFound() {
    var bench = SingleTunnel(Self.monitor { $0.action = .warn })
    bench.boot(sas: SingleTunnel.pair(1))
    bench.wait(10)
    #expect(bench.state == "down/as-found/D")
    #expect(bench.steps.isEmpty)
  }

  @Test func warnLeavesAnAdoptedLinkInServiceOnceItWasProven() {
    var bench = SingleTunnel(Self.monitor { $0.action = .warn })
    bench.answering = true
    bench.boot(sas: SingleTunnel.pair(1))
    bench.wait(5)
    bench.answering = false
    bench.wait(10)
    #expect(bench.state == "down/in-service/D")
  }

  // MARK: Back-off

  @Test func attemptsBackOffAndSuccessBeginsAnew() {
    var bench = SingleTunnel(Self.monitor { $0.renegotiateBackoff.maximum = .seconds(100) })
    bench.boot()
    var number: UInt32 = 0
    while bench.now < 1000 {
      number += 1
      if bench.sas.isEmpty { bench.negotiate(number) }
      bench.wait(0.5)
    }
    let times = bench.clearTimes
    for (index, gap) in zip(times.dropFirst(), times).map({ $0 - $1 }).enumerated() {
      let wait = min(Double(1 << min(index, 20)), 100)
      #expect(gap >= wait * 0.75)
      #expect(gap <= max(wait, 3) + 1)
    }
    #expect(times.count > 12)
    #expect(bench.tunnel?.attempts == times.count)
    #expect(bench.tunnel?.nextAttempt ?? 0 > 0)
    bench.answering = true
    bench.wait(2.5)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.attempts == 0)
    #expect(bench.tunnel?.nextAttempt == nil)
  }

  @Test func setsThatDieTogetherAreOneAttempt() {
    var bench = SelectorTests.twoSets(.immediately)
    bench.forgetTrace()
    bench.answering = false
    bench.wait(4.5)
    #expect(bench.clearTimes.count == 2)
    #expect(bench.tunnel?.attempts == 1)
  }

  // MARK: Recovery

  @Test func aTunnelThatWentDownNeedsTwoReplies() {
    var bench = Self.cut(Self.monitor(), seconds: 4)
    bench.answering = true
    bench.negotiate(2)
    bench.wait(0.5)
    #expect(bench.state == "verifying/held/V")
    #expect(bench.tunnel?.recoveryReplies == 1 && bench.tunnel?.recoveryThreshold == 2)
    bench.wait(0.6)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.recoveryReplies == nil)
  }

  @Test func tenMinutesLaterOneIsEnough() {
    var bench = Self.cut(Self.monitor(), seconds: 4)
    bench.answering = true
    bench.negotiate(2)
    bench.wait(700)
    bench.delete(2)
    bench.wait(10)
    bench.negotiate(3)
    bench.wait(0.1)
    #expect(bench.state == "up/in-service/U")
  }

  @Test func aLongIntervalKeepsNoGoodPathClosed() {
    var bench = SingleTunnel(
      Self.monitor {
        $0.recoveryThreshold = 2
        $0.interval = .seconds(20)
      })
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.wait(0.9)
    #expect(bench.state == "verifying/held/V")
    bench.wait(0.3)
    #expect(bench.state == "up/in-service/U")
  }

  @Test func aLossBeginsTheCountAnew() {
    var bench = SingleTunnel(Self.monitor { $0.recoveryThreshold = 3 })
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.wait(1.5)
    #expect(bench.tunnel?.recoveryReplies == 2)
    bench.answering = false
    bench.wait(1)
    bench.answering = true
    bench.wait(2)
    #expect(bench.state == "verifying/held/V")
    bench.wait(1.1)
    #expect(bench.state == "up/in-service/U")
  }

  /// The IKE daemon negotiates while ESP is dropped: new SAs alone prove nothing.
  @Test func withoutVerifyPathAFailedTunnelHasToAnswerToo() {
    var bench = Self.cut(Self.monitor(verified: false), seconds: 4)
    bench.negotiate(2)
    #expect(bench.state == "verifying/held/V")
    bench.answering = true
    bench.wait(2.1)
    #expect(bench.state == "up/in-service/U")
  }

  @Test func lifeTakesAPlannedClearBack() {
    var bench = Self.cut(Self.monitor { $0.renegotiateBackoff.initial = .seconds(30) }, seconds: 4)
    bench.negotiate(2)
    bench.wait(5)
    #expect(bench.state == "down/held/D")
    #expect(bench.tunnel?.nextAttempt != nil)
    bench.forgetTrace()
    bench.answering = true
    bench.wait(60)
    #expect(bench.clearTimes.isEmpty)
    #expect(bench.state == "up/in-service/U")
  }
}
