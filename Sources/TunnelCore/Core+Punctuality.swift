/// Whether the agent runs when it has to. Time during which it did not is no evidence of loss, and
/// what it cannot send in time it sends less often.
extension Core {
  /// Looks at how late this call is.
  ///
  /// - Parameter last: when the core was called the last time.
  mutating func noteStall(after last: Instant?, at now: Instant) {
    guard let due = out.timers.next, let last else { return }
    let pause = Pause(from: max(due, last), to: now)
    guard let length = pause.lived(since: pause.from), length > Self.stallTolerance else { return }
    lastPause = pause
    counters.stalls += 1
    counters.lateness.note(length)
    log(.debug, "-", "the agent did not run for \(length)")
    guard punctuality.noteStall(length, at: now) else { return }
    log(
      .warning, "-",
      "the agent gets too little CPU time: \(Punctuality.warnedFrom) stalls within a minute, the last "
        + "one of \(Self.milliseconds(length)) ms; dead paths are found later than configured")
  }

  /// The time between two probes of a set, as it is at present.
  func pace(of policy: Monitor) -> Duration {
    punctuality.stretch == 1 ? policy.interval : policy.interval * punctuality.stretch
  }

  /// A probe that was due then is sent now.
  mutating func noteLateness(of due: Instant, _ policy: Monitor, at now: Instant) {
    let lateness = due.duration(to: now)
    counters.lateness.note(lateness)
    let interval = pace(of: policy)
    switch punctuality.noteProbe(lateness: lateness, interval: interval, at: now) {
    case .stretched:
      log(
        .warning, "-",
        "probes leave late: too many are due for the CPU time that the agent gets. They are spread "
          + "wider than configured, and dead paths are found later")
    case .relaxed: log(.info, "-", "probes leave on time again, at the configured intervals")
    case nil: break
    }
  }

  /// How the agent keeps up; nil while there is nothing to say.
  public func load(at now: Instant) -> LoadStatus? {
    let (count, longest) = punctuality.recentStalls(at: now)
    guard count >= Punctuality.warnedFrom || punctuality.stretch > 1 else { return nil }
    return LoadStatus(
      stalls: count, longestStall: longest.inSeconds, intervalStretch: punctuality.stretch)
  }

  private static func milliseconds(_ duration: Duration) -> Int64 {
    duration.nanoseconds / 1_000_000
  }
}
