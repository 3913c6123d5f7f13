import DequeModule

/// `max-clears-per-minute`: a bucket of tokens. Each clear takes one, and each comes back a minute
/// after it was taken, so that no minute, whenever it begins, sees more of them.
struct ClearCap: Sendable {
  static let period = Duration.seconds(60)

  /// Clears a minute.
  var limit: Int
  /// When the tokens that are out come back.
  private var returns: Deque<Instant> = []
  /// Whether the log says that clears wait; once for each time that the bucket is emptied.
  private var hasSaid = false

  init(limit: Int) { self.limit = limit }

  /// Takes a token; nil when there was one, else when the next one comes back.
  mutating func take(at now: Instant) -> Instant? {
    while let first = returns.first, first <= now { returns.removeFirst() }
    if returns.isEmpty { hasSaid = false }
    if returns.count >= limit, let first = returns.first { return first }
    returns.append(now.advanced(by: Self.period))
    return nil
  }

  /// Whether waiting is to be said now.
  mutating func mustSay() -> Bool {
    defer { hasSaid = true }
    return !hasSaid
  }
}
