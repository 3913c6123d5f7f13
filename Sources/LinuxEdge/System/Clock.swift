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
