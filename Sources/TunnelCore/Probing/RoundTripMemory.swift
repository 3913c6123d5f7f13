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
  /// What a probe is given at least for it.
  private var atLeast = Duration.zero

  /// A reply came, in time or late.
  mutating func note(_ roundTrip: Duration) {
    let sample = min(max(roundTrip, .zero), Self.longest)
    let present =
      if let known = smoothed, sample < known { known + (sample - known) / 8 } else { sample }
    smoothed = present
    atLeast = present * Self.patience
  }

  /// How long a probe may take: `configured`, but never under three smoothed round trips.
  func timeout(atLeast configured: Duration) -> Duration {
    configured < atLeast ? atLeast : configured
  }

  /// Whether replies come later than `own`, what the configuration waits. Half of it is well below: a
  /// path at its edge does not flap.
  func isDegraded(_ own: Duration, was wasDegraded: Bool) -> Bool {
    guard let smoothed else { return false }
    return wasDegraded ? smoothed * 2 >= own : own < smoothed
  }
}
