import Testing
import TunnelCore

@testable import LinuxEdge

/// Ticks begin and end; what is due waits for one, and no longer.
@Suite struct ProbeTicksTests {
  private func at(_ milliseconds: Double) -> Instant {
    Instant(nanoseconds: Int64(milliseconds * 1_000_000))
  }

  /// After a second with so many probes.
  private func ticks(after probes: UInt64, dueIn milliseconds: Double = 5) -> ProbeTicks {
    var ticks = ProbeTicks()
    _ = ticks.begin(turnAt: at(0), due: at(5), sent: 0)
    _ = ticks.begin(turnAt: at(1000), due: at(1000 + milliseconds), sent: probes)
    return ticks
  }

  @Test func fewProbesWakeTheLoopAtTheirTime() {
    let ticks = ticks(after: 299)
    #expect(!ticks.areOn)
    #expect(ticks.wake(for: at(1003.3)) == at(1003.3))
  }

  @Test func manyWakeItAtTicks() {
    let ticks = ticks(after: 300)
    #expect(ticks.areOn)
    #expect(ticks.wake(for: at(1003.3)) == at(1010))
    #expect(ticks.wake(for: at(1010)) == at(1010))
    #expect(ticks.wake(for: at(1010.001)) == at(1020))
    #expect(ticks.wake(for: nil) == nil)
  }

  /// Replies are read at ticks alone while they are on.
  @Test func aPauseEndsThem() {
    #expect(!ticks(after: 1000, dueIn: 11).areOn)
    var ticks = ticks(after: 1000)
    #expect(ticks.begin(turnAt: at(1010), due: at(1040), sent: 1000) == nil)
    #expect(ticks.begin(turnAt: at(1010), due: at(1041), sent: 1000) == .off)
    #expect(ticks.begin(turnAt: at(1041), due: at(1045), sent: 1000) == .on)
    #expect(ticks.begin(turnAt: at(1045), due: nil, sent: 1000) == .off)
  }

  @Test func soDoesASecondWithFewProbes() {
    var ticks = ticks(after: 1000)
    #expect(ticks.begin(turnAt: at(1999), due: at(2000), sent: 1001) == nil)
    #expect(ticks.begin(turnAt: at(2000), due: at(2001), sent: 1002) == .off)
  }
}
