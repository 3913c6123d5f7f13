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
    Duration(attoseconds: Int128(other.nanoseconds &- nanoseconds) * 1_000_000_000)
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
    let whole = attoseconds
    // Nearly all are shorter than nine seconds, and 128 bits are divided by a function.
    if whole <= Int128(Int64.max), whole >= Int128(Int64.min) {
      return Int64(truncatingIfNeeded: whole) / 1_000_000_000
    }
    return Int64(clamping: whole / 1_000_000_000)
  }

  /// The duration in seconds, for printing and ratios.
  public var inSeconds: Double {
    Double(nanoseconds) / 1e9
  }
}

/// The library's own take any integer, and 250 instructions each.
extension Duration {
  static func * (duration: Duration, factor: Int) -> Duration {
    Duration(attoseconds: duration.attoseconds * Int128(factor))
  }

  static func / (duration: Duration, divisor: Int) -> Duration {
    Duration(attoseconds: duration.attoseconds / Int128(divisor))
  }
}

extension Instant? {
  /// Whether it has come.
  package func isDue(at now: Instant) -> Bool { if let self { self <= now } else { false } }

  /// The earlier of both; nil never comes.
  package func orEarlier(_ other: Instant?) -> Instant? {
    guard let self else { return other }
    guard let other else { return self }
    return min(self, other)
  }
}
