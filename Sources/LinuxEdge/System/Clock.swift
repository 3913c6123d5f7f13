import CShims
import Glibc
import TunnelCore

/// CLOCK_MONOTONIC.
public func monotonicNow() -> Instant {
  Instant(nanoseconds: vpa_monotonic_ns())
}

/// CLOCK_REALTIME in seconds since 1970, milliseconds behind the point.
func unixTime() -> Double {
  var now = timespec()
  _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec / 1_000_000) / 1000
}

/// CLOCK_REALTIME beside CLOCK_MONOTONIC. Their difference is kept while neither was set, so that an
/// event has the same time, to the millisecond, whenever it is asked for.
struct WallClock {
  /// Nanoseconds that they drift apart before the difference is taken again.
  private static let tolerance: Int64 = 5_000_000
  private var offset: Int64?

  /// The end of the present millisecond: on the monotonic clock, and in seconds since 1970.
  mutating func read() -> (instant: Instant, unixTime: Double) {
    var real = timespec()
    let monotonic = monotonicNow()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &real)
    return read(
      monotonic: monotonic, realtime: Int64(real.tv_sec) * 1_000_000_000 + Int64(real.tv_nsec))
  }

  /// The same for what the clocks say, in nanoseconds.
  mutating func read(
    monotonic: Instant, realtime: Int64
  ) -> (instant: Instant, unixTime: Double) {
    let present = realtime - monotonic.nanoseconds
    let known = offset.flatMap { abs($0 - present) <= Self.tolerance ? $0 : nil } ?? present
    offset = known
    let milliseconds = (monotonic.nanoseconds + known + 999_999) / 1_000_000
    return (
      Instant(nanoseconds: milliseconds * 1_000_000 - known), Double(milliseconds) / 1000
    )
  }
}

/// A random number from the kernel.
func randomNumber() throws(EdgeError) -> UInt64 {
  var bytes = [UInt8](repeating: 0, count: 8)
  let result = unsafe bytes.withUnsafeMutableBufferPointer {
    unsafe vpa_random($0.baseAddress, $0.count)
  }
  guard result == 0 else { throw EdgeError(operation: "get random bytes", errno: -result) }
  return bytes.reduce(0) { $0 << 8 | UInt64($1) }
}

/// A time (seconds since 1970) in the local time zone: `Sat Feb 14 2026 20:53:59 -0800`.
public func localTime(_ seconds: Double) -> String {
  var text = [CChar](repeating: 0, count: 64)
  let length = unsafe vpa_local_time(Int64(seconds), &text, text.count)
  return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
