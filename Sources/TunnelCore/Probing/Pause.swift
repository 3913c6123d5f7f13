/// A time in which the agent itself did not run.
struct Pause: Hashable, Sendable {
  /// When it had to run.
  var from: Instant
  /// When it did.
  var to: Instant

  /// How much of it lies behind this moment; nil when nothing does.
  func lived(since instant: Instant) -> Duration? {
    let lived = max(from, instant).duration(to: to)
    return lived > .zero ? lived : nil
  }
}
