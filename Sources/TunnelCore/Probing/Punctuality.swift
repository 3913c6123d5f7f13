import DequeModule

/// Whether the agent runs when it has to, and how much wider it spreads its probes when it does not.
///
/// Two things go wrong. A host that gives it too little CPU time stops it for moments: *stalls*. And
/// more probes may be due than it can send: then they leave late, round after round, and intervals
/// are stretched until they leave on time.
struct Punctuality: Hashable, Sendable {
  /// What there is to be said.
  enum Change: Hashable {
    /// Intervals are stretched from now on.
    case stretched
    /// They are as configured again.
    case relaxed
  }

  /// A late call beyond this means that the agent itself did not run.
  static let tolerance = Duration.milliseconds(100)

  private struct Stall: Hashable {
    var at: Instant
    var length: Duration
  }

  /// How far back stalls are remembered.
  static let memory = Duration.seconds(60)
  /// So many stalls within that time are warned of.
  static let warnedFrom = 5
  private static let mostStalls = 1024
  private static let round = Duration.seconds(1)
  private static let growth = 1.5
  private static let most = 64.0

  /// When the core was called the last time.
  private var calledAt: Instant?
  /// Replies that arrived until then have been taken.
  private(set) var drainedAt: Instant?
  /// The last time in which the agent did not run.
  private(set) var lastPause: Pause?
  /// What intervals are multiplied by: 1...64.
  private(set) var stretch = 1.0
  private var stalls: Deque<Stall> = []
  private var isWarned = false
  private var roundEnd: Instant?
  private var (sent, late) = (0, 0)
  /// Rounds in a row in which most probes left late.
  private var badRounds = 0

  // MARK: Stalls

  /// The core is called: was that late?
  mutating func noteCall(at now: Instant, _ out: inout Outbox) {
    defer { calledAt = now }
    guard let due = out.nextDeadline, let last = calledAt else { return }
    let pause = Pause(from: max(due, last), to: now)
    guard let length = pause.lived(since: pause.from), length > Self.tolerance else { return }
    lastPause = pause
    out.counters.stalls += 1
    out.counters.lateness.note(length)
    out.log(.debug, "-", "the agent did not run for \(length)")
    guard noteStall(length, at: now) else { return }
    out.log(
      .warning, "-",
      "the agent gets too little CPU time: \(Self.warnedFrom) stalls within a minute, the last one of "
        + "\(length.nanoseconds / 1_000_000) ms; dead paths are found later than configured")
  }

  /// All that had arrived until then was read.
  mutating func noteDrained(_ instant: Instant) { drainedAt = max(drainedAt ?? instant, instant) }

  /// The agent did not run for so long. Returns whether that is to be warned of: once, until there
  /// was a minute without a stall.
  mutating func noteStall(_ length: Duration, at now: Instant) -> Bool {
    forget(at: now)
    if stalls.isEmpty { isWarned = false }
    stalls.append(Stall(at: now, length: length))
    if stalls.count > Self.mostStalls { stalls.removeFirst() }
    guard stalls.count >= Self.warnedFrom, !isWarned else { return false }
    isWarned = true
    return true
  }

  /// Stalls of the last minute, and the longest of them.
  func recentStalls(at now: Instant) -> (count: Int, longest: Duration) {
    let recent = stalls.filter { $0.at.duration(to: now) <= Self.memory }
    return (recent.count, recent.map(\.length).max() ?? .zero)
  }

  private mutating func forget(at now: Instant) {
    while let first = stalls.first, first.at.duration(to: now) > Self.memory {
      stalls.removeFirst()
    }
  }

  // MARK: Late probes

  /// The time between two probes of a set, as it is at present.
  func pace(_ interval: Duration) -> Duration { Self.pace(interval, stretch) }

  static func pace(_ interval: Duration, _ stretch: Double) -> Duration {
    stretch == 1 ? interval : interval * stretch
  }

  /// A probe that was due then is sent now.
  mutating func probeIsSent(
    due: Instant, pace: Duration, at now: Instant, _ out: inout Outbox
  ) {
    let lateness = due.duration(to: now)
    out.counters.lateness.note(lateness)
    switch noteProbe(lateness: lateness, interval: pace, at: now) {
    case .stretched:
      out.log(
        .warning, "-",
        "probes are sent late: too many are due for the CPU time that the agent gets. They are "
          + "spread wider than configured, and dead paths are found later")
    case .relaxed:
      out.log(.info, "-", "probes are sent on time again, at the configured intervals")
    case nil: break
    }
  }

  /// A probe leaves, so long after it was due, one each `interval` as it is stretched.
  mutating func noteProbe(lateness: Duration, interval: Duration, at now: Instant) -> Change? {
    var change: Change?
    if let end = roundEnd, end <= now { change = endRound() }
    if roundEnd.map({ $0 <= now }) ?? true {
      roundEnd = now.advanced(by: Self.round)
      (sent, late) = (0, 0)
    }
    sent += 1
    if lateness * 2 > interval { late += 1 }
    return change
  }

  private mutating func endRound() -> Change? {
    badRounds = late * 2 > sent ? badRounds + 1 : 0
    if badRounds >= 2 {
      let wasOnTime = stretch == 1
      stretch = min(stretch * Self.growth, Self.most)
      return wasOnTime ? .stretched : nil
    }
    guard late == 0, stretch > 1 else { return nil }
    stretch = max(1, stretch / 1.1)
    return stretch == 1 ? .relaxed : nil
  }
}
