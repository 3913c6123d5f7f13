import TunnelCore

/// When something that must succeed one day is done next: at once when asked for, later after it
/// failed (each pause twice the last), and never more often than its own cost allows.
struct RetryTimer {
  private let shortest: Duration
  private let longest: Duration
  private var pause: Duration
  private var doneAt: Instant?
  /// When it is to be done; nil: not at all.
  private(set) var dueAt: Instant?
  /// Why it failed when it was last done; nil when it succeeded.
  private(set) var failure: EdgeError?

  /// - Parameters:
  ///   - shortest: the least time from one to the next.
  ///   - longest: the longest pause after failures.
  init(shortest: Duration, longest: Duration) {
    self.shortest = shortest
    self.longest = longest
    pause = shortest
  }

  /// It is needed.
  mutating func request(at now: Instant) {
    let earliest = doneAt.map { max(now, $0.advanced(by: pause)) } ?? now
    dueAt = dueAt.map { min($0, earliest) } ?? earliest
  }

  /// Whether it is to be done now.
  func isDue(at now: Instant) -> Bool { dueAt.map { $0 <= now } ?? false }

  /// It was begun at `start` and is done: the next rests four times as long as it took.
  mutating func succeeded(since start: Instant, at now: Instant) {
    pause = max(shortest, start.duration(to: now) * 4)
    (doneAt, dueAt, failure) = (now, nil, nil)
  }

  /// It failed and is tried again. Returns whether that is news.
  mutating func failed(_ error: EdgeError, at now: Instant) -> Bool {
    defer { failure = error }
    pause = min(pause * 2, longest)
    (doneAt, dueAt) = (now, now.advanced(by: pause))
    return failure == nil
  }
}
