/// How many durations fell below each of some bounds. It only grows.
struct Histogram: Hashable, Sendable {
  /// Round trips: from within a rack to a satellite and a modem.
  static let roundTrips = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
    .map { Duration.microseconds(Int64($0 * 1000)) }
  /// How late the agent was: it counts as stalled from 0.1 s.
  static let lateness = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000]
    .map { Duration.milliseconds($0) }

  /// Upper bounds, inclusive, rising.
  let bounds: [Duration]
  /// Durations up to the bound at the same index and above the one before; the last: above all.
  private(set) var counts: [UInt64]
  /// All durations added up.
  private(set) var sum = Duration.zero

  init(_ bounds: [Duration]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  mutating func note(_ duration: Duration) {
    counts[bounds.firstIndex { duration <= $0 } ?? bounds.count] += 1
    sum += duration
  }
}
