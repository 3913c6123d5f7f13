/// How many durations fell below each of some bounds. It only grows.
struct Histogram: Hashable, Sendable {
  /// Round trips: from within a rack to a satellite and a modem.
  static let roundTrips = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
    .map { Int64($0 * 1_000_000) }
  /// How late the agent was: it counts as stalled from 0.1 s.
  static let lateness = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000]
    .map { $0 * Int64(1_000_000) }

  /// Upper bounds in nanoseconds, inclusive, rising.
  let bounds: [Int64]
  /// Durations up to the bound at the same index and above the one before; the last: above all.
  private(set) var counts: [UInt64]
  /// All durations added up, in nanoseconds.
  private(set) var sum: Int64 = 0

  /// - Parameter bounds: in nanoseconds.
  init(_ bounds: [Int64]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  mutating func note(_ duration: Duration) {
    let length = duration.nanoseconds
    counts[bounds.firstIndex { length <= $0 } ?? bounds.count] += 1
    sum &+= length
  }
}
