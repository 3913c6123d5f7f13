import Testing

@testable import TunnelCore

/// What one reply and one loss do to the counts of a set.
@Suite struct ProbeWindowTests {
  private func at(_ seconds: Double) -> Instant {
    Instant(nanoseconds: Int64(seconds * 1_000_000_000))
  }

  /// With a timeout longer than the interval a probe from before the path was back is lost after
  /// the first reply came.
  @Test func aLossOfBeforeTheLastReplyCountsNeitherWay() {
    var window = ProbeWindow()
    let early = window.send(at: at(0), timeout: .seconds(3))
    let answered = window.send(at: at(2), timeout: .seconds(3))
    #expect(window.receive(answered, at: at(2.1)) == .alive(roundTrip: .milliseconds(100)))
    window.expire(at: at(3))
    #expect(window.statistics.lost == 1)
    #expect(window.consecutiveLosses == 0)
    #expect(window.consecutiveReplies == 1)
    #expect(window.receive(early, at: at(3.1)) == .late(roundTrip: .milliseconds(3100)))
  }

  @Test func aLossAfterTheLastReplyEndsTheRowOfReplies() {
    var window = ProbeWindow()
    let answered = window.send(at: at(0), timeout: .seconds(1))
    _ = window.receive(answered, at: at(0.1))
    _ = window.send(at: at(1), timeout: .seconds(1))
    window.expire(at: at(2))
    #expect(window.consecutiveLosses == 1)
    #expect(window.consecutiveReplies == 0)
  }
}
