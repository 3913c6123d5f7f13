/// Whether a set's probes leave this host at all.
struct ProbeSending: Hashable, Sendable {
  /// Since when none has left though some were due; nil while they leave.
  private(set) var blockedSince: Instant?
  /// Whether that has lasted threshold x interval: nobody looks at the path.
  private(set) var isBlind = false
  /// Whether one was handed to the kernel, which has not refused it so far.
  private var isTried = false
  /// What was in the way the last time, to be said once.
  private(set) var lastObstacle: ProbeObstacle?

  /// A probe is handed to the kernel.
  mutating func handOver() { isTried = true }

  /// It was not taken, or there was nowhere to send it.
  ///
  /// - Parameter patience: threshold x interval.
  mutating func block(patience: Duration, at now: Instant) {
    isTried = false
    let since = blockedSince ?? now
    blockedSince = since
    if since.duration(to: now) >= patience { isBlind = true }
  }

  /// Something is in the way. Returns whether that is news.
  mutating func note(_ obstacle: ProbeObstacle) -> Bool {
    defer { lastObstacle = obstacle }
    return lastObstacle != obstacle
  }

  /// Time has passed since the last probe: if it was not refused it has left.
  mutating func confirm() {
    guard isTried else { return }
    isTried = false
    if blockedSince != nil || lastObstacle != nil || isBlind { self = ProbeSending() }
  }

  /// Something else shows that the path carries packets.
  mutating func noteLife() { self = ProbeSending() }
}
