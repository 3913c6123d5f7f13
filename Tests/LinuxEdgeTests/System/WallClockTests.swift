import Testing

@testable import LinuxEdge
@testable import TunnelCore

/// Times of events, however often they are asked for.
@Suite struct WallClockTests {
  @Test func anEventHasTheSameTimeAtEachCall() {
    var clock = WallClock()
    let at = Instant(nanoseconds: 7_000_123_456_789)
    var lines: Set<String> = []
    for call: Int64 in 0..<2000 {
      // The two clocks are read one after the other, and slewed.
      let monotonic = Instant(nanoseconds: 7_100_000_000_000 + call * 37_123_457)
      let jitter = call * 977 % 90_000
      let (now, time) = clock.read(
        monotonic: monotonic,
        realtime: monotonic.nanoseconds + 1_700_000_000_000_000_000 + jitter)
      #expect(now >= monotonic && monotonic.duration(to: now) < .milliseconds(1))
      let event = TunnelEvent(
        number: 1, tunnel: "to-b", text: "x", count: 1, age: now.since(at).inSeconds)
      lines.formUnion(AgentEvents(events: [event], time: time).lines)
    }
    #expect(lines == ["2023-11-15T00:10:00.123Z to-b x"])
  }

  @Test func aClockThatIsSetIsFollowed() {
    var clock = WallClock()
    _ = clock.read(monotonic: Instant(nanoseconds: 0), realtime: 5_000_000_000)
    let (now, time) = clock.read(
      monotonic: Instant(nanoseconds: 1_000_000_000), realtime: 60_000_000_000)
    #expect(time == 60)
    #expect(now == Instant(nanoseconds: 1_000_000_000))
  }
}
