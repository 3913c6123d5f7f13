import Testing

@testable import TunnelCore

/// Replies that take longer than the interval are life: nothing that answers is cleared.
@Suite struct LateReplyTests {
  private func bench(_ interval: Duration, threshold: Int = 3, timeout: Duration? = nil)
    -> SingleTunnel
  {
    var bench = SingleTunnel(
      Monitor(interval: interval, threshold: threshold, timeout: timeout, verifyPath: .init()))
    bench.answering = true
    bench.boot()
    return bench
  }

  @Test(arguments: [(1000, 1.2), (1000, 2.9), (500, 1.4), (100, 0.29)])
  func aRoundTripThatRisesAboveTheIntervalClearsNothing(milliseconds: Int, rtt: Double) {
    var bench = bench(.milliseconds(milliseconds))
    bench.negotiate(1)
    bench.wait(5.5)
    bench.forgetTrace()
    bench.rtt = rtt
    bench.wait(60)
    #expect(bench.transitions == [])
    #expect(bench.clearTimes == [])
    #expect(bench.tunnel?.losses == 0)
  }

  @Test(arguments: [0.7, 1.4]) func aPathThatIsSlowFromTheStartOpens(rtt: Double) {
    var bench = bench(.milliseconds(500))
    bench.rtt = rtt
    bench.negotiate(1)
    bench.wait(rtt + 0.1)
    #expect(bench.state == "up/in-service/U")
    bench.wait(60)
    #expect(bench.clearTimes == [])
  }

  /// The threshold falls before the first reply comes, and SAs are left until it may be there.
  @Test func aPathSlowerThanTheWholeThresholdOpens() {
    var bench = bench(.milliseconds(100))
    bench.rtt = 0.7
    bench.negotiate(1)
    bench.wait(0.4)
    #expect(bench.state == "down/held/D")
    bench.wait(5)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.clearTimes == [])
  }

  @Test func silenceIsFoundAsFastAsBefore() {
    var bench = bench(.seconds(1))
    bench.negotiate(1)
    bench.wait(5.5)
    bench.forgetTrace()
    bench.answering = false
    bench.wait(4)
    #expect(bench.transitions == ["9.0 state=down was=up reason=\"IPSEC SA VPN Monitor Failure\""])
  }

  /// Three smoothed round trips after the threshold-th unanswered probe.
  @Test func silenceOfASlowPathIsFound() {
    var bench = bench(.seconds(1))
    bench.rtt = 1.5
    bench.negotiate(1)
    bench.wait(20.2)
    bench.answering = false
    bench.forgetTrace()
    bench.wait(10)
    // Probes at 21, 22, 23; the third has 4.5 s.
    #expect(bench.transitions.first?.hasPrefix("27.5 state=down") == true)
  }

  /// Two replies are wanted from a path that is down.
  @Test func lateRepliesOpenAPathThatIsDown() {
    var bench = bench(.seconds(1))
    bench.negotiate(1)
    bench.wait(5.5)
    bench.obeysClears = false
    bench.rtt = 3.5
    bench.wait(3.6)
    #expect(bench.state == "down/held/D")
    bench.wait(1.5)
    #expect(bench.state == "up/in-service/U")
    bench.wait(60)
    #expect(bench.tunnel?.failures == 1)
  }

  @Test func theRoundTripOutlivesTheSAs() {
    var bench = bench(.seconds(1))
    bench.rtt = 1.4
    bench.negotiate(1)
    bench.wait(10)
    bench.delete(1)
    bench.wait(4)
    bench.forgetTrace()
    bench.answering = false
    bench.negotiate(2)
    bench.wait(5)
    #expect(bench.transitions.allSatisfy { !$0.contains("state=down") })
    bench.wait(2)  // 2 s to the third probe, and 4.2 s
    #expect(bench.transitions.contains { $0.contains("state=down") })
  }

  @Test func aLatePathIsSaidToBeDegraded() throws {
    var bench = bench(.milliseconds(500))
    bench.negotiate(1)
    bench.wait(5)
    #expect(bench.tunnel?.degraded == nil)
    bench.rtt = 1.4
    bench.wait(5)
    let text = try #require(bench.tunnel?.degraded)
    #expect(
      text
        == "round trip 1.4 s, longer than the 500 ms configured; replies are waited for 4.2 s")
    let explanation = bench.core.explanation(of: "to-b", at: bench.instant)
    #expect(explanation?.contains("  degraded: \(text)") == true)
    bench.rtt = 0.01
    bench.wait(20)
    #expect(bench.tunnel?.degraded == nil)
  }

  /// Two replies are wanted after a failure.
  @Test func aSlowPathRecovers() {
    var bench = bench(.milliseconds(500))
    bench.rtt = 1.4
    bench.negotiate(1)
    bench.wait(10)
    bench.answering = false
    bench.wait(10)
    #expect(bench.tunnel?.failures == 1)
    bench.answering = true
    bench.negotiate(2)
    bench.wait(2.1)
    #expect(bench.state == "up/in-service/U")
  }

  @Test func verifyWaitsForALateReply() {
    var bench = bench(.milliseconds(500))
    bench.negotiate(1)
    bench.wait(5.2)
    bench.rtt = 1.4
    bench.play(.command(.verify(tunnel: "to-b"), RequestID(rawValue: 4)))
    bench.wait(1.5)
    #expect(bench.answers.last?.isDone == true)
  }

  /// A host that slept is no slow path.
  @Test func aPauseIsNoRoundTrip() {
    var bench = bench(.seconds(1))
    bench.negotiate(1)
    bench.wait(5)
    bench.sleepThrough(60)
    bench.wait(3.5)
    bench.answering = false
    bench.wait(4)
    #expect(bench.tunnel?.failures == 1)
  }
}
