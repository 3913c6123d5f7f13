import Testing
import TunnelCore

/// Which SAs are cleared, and which must not be.
@Suite struct ClearingTests {
  @Test func aSetYoungerThanThresholdTimesIntervalIsNotCleared() {
    var bench = Bench(
      Monitor(
        interval: .seconds(1), threshold: 3, timeout: .milliseconds(100), verifyPath: .init()))
    bench.boot()
    bench.negotiate(1)
    bench.wait(10)
    #expect(bench.transitions.contains { $0.hasPrefix("2.1 state=down") })
    #expect(bench.clearTimes == [3])
  }

  @Test func aSetThatAnswersAfterItsClearingFailedIsNotClearedAgain() {
    var bench = Bench()
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
}
