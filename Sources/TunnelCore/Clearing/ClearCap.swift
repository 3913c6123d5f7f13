import DequeModule

/// `max-clears-per-minute`: a bucket of tokens. Each clear takes one, and each comes back a minute
/// after it was taken, so that no minute, whenever it begins, sees more of them.
struct ClearCap: Sendable {
  static let period = Duration.seconds(60)

  /// Clears a minute.
  private(set) var limit: Int
  /// When the tokens that are out come back.
  private var returns: Deque<Instant> = []
  /// Whether the log says that clears wait; once for each time that the bucket is emptied.
  private var hasSaid = false

  init(limit: Int) { self.limit = limit }

  /// The settings are others from now on.
  mutating func adopt(limit: Int) { self.limit = limit }

  /// Takes a token for each of these, or none; nil when there were enough, else when there will be.
  /// More than there are at all are given for all that there are.
  mutating func reserve(_ count: Int, at now: Instant) -> Instant? {
    while let first = returns.first, first <= now { returns.removeFirst() }
    if returns.isEmpty { hasSaid = false }
    let wanted = min(count, limit)
    let missing = wanted - (limit - returns.count)
    if missing > 0 { return returns[missing - 1] }
    for _ in 0..<wanted { returns.append(now.advanced(by: Self.period)) }
    return nil
  }

  /// Whether waiting is to be said now.
  mutating func mustSay() -> Bool {
    defer { hasSaid = true }
    return !hasSaid
  }
}
