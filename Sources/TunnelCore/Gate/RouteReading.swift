/// When the kernel's routes are dumped again: at once when something calls for it, but never by a
/// dump that was just read. One that leaves questions open, or fails, is followed by the next after
/// a pause that doubles; the pause begins anew with a dump that answers everything.
struct RouteReading: Sendable {
  /// The least time from one dump to the next, and the longest pause.
  static let limits = (shortest: Duration.milliseconds(100), longest: Duration.seconds(60))

  private var pause = limits.shortest
  private var readAt: Instant?
  /// What the kernel said when it last refused; nil when it answered since.
  private(set) var failure: String?

  /// When a dump that is needed now may be asked for.
  func due(at now: Instant) -> Instant {
    readAt.map { max(now, $0.advanced(by: pause)) } ?? now
  }

  mutating func asked(at now: Instant) { readAt = now }

  /// A dump was read. `isUnsettled`: another one is needed to understand it.
  mutating func read(isUnsettled: Bool, at now: Instant) {
    finish(succeeded: !isUnsettled, at: now)
    failure = nil
  }

  mutating func failed(_ message: String, at now: Instant) {
    finish(succeeded: false, at: now)
    failure = message
  }

  private mutating func finish(succeeded: Bool, at now: Instant) {
    pause = succeeded ? Self.limits.shortest : min(pause * 2, Self.limits.longest)
    readAt = now
  }
}
