import Testing
import TunnelCore

/// Which SAs are cleared, and which must not be.
@Suite struct ClearingTests {
  @Test func aSetYoungerThanThresholdTimesIntervalIsNotCleared() {
    var bench = SingleTunnel(
      Monitor(
        interval: .seconds(1), threshold: 3, timeout: .milliseconds(100), verifyPath: .init()))
    bench.boot()
    bench.negotiate(1)
    bench.wait(10)
    #expect(bench.transitions.contains { $0.hasPrefix("2.1 state=down") })
    #expect(bench.clearTimes == [3])
  }

  @Test func aSetThatAnswersAfterItsClearingFailedIsNotClearedAgain() {
    var bench = SingleTunnel()
    bench.obeysClears = false
    bench.boot()
    bench.negotiate(1)
    bench.wait(3.5)
    #expect(bench.clearTimes == [3])
    bench.answering = true
    bench.wait(10)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.clearTimes == [3])
  }

  @Test func aNewPairInADeadSetIsJudgedByItself() {
    var bench = SingleTunnel()
    bench.obeysClears = false
    bench.boot()
    bench.negotiate(1)
    bench.wait(2.5)
    bench.negotiate(2)
    #expect(bench.probeTimes.last == 2.5)
    bench.wait(2.9)
    #expect(bench.state == "verifying/held/V")
    #expect(bench.clearTimes.isEmpty)
    bench.wait(0.2)
    #expect(bench.clearTimes == [5.5])
    bench.negotiate(3)
    #expect(bench.state == "verifying/held/V")
  }
}
