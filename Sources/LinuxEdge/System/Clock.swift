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
