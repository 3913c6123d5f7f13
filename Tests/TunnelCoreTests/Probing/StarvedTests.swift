import Testing

@testable import TunnelCore

/// An agent that the host lets run for 30 ms in every 280.
@Suite struct StarvedTests {
  /// The agent runs in the first 30 ms of each period only; replies wait meanwhile.
  private func starve(_ bench: inout SingleTunnel, _ seconds: Double) {
    let end = bench.now + seconds
    while bench.now < end {
      bench.sleepThrough(0.25)
      bench.wait(0.03)
    }
  }

  @Test func whatIsDueIsSent() {
    var bench = SingleTunnel.inService()
    starve(&bench, 15)
    #expect((14...16).contains(bench.probeTimes.count))
    #expect(bench.transitions.isEmpty)
    #expect(bench.tunnel?.sets.first?.lost == 0)
  }

  @Test func aDeadPathIsFound() throws {
    var bench = SingleTunnel.inService()
    starve(&bench, 3)
    bench.answering = false
    let cut = bench.now
    starve(&bench, 6)
    let down = try #require(bench.transitions.first { $0.contains("state=down") })
    let seconds = try #require(Double(down.prefix { $0 != " " }))
    #expect((cut + 3...cut + 5).contains(seconds))
  }

  @Test func stallsThatPileUpAreSaid() throws {
    var bench = SingleTunnel.inService()
    bench.sleepThrough(2)
    bench.wait(1)
    #expect(bench.core.load(at: bench.instant) == nil)
    starve(&bench, 30)
    let warnings = bench.trace.filter {
      if case .tell(.log(.warning, _, let text)) = $0.effect {
        text.contains("CPU time")
      } else {
        false
      }
    }
    #expect(warnings.count == 1)
    let load = try #require(bench.core.load(at: bench.instant))
    #expect(load.stalls > 5 && load.longestStall > 1 && load.intervalStretch == 1)
    bench.wait(61)
    #expect(bench.core.load(at: bench.instant) == nil)
  }
}
