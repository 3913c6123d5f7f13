/// Attempts to get one tunnel renegotiated, by whatever means: its SAs are cleared, a child of the
/// IKE daemon's is terminated or initiated, `renegotiate-command` runs. One back-off is for all of
/// them, and what is done in one go is one attempt.
struct Attempts: Sendable {
  private var backoff: Backoff
  /// When the last one was made, and the next may be at the earliest; nil before the first.
  private(set) var lastAt: Instant?
  private(set) var nextAt: Instant?

  /// The shortest and the longest distance of attempts that good news bring about.
  private static let shortestNewsGap = Duration.seconds(5)
  private static let longestNewsGap = Duration.seconds(60)
  /// When good news last brought an attempt about, how long the next ones are not believed after it,
  /// and whether the wait under way was cut short by some.
  private var newsAt: Instant?
  private var newsGap = Duration.zero
  private var isHastened = false

  init(_ limits: Backoff.Limits) { backoff = Backoff(limits) }

  /// Those since the tunnel last recovered.
  var count: Int { backoff.attempts }
  /// The first wait of the next failure.
  var initialWait: Duration { backoff.limits.initial }

  /// One is made now; returns how long the next one waits.
  mutating func begin(at now: Instant, using random: inout SplitMix64) -> Duration {
    if isHastened {
      isHastened = false
      believeNews(at: now)
    }
    let wait = backoff.next(using: &random)
    (lastAt, nextAt) = (now, now.advanced(by: wait))
    return wait
  }

  /// Takes part in the last one while that is under way, else begins one. Returns when it was begun.
  mutating func join(at now: Instant, using random: inout SplitMix64) -> Instant? {
    if nextAt.map({ $0 <= now }) ?? true { _ = begin(at: now, using: &random) }
    return lastAt
  }

  /// When something that took part in the one begun at `joined` may be done again; nil: at once.
  func due(after joined: Instant?) -> Instant? { joined == lastAt ? nextAt : nil }

  /// Good news: the next one need not wait any longer. The first is believed at once; where a source
  /// flaps, attempts come no faster than with growing distances. Those made stay counted. Returns
  /// when what waits may go on, or nil when that is no earlier than before.
  mutating func hasten(at now: Instant) -> Instant? {
    if let last = newsAt, last.advanced(by: backoff.limits.maximum) <= now {
      (newsAt, newsGap) = (nil, .zero)
    }
    let due = max(now, newsAt?.advanced(by: newsGap) ?? now)
    guard let next = nextAt, next > now else {
      guard due <= now else { return nil }
      believeNews(at: now)
      return now
    }
    guard due < next else { return nil }
    nextAt = due
    isHastened = true
    return due
  }

  private mutating func believeNews(at now: Instant) {
    newsAt = now
    newsGap = min(max(newsGap * 2, initialWait, Self.shortestNewsGap), Self.longestNewsGap)
  }

  /// Other bounds apply from now on, also to the wait that is under way.
  mutating func adopt(_ limits: Backoff.Limits, at now: Instant) {
    backoff.limits = limits
    nextAt = nextAt.map { min($0, now.advanced(by: limits.maximum)) }
  }

  /// The tunnel has recovered.
  mutating func succeed() {
    backoff.reset()
    isHastened = false
    (lastAt, nextAt) = (nil, nil)
  }
}
