import TunnelCore

/// When the loop wakes while probes are due all the time: at ticks, for all that is due until then. One
/// probe at a time, each would cost a wake-up for itself and one for its reply.
///
/// No probe leaves, and no loss is found, more than a tick later than it would. Round trips are not
/// concerned: the kernel says when a reply came.
struct ProbeTicks {
  enum Change { case on, off }

  static let length = Duration.milliseconds(10)
  /// So many probes a second make ticks worth it.
  private static let fewest: UInt64 = 300
  /// With nothing due for so long, replies are read as they come.
  private static let longestPause = length * 3
  private static let second = Duration.seconds(1)

  private(set) var areOn = false
  private var secondBegan: Instant?
  private var sentBefore: UInt64 = 0
  private var isBusy = false

  /// Another turn of the loop begins. Returns what changes.
  ///
  /// - Parameters:
  ///   - due: when the next thing is due.
  ///   - sent: probes so far.
  mutating func begin(turnAt now: Instant, due: Instant?, sent: UInt64) -> Change? {
    if secondBegan.map({ $0.duration(to: now) >= Self.second }) ?? true {
      isBusy = secondBegan != nil && sent - sentBefore >= Self.fewest
      (secondBegan, sentBefore) = (now, sent)
    }
    let pause = areOn ? Self.longestPause : Self.length
    let isDueSoon = due.map { now.duration(to: $0) <= pause } ?? false
    guard (isBusy && isDueSoon) != areOn else { return nil }
    areOn.toggle()
    return areOn ? .on : .off
  }

  /// The first tick that is not before what is due.
  func wake(for due: Instant?) -> Instant? {
    guard areOn, let due else { return due }
    let length = Self.length.nanoseconds
    return Instant(nanoseconds: (due.nanoseconds + length - 1) / length * length)
  }
}
