/// Finds the largest packet that passes a set's path, where routers drop larger ones and do not
/// say so (RFC 2923, 2.1: a black hole).
///
/// A trial is two probes at once, one of the size in question, which nobody may fragment, and a
/// small one beside it. Only a trial whose small probe was answered and whose large one was not
/// tells that the size does not pass; it takes `tries` of them in a row, so that ordinary loss is
/// not taken for a limit. What the kernel itself knows to be too long is no loss: it tells the
/// hosts.
///
/// Sizes are bytes of the whole inner packet, IP header included. Once a round, trials begin with
/// the full size; as long as it passes that is all.
struct PathMTU: Hashable, Sendable {
  /// What is known of the path.
  enum Finding: Hashable {
    case unknown
    /// Packets of this size, the largest that may be sent, pass.
    case full(Int)
    /// Packets up to `to` pass, others up to `of` vanish.
    case reduced(to: Int, of: Int)
  }

  /// What holds for a trial.
  struct Terms: Hashable {
    /// The largest packet that may be sent.
    var full: Int
    /// Size of the small probe beside it.
    var small: Int
    /// How long a reply may take.
    var timeout: Duration
    /// Time between rounds.
    var pause: Duration
  }

  /// The two probes of a trial.
  struct Probes: Hashable {
    /// Size and number of the large one.
    var size: Int
    var large: UInt64
    /// Number of the small one.
    var small: UInt64
  }

  private enum Step: Hashable {
    case full
    /// It was reduced: does one byte more pass by now?
    case above(Int)
    /// Does what passed still pass?
    case at(Int)
    case between(passes: Int, vanishes: Int)
  }

  private struct Trial: Hashable {
    var size: Int
    var number: UInt64
    var terms: Terms
    var sentAt: Instant
    var deadline: Instant
    var isSmallAnswered = false
    /// Whether it was given the time in which the agent did not run.
    var isExcused = false
  }

  /// Trials in a row that must fail before a size counts as too large.
  static let tries = 3
  /// Set in the sequence of each of these probes: they are none of vpn-monitor's. The highest bit that
  /// a payload carries.
  static let mark: UInt64 = 1 << 31

  private(set) var finding = Finding.unknown
  private var step = Step.full
  private var failures = 0
  private var trial: Trial?
  private var lastNumber: UInt64 = 0
  /// What the kernel takes at most, as it said in this round.
  private var kernelLimit: Int?
  /// The full size of this round.
  private var ceiling = 0
  /// When the next trial is due; nil: as soon as one may be made.
  private var nextTrial: Instant?

  /// Whether a probe's number is one of these.
  static func owns(_ sequence: UInt64) -> Bool { sequence & mark != 0 }
  private static func number(_ sequence: UInt64) -> UInt64 { (sequence & ~mark) >> 1 }

  /// When it wants to be asked again; nil while it waits for a healthy path.
  var deadline: Instant? { trial?.deadline ?? nextTrial }

  /// Whether there is something to do now.
  func isDue(at now: Instant) -> Bool { deadline.map { $0 <= now } ?? true }

  /// When a reply that is waited for will be late.
  var replyDeadline: Instant? { trial?.deadline }

  /// Judges the trial whose time is over. Returns whether the finding is another by now.
  ///
  /// - Parameters:
  ///   - drained: replies that arrived until then have been taken.
  ///   - pause: the last time in which the agent did not run.
  mutating func expire(drained: Instant, after pause: Pause?, at now: Instant) -> Bool {
    guard let trial, trial.deadline <= drained else { return false }
    if let lived = pause?.lived(since: trial.sentAt), !trial.isExcused {
      self.trial?.isExcused = true
      self.trial?.deadline = trial.deadline.advanced(by: lived)
      return expire(drained: drained, after: pause, at: now)
    }
    self.trial = nil
    guard trial.isSmallAnswered else {
      nextTrial = now.advanced(by: trial.terms.pause)
      return false
    }
    nextTrial = now
    return failed(trial, at: now)
  }

  /// Begins a trial, if one is due. Small ones must have been answered of late.
  mutating func begin(_ terms: Terms, at now: Instant) -> Probes? {
    guard trial == nil, isDue(at: now) else { return nil }
    let size = nextSize(terms)
    guard size > terms.small else {
      rest(terms, at: now)
      return nil
    }
    lastNumber += 1
    trial = Trial(
      size: size, number: lastNumber, terms: terms, sentAt: now,
      deadline: now.advanced(by: terms.timeout))
    return Probes(
      size: size, large: Self.mark | lastNumber << 1, small: Self.mark | lastNumber << 1 | 1)
  }

  private mutating func nextSize(_ terms: Terms) -> Int {
    let full = min(terms.full, kernelLimit ?? terms.full)
    // Nothing is known of a path whose full size has become another meanwhile.
    if full < ceiling, step != .full { startRound() }
    switch step {
    case .full:
      ceiling = full
      return full
    case .above(let size), .at(let size): return size
    case .between(let passes, let vanishes): return (passes + vanishes) / 2
    }
  }

  // MARK: What became of the probes

  /// Takes an authentic reply that came through the tunnel. Returns whether the finding is another
  /// by now.
  mutating func receive(_ sequence: UInt64, at now: Instant) -> Bool {
    guard let trial, Self.number(sequence) == trial.number else { return false }
    if sequence & 1 == 1 {
      self.trial?.isSmallAnswered = true
      return false
    }
    self.trial = nil
    nextTrial = now
    failures = 0
    return passed(trial, at: now)
  }

  /// The kernel did not take a probe, because packets of the way have this many bytes at most, or
  /// (nil) for a reason that says nothing of the path.
  mutating func refused(_ sequence: UInt64, limit: Int?, at now: Instant) {
    guard let trial, Self.number(sequence) == trial.number else { return }
    self.trial = nil
    guard let limit, limit < trial.size else {
      nextTrial = now.advanced(by: trial.terms.pause)
      return
    }
    startRound()
    kernelLimit = limit
    nextTrial = now
  }

  private mutating func passed(_ trial: Trial, at now: Instant) -> Bool {
    switch step {
    case .full:
      let before = finding
      finding = .full(trial.size)
      rest(trial.terms, at: now)
      if case .reduced = before { return true }
      return false
    case .above: return narrow(passes: trial.size, vanishes: ceiling, trial.terms, at: now)
    case .at:
      rest(trial.terms, at: now)
      return false
    case .between(_, let vanishes):
      return narrow(passes: trial.size, vanishes: vanishes, trial.terms, at: now)
    }
  }

  private mutating func failed(_ trial: Trial, at now: Instant) -> Bool {
    failures += 1
    switch step {
    case .full:
      if case .reduced(let size, _) = finding, size < trial.size {
        advance(to: size + 1 < trial.size ? .above(size + 1) : .at(size))
        return false
      }
    case .above(let size):
      advance(to: .at(size - 1))
      return false
    case .at, .between: break
    }
    guard failures >= Self.tries else { return false }
    if case .between(let passes, _) = step {
      return narrow(passes: passes, vanishes: trial.size, trial.terms, at: now)
    }
    return narrow(passes: trial.terms.small, vanishes: trial.size, trial.terms, at: now)
  }

  private mutating func narrow(
    passes: Int, vanishes: Int, _ terms: Terms, at now: Instant
  ) -> Bool {
    guard vanishes - passes <= 1 else {
      advance(to: .between(passes: passes, vanishes: vanishes))
      return false
    }
    let before = finding
    finding = .reduced(to: passes, of: ceiling)
    rest(terms, at: now)
    if case .reduced(let size, _) = before { return size != passes }
    return true
  }

  private mutating func advance(to next: Step) {
    step = next
    failures = 0
  }

  private mutating func startRound() {
    advance(to: .full)
    kernelLimit = nil
  }

  private mutating func rest(_ terms: Terms, at now: Instant) {
    startRound()
    nextTrial = now.advanced(by: terms.pause)
  }

  // MARK: Interruptions

  /// The path is not healthy just now: no trial begins before it is.
  mutating func wait() {
    trial = nil
    nextTrial = nil
  }

  /// The path is another by now, or gone: what was found is to be looked at anew.
  mutating func reconsider() {
    wait()
    startRound()
  }
}
