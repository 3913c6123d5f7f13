/// A point on the monotonic clock (CLOCK_MONOTONIC, nanoseconds since an arbitrary start).
///
/// The core never asks for the time; the edge passes it in with every event.
public struct Instant: InstantProtocol, Codable {
  /// Nanoseconds since the clock's start.
  public var nanoseconds: Int64

  /// Wraps a clock reading.
  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// The instant `duration` later; saturates instead of overflowing.
  public func advanced(by duration: Duration) -> Instant {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.nanoseconds)
    return Instant(nanoseconds: overflow ? .max : sum)
  }

  /// The time from this instant to `other`; negative when `other` is earlier.
  public func duration(to other: Instant) -> Duration {
    .nanoseconds(other.nanoseconds &- nanoseconds)
  }

  /// The time since `earlier`; negative when `earlier` is later.
  public func since(_ earlier: Instant) -> Duration {
    earlier.duration(to: self)
  }

  /// Orders by time.
  public static func < (lhs: Instant, rhs: Instant) -> Bool {
    lhs.nanoseconds < rhs.nanoseconds
  }
}

extension Duration {
  /// The whole duration in nanoseconds, saturating at about 292 years.
  public var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? (seconds < 0 ? .min : .max) : scaled + attoseconds / 1_000_000_000
  }

  /// The duration in seconds, for printing and ratios.
  public var inSeconds: Double {
    Double(nanoseconds) / 1e9
  }
}
