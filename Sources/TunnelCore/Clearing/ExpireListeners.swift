/// What is known of who listens to the kernel's EXPIRE: without VICI charon brings back by it what
/// is cleared (libreswan does not by itself: `Core.sayUnrestored`). The kernel is asked before each clear
/// of SAs that nobody else would restore.
struct ExpireListeners: Sendable {
  /// How long it lasts until that is looked at again.
  private static let pause = Duration.seconds(10)
  /// An answer to that question is good for so long: the question is asked before each clear.
  private static let age = Duration.seconds(1)

  /// Whether an IKE daemon listens; nil before that was read for the first time.
  var isHeard: Bool? { answer?.isHeard }

  private var answer: (isHeard: Bool, at: Instant)?
  /// When that was asked before a clear, the last time.
  private var askedAt: Instant?
  /// Sets whose clear waits for it.
  private var waiting: [MonitorID] = []
  /// Whether all tunnels are concerned by the next answer.
  private var isForAll = false
  /// Tunnels of which it was said that nobody can bring them back.
  private var saidOf: Set<TunnelID> = []

  /// What is in the way of clearing these sets. When that has to be read first they wait, and are to
  /// be asked of again as soon as it is known.
  mutating func obstacle(
    for sets: [MonitorID], at now: Instant, _ out: inout Outbox
  ) -> ClearPolicy.Decision? {
    guard let answer, answer.at.duration(to: now) < Self.age else {
      askedAt = now
      waiting += sets
      out.send(.sa(.readExpireListeners))
      return .wait(until: now.advanced(by: Self.pause))
    }
    return answer.isHeard ? nil : .unrestorable(until: now.advanced(by: Self.pause))
  }

  /// Whether the question about clearing a set was asked in this turn.
  func isAsking(about set: MonitorID, at now: Instant) -> Bool {
    askedAt == now && waiting.contains(set)
  }

  /// Somebody wants to know it of all tunnels: at start, say.
  mutating func askForAll(_ out: inout Outbox) {
    isForAll = true
    out.send(.sa(.readExpireListeners))
  }

  /// It was read. Returns the sets that wait for it, and whether all tunnels are to be looked at.
  mutating func wereRead(isHeard: Bool, at now: Instant) -> (waiting: [MonitorID], isForAll: Bool) {
    let isNews = isForAll || answer?.isHeard != isHeard
    answer = (isHeard, now)
    if isHeard { saidOf = [] }
    defer { (waiting, isForAll) = ([], false) }
    return (waiting, isNews)
  }

  /// Whether it is to be said now that nobody would bring a tunnel back: once.
  mutating func mustSay(of tunnel: TunnelID) -> Bool { saidOf.insert(tunnel).inserted }
}
