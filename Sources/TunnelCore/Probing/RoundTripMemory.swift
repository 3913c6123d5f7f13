/// How long the replies of a tunnel take: what a probe's timeout is made of. It is the tunnel's and
/// outlives its SAs, for the path is the same.
///
/// A rise is followed at once, since replies that are waited for too shortly look like losses; a fall
/// by an eighth of the difference each time (RFC 6298 section 2: alpha 1/8). What status and metrics show
/// is the set's: `ProbeStatistics.smoothedRTT`.
struct RoundTripMemory: Hashable, Sendable {
  /// So many round trips a probe is given at least.
  static let patience = 3
  /// Longer ones are taken for so much: silence must be found some day.
  private static let longest = Duration.seconds(10)

  /// The smoothed round trip; nil before the first reply.
  private(set) var smoothed: Duration?

  /// A reply came, in time or late.
  mutating func note(_ roundTrip: Duration) {
    let sample = min(max(roundTrip, .zero), Self.longest)
    guard let known = smoothed, sample < known else {
      smoothed = sample
      return
    }
    smoothed = known + (sample - known) / 8
  }

  /// How long a probe may take: `configured`, but never under three smoothed round trips.
  func timeout(atLeast configured: Duration) -> Duration {
    smoothed.map { max(configured, $0 * Self.patience) } ?? configured
  }
}
