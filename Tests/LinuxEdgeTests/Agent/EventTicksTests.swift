import Testing
import TunnelCore

@testable import LinuxEdge

/// When the kernel's events are read at ticks.
@Suite struct EventTicksTests {
  private static func at(_ milliseconds: Int) -> Instant {
    Instant(nanoseconds: Int64(milliseconds) * 1_000_000)
  }

  @Test func fewEventsAreReadAsTheyCome() {
    var ticks = EventTicks()
    for round in 0..<100 {
      // A negotiation: a dozen events within as many milliseconds.
      let begins = (0..<12).map { ticks.noteRead(at: Self.at(round * 1000 + $0)) }
      #expect(!begins.contains(true))
    }
    #expect(ticks.readAt == nil)
  }

  @Test func aStormIsReadAtTicksUntilItIsOver() {
    var ticks = EventTicks()
    let begins = (0..<50).first { ticks.noteRead(at: Self.at($0)) }
    #expect(begins == 16)
    #expect(ticks.readAt == Self.at(26))
    #expect(!ticks.readAt.isDue(at: Self.at(25)))
    #expect(ticks.readAt.isDue(at: Self.at(26)))
    let goesOn = ticks.goesOn(at: Self.at(26), hasRead: true)
    #expect(goesOn)
    #expect(ticks.readAt == Self.at(36))
    let isOver = !ticks.goesOn(at: Self.at(36), hasRead: false)
    #expect(isOver)
    #expect(ticks.readAt == nil)
    let beginsAnew = ticks.noteRead(at: Self.at(37))
    #expect(!beginsAnew)
  }
}
