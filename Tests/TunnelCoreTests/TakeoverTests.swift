import Testing
import TunnelCore

/// Starting where an earlier run, or the operator, left off.
@Suite struct TakeoverTests {
  @Test func aNewSetBesideAnAdoptedOneThatIsGoneIsHeld() {
    var bench = Bench()
    bench.answering = true
    bench.boot(sas: Bench.pair(1))
    bench.wait(2)
    bench.play(.saDeleted(Bench.pair(1)[0].key))
    bench.wait(4)
    #expect(bench.state == "absent/held/D")
    bench.answering = false
    bench.negotiate(2, reqid: 2)
    #expect(bench.state == "verifying/held/V")
  }
}
