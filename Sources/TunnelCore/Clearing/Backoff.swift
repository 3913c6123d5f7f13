/// Waits between attempts at one thing: each is twice the last one up to a maximum, until an
/// attempt succeeds.
///
/// It does not know what is attempted: clearing SAs and asking for a negotiation use it alike.
public struct Backoff: Hashable, Sendable {
  /// The first wait, and the longest: `renegotiate-backoff`.
  public struct Limits: Hashable, Sendable {
    /// After the first attempt.
    public var initial: Duration
    /// After any attempt; not shorter than `initial`.
    public var maximum: Duration

    /// The first wait and the longest.
    public init(initial: Duration, maximum: Duration) {
      self.initial = initial
      self.maximum = max(initial, maximum)
    }
  }

  /// Each wait is shortened by up to this share of it, so that many do not act in step.
  public static let jitter = 0.25

  /// May change at any time; the next wait obeys.
  public var limits: Limits
  /// Attempts since the last success.
  public private(set) var attempts = 0

  /// No attempt yet.
  public init(_ limits: Limits) { self.limits = limits }

  /// Notes an attempt that is made now; returns how long the next one has to wait:
  /// `initial` x 2^n, `maximum` at most, less up to a quarter.
  public mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
    let wait = wait(after: attempts)
    attempts += 1
    return wait * (1 - Double.random(in: 0..<Self.jitter, using: &random))
  }

  /// The longest that the wait after this many attempts and one more can be.
  private func wait(after attempts: Int) -> Duration {
    var wait = limits.initial
    // Doubling step by step cannot overflow: it stops at the maximum.
    for _ in 0..<attempts where wait < limits.maximum { wait = min(wait * 2, limits.maximum) }
    return min(wait, limits.maximum)
  }

  /// An attempt succeeded: the next failure begins anew.
  public mutating func reset() { attempts = 0 }
}
