import DequeModule

/// The probes of one SA set: which are out, which were lost, and what the answers say of the path.
///
/// Loss is computed, not recorded: a probe is lost when all that arrived until its deadline was read
/// and it is unanswered.
struct ProbeWindow: Hashable, Sendable {
  private struct Sent: Hashable {
    var sequence: UInt64
    var sentAt: Instant
    var deadline: Instant
    /// Whether it was answered outside the tunnel.
    var hasClearReply = false
    /// Whether it was given the time in which the agent did not run.
    var isExcused = false
  }

  /// What a reply meant.
  enum Verdict: Hashable {
    /// In time: the path carried it within this round trip.
    case alive(roundTrip: Duration)
    /// After its deadline; life, if it was sent after all that were answered before.
    case late(roundTrip: Duration, isLife: Bool)
    /// Not outstanding: a duplicate, or from before the window was emptied.
    case unknown
  }

  /// Consecutive probes lost since the last one that was answered.
  private(set) var consecutiveLosses = 0
  /// Signs of life in a row since the last loss: answers in time, intervals with traffic.
  private(set) var consecutiveReplies = 0
  /// Whether a probe of the present losing streak was answered outside the tunnel.
  private(set) var hasClearReply = false
  /// Numbers for status.
  private(set) var statistics = ProbeStatistics()
  /// Number of the next probe.
  private(set) var nextSequence: UInt64 = 1

  private var outstanding: Deque<Sent> = []
  private var recentlyLost: Deque<Sent> = []
  private var lastAnswered: UInt64 = 0
  /// Probes before this one no longer count as losses.
  private var countsFrom: UInt64 = 0
  private static let remembersLost = 256

  /// When the oldest probe that is out will count as lost.
  var nextDeadline: Instant? { outstanding.first?.deadline }

  /// Notes that a probe leaves now and gives its number.
  mutating func send(at now: Instant, timeout: Duration) -> UInt64 {
    let sequence = nextSequence
    nextSequence += 1
    let deadline = max(now.advanced(by: timeout), outstanding.last?.deadline ?? now)
    outstanding.append(Sent(sequence: sequence, sentAt: now, deadline: deadline))
    statistics.sent += 1
    return sequence
  }

  /// Takes back a probe that the kernel did not send: it is no evidence of loss.
  mutating func takeBack(_ sequence: UInt64) {
    guard let index = outstanding.firstIndex(where: { $0.sequence == sequence }) else { return }
    outstanding.remove(at: index)
    statistics.sent -= 1
    statistics.notSent += 1
  }

  /// Counts the probes whose deadline has passed. Returns how many, those that were answered outside
  /// the tunnel by themselves. One that lived through a pause of the agent's own is given that time,
  /// once: an agent that never runs on time must still find a dead path.
  ///
  /// - Parameters:
  ///   - drained: replies that arrived until then have been taken.
  ///   - pause: the last time in which the agent did not run.
  @discardableResult
  mutating func expire(
    drained: Instant, after pause: Pause? = nil
  ) -> (lost: UInt64, clear: UInt64) {
    var expired: (lost: UInt64, clear: UInt64) = (0, 0)
    while let first = outstanding.first, first.deadline <= drained {
      if let lived = pause?.lived(since: first.sentAt), !first.isExcused {
        outstanding[0].isExcused = true
        outstanding[0].deadline = first.deadline.advanced(by: lived)
        continue
      }
      outstanding.removeFirst()
      if first.hasClearReply { expired.clear += 1 } else { expired.lost += 1 }
      recentlyLost.append(first)
      if recentlyLost.count > Self.remembersLost { recentlyLost.removeFirst() }
      statistics.note(nil, of: first.sequence)
      // One that was sent before the last answered one says nothing of how it is since.
      guard first.sequence > lastAnswered, first.sequence >= countsFrom else { continue }
      consecutiveReplies = 0
      consecutiveLosses += 1
    }
    return expired
  }

  /// Takes an authentic reply that came through the tunnel.
  mutating func receive(_ sequence: UInt64, at arrival: Instant) -> Verdict {
    if let index = outstanding.firstIndex(where: { $0.sequence == sequence }) {
      let probe = outstanding.remove(at: index)
      let roundTrip = max(probe.sentAt.duration(to: arrival), .zero)
      statistics.note(roundTrip, of: sequence)
      noteAnswered(sequence)
      return .alive(roundTrip: roundTrip)
    }
    guard let index = recentlyLost.firstIndex(where: { $0.sequence == sequence }) else {
      return .unknown
    }
    let roundTrip = max(recentlyLost.remove(at: index).sentAt.duration(to: arrival), .zero)
    statistics.healLoss(of: sequence, by: roundTrip)
    let isLife = sequence > lastAnswered
    if isLife { noteAnswered(sequence) }
    return .late(roundTrip: roundTrip, isLife: isLife)
  }

  private mutating func noteAnswered(_ sequence: UInt64) {
    lastAnswered = max(lastAnswered, sequence)
    consecutiveLosses = 0
    consecutiveReplies += 1
    hasClearReply = false
  }

  /// Takes an authentic reply that came outside the tunnel. It is no sign of life.
  /// Returns whether the probe was one of ours that still waited.
  mutating func receiveInClear(_ sequence: UInt64) -> Bool {
    guard let index = outstanding.firstIndex(where: { $0.sequence == sequence }) else {
      return false
    }
    outstanding[index].hasClearReply = true
    statistics.clearReplies += 1
    hasClearReply = true
    return true
  }

  /// Something else proved that the path carries packets: what is out so far no longer counts
  /// towards the threshold.
  mutating func noteLife() {
    lastAnswered = nextSequence - 1
    consecutiveLosses = 0
    consecutiveReplies += 1
    hasClearReply = false
  }

  /// Forgets the probes that are out, because what they were sent through is gone.
  mutating func forgetOutstanding() {
    statistics.sent -= UInt64(outstanding.count)
    statistics.notSent += UInt64(outstanding.count)
    outstanding.removeAll()
  }

  /// Starts the count anew; statistics and numbering go on.
  mutating func restart() {
    forgetOutstanding()
    recentlyLost.removeAll()
    recount()
  }

  /// Likewise, while the SAs are still there: what was lost, or is out, counts no longer, and its
  /// answer is life all the same, however late it comes.
  mutating func recount() {
    countsFrom = nextSequence
    consecutiveLosses = 0
    consecutiveReplies = 0
    hasClearReply = false
  }

  /// Other timers apply from now on. A probe that is out may take as long as a new one, counted from
  /// its sending where that is later than the deadline it had, else from now at most; and what was
  /// lost so far leaves one loss to the threshold: settings alone do not make a path dead.
  mutating func adjust(timeout: Duration, threshold: Int, at now: Instant) {
    for index in outstanding.indices {
      let probe = outstanding[index]
      outstanding[index].deadline = max(
        min(probe.deadline, now.advanced(by: timeout)), probe.sentAt.advanced(by: timeout))
    }
    consecutiveLosses = min(consecutiveLosses, threshold - 1)
  }

  /// Replies take longer than it was known: probes that are out may take as long as a new one.
  mutating func allow(_ timeout: Duration) {
    for index in outstanding.indices {
      let probe = outstanding[index]
      outstanding[index].deadline = max(probe.deadline, probe.sentAt.advanced(by: timeout))
    }
  }
}

/// Counts and times of one SA set's probes.
public struct ProbeStatistics: Hashable, Sendable {
  /// Probes that left.
  public internal(set) var sent: UInt64 = 0
  /// Probes that could not be sent, or whose SA vanished under them.
  public internal(set) var notSent: UInt64 = 0
  /// Probes answered through the tunnel, late ones included.
  public private(set) var received: UInt64 = 0
  /// Probes unanswered at their deadline and since.
  public private(set) var lost: UInt64 = 0
  /// Authentic replies that came outside the tunnel.
  public internal(set) var clearReplies: UInt64 = 0
  /// Round trip of the last reply.
  public private(set) var lastRTT: Duration?
  /// Smoothed round trip (RFC 6298 section 2: alpha 1/8).
  public private(set) var smoothedRTT: Duration?
  /// Smoothed deviation of the round trip (RFC 6298 section 2: beta 1/4).
  public private(set) var jitter: Duration?
  /// What came of a probe; eight bytes, since each set has 64 of them.
  private struct Outcome: Hashable, Sendable {
    private static let never = UInt32.max
    /// The low bits of its number: enough to tell 64 of them apart.
    let sequence: UInt32
    /// Its round trip in microseconds, at most about an hour.
    private var microseconds = never

    var isLost: Bool { microseconds == Self.never }
    var milliseconds: UInt32? { isLost ? nil : microseconds / 1000 }

    init(of sequence: UInt64, _ roundTrip: Duration?) {
      self.sequence = UInt32(truncatingIfNeeded: sequence)
      if let roundTrip { heal(by: roundTrip) }
    }

    mutating func heal(by roundTrip: Duration) {
      microseconds = min(UInt32(clamping: roundTrip.nanoseconds / 1000), Self.never - 1)
    }
  }
  private static let remembers = 64
  /// The last probes that were decided, oldest first.
  private var recent: Deque<Outcome> = []

  /// Share of the last probes that were lost, 0...1; nil before the first was decided.
  public var recentLoss: Double? {
    recent.isEmpty
      ? nil : Double(recent.count(where: \.isLost)) / Double(recent.count)
  }

  /// The last 32 probes that were decided, oldest first, a character each: `x` lost; a digit
  /// answered: 0 in less than 1 ms, each further one twice that, 9 in 256 ms and more.
  public var history: String {
    String(recent.suffix(32).map { $0.milliseconds.map(Self.digit) ?? "x" })
  }

  private static func digit(_ milliseconds: UInt32) -> Character {
    Character("\(min(UInt32.bitWidth - milliseconds.leadingZeroBitCount, 9))")
  }

  /// A probe was answered, or (nil) lost.
  mutating func note(_ roundTrip: Duration?, of sequence: UInt64) {
    if let roundTrip {
      received += 1
      note(roundTrip: roundTrip)
    } else {
      lost += 1
    }
    if recent.count == Self.remembers { recent.removeFirst() }
    recent.append(Outcome(of: sequence, roundTrip))
  }

  /// One that counted as lost was answered after all.
  mutating func healLoss(of sequence: UInt64, by roundTrip: Duration) {
    lost -= 1
    received += 1
    note(roundTrip: roundTrip)
    let low = UInt32(truncatingIfNeeded: sequence)
    if let index = recent.lastIndex(where: { $0.sequence == low }) {
      recent[index].heal(by: roundTrip)
    }
  }

  private mutating func note(roundTrip: Duration) {
    lastRTT = roundTrip
    guard let smoothed = smoothedRTT, let deviation = jitter else {
      smoothedRTT = roundTrip
      jitter = roundTrip / 2
      return
    }
    let error = roundTrip - smoothed
    smoothedRTT = smoothed + error / 8
    jitter = deviation + ((error < .zero ? .zero - error : error) - deviation) / 4
  }
}
