import Testing
import TunnelCore

/// What becomes of a gate when steps fail, links go, and the agent ends or starts in between.
@Suite struct GateFailureTests {
  func inService(routes: [IPPrefix] = []) -> Bench {
    var bench = Bench(routes: routes)
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.wait(0.5)
    bench.forgetTrace()
    return bench
  }

  @Test func releaseOpensAGateInServiceWhoseLinkIsDown() {
    var bench = inService(routes: [Bench.far16])
    bench.link.isAdminUp = false
    bench.play(.link(bench.link))
    bench.forgetTrace()
    bench.play(.shutdown(release: true))
    #expect(bench.steps.contains(.deleteUnreachable(GateTests.unreachable)))
  }
}
