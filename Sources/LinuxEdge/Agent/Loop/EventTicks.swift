import TunnelCore

/// When the kernel's events are read while one follows the other: at ticks, all that came since. Each
/// for itself, they would cost a wake-up and a turn of the loop: beside a routing daemon that reads in a
/// full table most of what the agent does.
struct EventTicks {
  /// Reads that follow each other within this are of one storm,
  private static let gap = Duration.milliseconds(2)
  /// and so many of them make ticks worth it. A negotiation is less.
  private static let fewest = 16

  private var lastRead: Instant?
  private var inARow = 0
  /// The next tick; nil while events are read as they come.
  private(set) var readAt: Instant?

  /// The socket was ready and was read. Returns whether it is left alone until `readAt`.
  mutating func noteRead(at now: Instant) -> Bool {
    let isClose = lastRead.map { $0.duration(to: now) < Self.gap } ?? false
    lastRead = now
    inARow = isClose ? inARow + 1 : 0
    guard inARow >= Self.fewest else { return false }
    readAt = now.advanced(by: ProbeTicks.length)
    return true
  }

  /// It was read at a tick. Returns whether there is another one.
  mutating func goesOn(at now: Instant, hasRead: Bool) -> Bool {
    readAt = hasRead ? now.advanced(by: ProbeTicks.length) : nil
    if !hasRead { inARow = 0 }
    return hasRead
  }
}
