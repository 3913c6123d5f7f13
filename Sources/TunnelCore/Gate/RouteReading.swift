/// When the kernel's routes are dumped again: at once when something calls for it, but never by a
/// dump that was just read. One that leaves questions open, or fails, is followed by the next after
/// a pause that doubles; the pause begins anew with a dump that answers everything.
struct RouteReading: Sendable {
  /// The least time from one dump to the next, and the longest pause.
  static let limits = (shortest: Duration.milliseconds(100), longest: Duration.seconds(60))

  /// The loop rests so many times as long as a dump took.
  private static let restsPerDump = 4

  private var pause = limits.shortest
  private var readAt: Instant?
  /// When the dump that was read last, or is being read, was asked for.
  private var askedAt: Instant?
  /// Whether routes are to be dumped once all steps are taken: a dump from before them would show
  /// what they have changed.
  private var isWanted = false
  /// What the kernel said when it last refused; nil when it answered since.
  private(set) var failure: String?

  /// Something calls for a dump.
  mutating func want() { isWanted = true }

  /// Asks for a dump when one is needed and the last one is long enough ago; else a timer does.
  /// Returns whether it is asked for now.
  mutating func ask(at now: Instant, _ out: inout Outbox) -> Bool {
    guard isWanted else { return false }
    let due = readAt.map { max(now, $0.advanced(by: pause)) } ?? now
    guard due <= now else {
      out.timers.set(.routes, to: due)
      return false
    }
    isWanted = false
    (readAt, askedAt) = (now, now)
    out.timers.set(.routes, to: nil)
    out.send(.gate(.readRoutes))
    return true
  }

  /// A dump was read. `isUnsettled`: another one is needed to understand it.
  mutating func read(isUnsettled: Bool, at now: Instant, _ out: inout Outbox) {
    if let failure {
      out.log(.info, "-", "the kernel's routes can be read again (was: \(failure))")
    }
    finish(succeeded: !isUnsettled, at: now)
    failure = nil
  }

  mutating func failed(_ message: String, at now: Instant, _ out: inout Outbox) {
    if failure == nil {
      out.log(.warning, "-", "cannot read the kernel's routes, trying again: \(message)")
    }
    finish(succeeded: false, at: now)
    failure = message
    isWanted = true
  }

  private mutating func finish(succeeded: Bool, at now: Instant) {
    pause = succeeded ? Self.limits.shortest : min(pause * 2, Self.limits.longest)
    // With a full table one takes seconds, in which nothing else is done.
    let rest = askedAt.map { $0.duration(to: now) * Self.restsPerDump } ?? .zero
    readAt = now
    pause = max(pause, rest)
  }
}
