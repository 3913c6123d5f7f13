import Testing
import TunnelCore

@Suite struct OptimizedTests {
  /// A tunnel that is up, its SAs having carried the verify-path probe and its reply.
  func running() -> SingleTunnel {
    let monitor = Monitor(
      mode: .optimized, interval: .seconds(1), threshold: 3, verifyPath: .init())
    return .inService(SingleTunnel(monitor), after: 0.5)
  }

  @Test func anIdleTunnelIsNotProbed() {
    var bench = running()
    bench.answering = false
    bench.wait(60)
    #expect(bench.probeTimes.isEmpty)
    #expect(bench.state == "up/in-service/U")
  }

  @Test func outgoingTrafficWithoutAnswerIsProbedUntilTheThreshold() {
    var bench = running()
    bench.answering = false
    bench.traffic = (out: 5, in: 0)
    bench.wait(3.4)
    #expect(bench.probeTimes == [1, 2, 3])
    #expect(bench.state == "up/in-service/U")
    bench.wait(1.1)
    #expect(bench.transitions == ["4.0 state=down was=up reason=\"IPSEC SA VPN Monitor Failure\""])
  }

  @Test func incomingTrafficIsLifeAndResetsTheCount() {
    var bench = running()
    bench.answering = false
    for _ in 0..<20 {
      bench.traffic = (out: 5, in: 0)
      bench.wait(2)
      bench.traffic = (out: 5, in: 1)
      bench.wait(1)
    }
    #expect(bench.state == "up/in-service/U")
    #expect(bench.probeTimes.count == 40)
    #expect(bench.tunnel?.failures == 0)
  }

  @Test func whenTrafficStopsTheCountFreezes() {
    var bench = running()
    bench.answering = false
    bench.traffic = (out: 5, in: 0)
    bench.wait(2)
    bench.traffic = (out: 0, in: 0)
    bench.wait(100)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.losses == 2)
    bench.traffic = (out: 5, in: 0)
    bench.wait(2.1)
    #expect(bench.state == "down/held/D")
  }

  @Test func thePeersProbesAndOurRepliesAreNoTraffic() {
    var bench = running()
    bench.answering = false
    for _ in 0..<10 {
      bench.play(.echoRequest(from: SingleTunnel.far, linkIndex: 7))
      bench.traffic = (out: 1, in: 1)  // the kernel counts the probe and its own reply
      bench.wait(1)
    }
    #expect(bench.probeTimes.isEmpty)
    // The peer's probe arrives, but users' packets are not answered.
    for _ in 0..<4 {
      bench.play(.echoRequest(from: SingleTunnel.far, linkIndex: 7))
      bench.traffic = (out: 3, in: 1)
      bench.wait(1)
    }
    #expect(bench.state == "down/held/D")
  }

  @Test func ownProbesAndTheirRepliesAreNoTraffic() {
    var bench = running()
    bench.traffic = (out: 5, in: 0)
    bench.wait(1)
    bench.traffic = (out: 0, in: 0)
    bench.wait(60)
    #expect(bench.probeTimes.count == 1)
  }

  @Test func aRekeyStartsTheCountersAnew() {
    var bench = running()
    bench.traffic = (out: 50, in: 50)
    bench.wait(10)
    bench.negotiate(2)
    bench.wait(0.1)
    bench.delete(1)
    bench.traffic = (out: 0, in: 0)
    bench.answering = false
    bench.wait(1)
    bench.forgetTrace()
    bench.wait(20)
    #expect(bench.probeTimes.isEmpty)
    #expect(bench.state == "up/in-service/U")
  }
}
