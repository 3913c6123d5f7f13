import Testing

@testable import TunnelCore

/// Waits between attempts, and the bucket of clears.
@Suite struct BackoffTests {
  private static let limits = Backoff.Limits(initial: .seconds(10), maximum: .seconds(300))

  @Test func waitsDoubleUpToTheMaximumLessAQuarterAtMost() {
    var random = SplitMix64(state: 1)
    var backoff = Backoff(Self.limits)
    for longest in [10, 20, 40, 80, 160, 300, 300, 300] {
      let wait = backoff.next(using: &random)
      #expect(wait <= .seconds(longest))
      #expect(wait > .seconds(longest) * 0.75)
    }
    #expect(backoff.attempts == 8)
  }

  @Test func successBeginsAnew() {
    var random = SplitMix64(state: 1)
    var backoff = Backoff(Self.limits)
    for _ in 0..<5 { _ = backoff.next(using: &random) }
    backoff.reset()
    #expect(backoff.attempts == 0)
    let wait = backoff.next(using: &random)
    #expect(wait <= .seconds(10))
  }

  @Test func waitsOfManyAreSpread() {
    var random = SplitMix64(state: 1)
    let waits = (0..<100).map { _ in
      var backoff = Backoff(Self.limits)
      return backoff.next(using: &random)
    }
    #expect(Set(waits).count > 90)
    #expect(waits.contains { $0 < .seconds(8) } && waits.contains { $0 > .seconds(9.5) })
  }

  @Test func limitsMayChangeBetweenAttempts() {
    var random = SplitMix64(state: 1)
    var backoff = Backoff(Self.limits)
    for _ in 0..<5 { _ = backoff.next(using: &random) }
    backoff.limits.maximum = .seconds(15)
    let wait = backoff.next(using: &random)
    #expect(wait <= .seconds(15))
  }

  @Test func anInitialWaitAboveTheMaximumIsTheMaximum() {
    let limits = Backoff.Limits(initial: .seconds(600), maximum: .seconds(300))
    #expect(limits.maximum == .seconds(600))
  }

  @Test func thousandsOfAttemptsDoNotOverflow() {
    var random = SplitMix64(state: 1)
    var backoff = Backoff(.init(initial: .seconds(3600), maximum: .seconds(Int64.max / 2)))
    let waits = (0..<5000).map { _ in backoff.next(using: &random) }
    #expect(waits.allSatisfy { $0 > .zero })
  }

  @Test func noMinuteSeesMoreClearsThanTheCap() {
    var cap = ClearCap(limit: 3)
    func at(_ seconds: Int) -> Instant { Instant(nanoseconds: Int64(seconds) * 1_000_000_000) }
    let asked = [0, 50, 50, 50].map { cap.reserve(1, at: at($0)) }
    #expect(asked == [nil, nil, nil, at(60)])
    let said = [cap.mustSay(), cap.mustSay()]
    #expect(said == [true, false])
    let later = [60, 61].map { cap.reserve(1, at: at($0)) }
    #expect(later == [nil, at(110)])
    // After a minute without clears it is news again.
    let (news, last) = (cap.mustSay(), cap.reserve(1, at: at(130)))
    #expect(!news && last == nil)
    let again = cap.mustSay()
    #expect(again)
  }

  @Test func aPeersSetsTakeTheirTokensTogetherOrNone() {
    var cap = ClearCap(limit: 4)
    func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }
    let first = cap.reserve(3, at: at(0))
    let second = cap.reserve(2, at: at(10))
    let single = cap.reserve(1, at: at(20))
    #expect(first == nil && second == at(60) && single == nil)
    // Two of the three that were taken first are wanted.
    let third = cap.reserve(3, at: at(30))
    #expect(third == at(60))
    let many = cap.reserve(100, at: at(40))
    #expect(many == at(80))
    let all = cap.reserve(100, at: at(80))
    let none = cap.reserve(1, at: at(139))
    #expect(all == nil && none == at(140))
  }

  @Test func aLowerLimitIsObeyedAtOnce() {
    var cap = ClearCap(limit: 5)
    func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }
    for second in 0..<5 { _ = cap.reserve(1, at: at(Int64(second))) }
    cap.adopt(limit: 2)
    let next = cap.reserve(1, at: at(10))
    #expect(next == at(63))
  }
}
