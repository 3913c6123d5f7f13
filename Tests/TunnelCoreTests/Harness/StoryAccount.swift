/// A story's own account of what was dead, born and cleared, in its seconds.
struct StoryAccount {
  /// A believed child was lost and the agent has seen none come up since. What comes and is taken
  /// down between two lists it cannot know.
  var hasLoss = false
  /// ... nothing else carries packets, and nobody took the child down since.
  var mustComeBack = false
  /// Whether the agent may initiate because SAs were cleared.
  var hasCleared = false
  var bornAt: [UInt32: Double] = [:]
  /// When a child was whole for the last time before one went.
  var wholeAt = -100.0
  /// From when on a child's set stands for a proven path: what comes back within the grace of three
  /// seconds continues the one that went, until when no probe of that was lost.
  private var believedAt: [UInt32: Double] = [:]
  var attemptAt = -100.0
  var clearedByOperatorAt = -100.0
  /// Children that were there then.
  var clearedByOperator: Set<UInt32> = []
  /// Until when acts may follow of what a reload has forbidden.
  var clearableUntil = -100.0
  var detectedUntil = -100.0
  /// When something happened last that may hold a link for a while.
  var calmSince = 0.0
  private var clears: [Double] = []
  private var caps: [(at: Double, cap: Int)] = []
  private var path = Silence(unseen: 1.2)
  private var peer = Silence(unseen: 2.6)
  /// When the path was last dead for three probes, and the peer for three questions.
  private(set) var pathDeadAt = -100.0
  /// When the last of those probes is lost at the earliest.
  private(set) var pathFoundDeadAt = 0.0
  private(set) var peerDeadAt = -100.0

  /// Time in which nothing answered. What is alive for a moment nobody sees.
  private struct Silence {
    let unseen: Double
    var since: Double?
    private var before = 0.0
    private var revivedAt = -100.0
    /// Probes that an operator sent meanwhile, each in the place of a later one.
    var early = 0.0

    init(unseen: Double) { self.unseen = unseen }

    mutating func note(_ isAlive: Bool, at now: Double) {
      if isAlive, let since {
        (revivedAt, before) = (now, since)
        (self.since, early) = (nil, 0)
      } else if !isAlive, since == nil {
        since = now - revivedAt < unseen ? before : now
      }
    }
  }

  mutating func note(path isAlive: Bool, at now: Double) { path.note(isAlive, at: now) }
  mutating func note(peer isAlive: Bool, at now: Double) { peer.note(isAlive, at: now) }

  mutating func noteVerification() { path.early += 1 }

  /// Whether the path has been dead since before then.
  func isPathDead(since time: Double) -> Bool { path.since.map { $0 <= time } ?? false }

  /// Whether no probe was lost of a child's set before it, or of the one that it continues, went.
  func isBelieved(_ child: UInt32) -> Bool {
    !isPathDead(since: (believedAt[child] ?? -100) - 2.1)
  }

  /// - Parameter elders: children whose set it joins.
  mutating func noteBorn(_ child: UInt32, of elders: [UInt32], at now: Double) {
    let isBack = now - wholeAt < 3.05
    bornAt[child] = elders.compactMap { bornAt[$0] }.min() ?? now
    believedAt[child] = elders.compactMap { believedAt[$0] }.min() ?? (isBack ? wholeAt : now)
  }

  /// - Parameter timeout: what each of three probes has, which are a second apart.
  mutating func pass(to now: Double, timeout: Double) {
    if let since = path.since, since + 1.99 - path.early < now {
      pathDeadAt = now
      pathFoundDeadAt = since + 1.99 - path.early + timeout
    }
    // Three questions, two seconds each; the first may be out already.
    if let since = peer.since, since + 3.9 < now { peerDeadAt = now }
  }

  mutating func note(cap: Int, at now: Double) { caps.append((now, cap)) }

  /// A set is cleared; returns what that breaks.
  mutating func noteClear(at now: Double) -> String? {
    clears.append(now)
    let minute = clears.count { $0 > now - 59.999 }
    let inForce = caps.indices.filter { $0 + 1 == caps.count || caps[$0 + 1].at > now - 60 }
    let most = inForce.map { caps[$0].cap }.max() ?? 0
    return minute > most ? "\(minute) clears in a minute, at most \(most) are allowed" : nil
  }
}
