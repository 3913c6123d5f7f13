/// What comes of an event: effects, in their order, deadlines, and what is
/// counted and noted; and where jitter comes from.
///
/// A component writes into it and into its own state, and nowhere else.
struct Outbox: Sendable {
  private(set) var effects: [Effect] = []
  private var last: [Effect] = []
  var timers = Timers<TimerOwner>()
  var setTimers = SetTimers()
  var random: SplitMix64
  /// What happened to the tunnels, for the operator.
  var journal = TunnelEvents()
  /// What monitoring systems count.
  var counters = Counters()

  init(seed: UInt64) { random = SplitMix64(state: seed) }

  /// The earliest deadline of all.
  var nextDeadline: Instant? { timers.next.orEarlier(setTimers.next) }

  /// Whether a set's deadline comes before every other: none waits for ever because others are many.
  var isSetFirst: Bool {
    guard let set = setTimers.next else { return false }
    return timers.next.map { set < $0 } ?? true
  }

  /// Another event begins.
  mutating func begin() { effects.removeAll(keepingCapacity: true) }

  /// Adds what the edge is to do.
  mutating func send(_ effect: Effect) { effects.append(effect) }

  /// Adds what comes after all else of this event: counters are read when the probes that were noted
  /// have left.
  mutating func sendLast(_ effect: Effect) { last.append(effect) }

  /// The event was handled.
  mutating func end() {
    guard !last.isEmpty else { return }
    effects += last
    last.removeAll(keepingCapacity: true)
  }

  /// Gives the effects away, for room that the next event's take.
  mutating func exchange(_ room: inout [Effect]) { swap(&effects, &room) }

  mutating func log(_ level: LogLevel, _ tunnel: String, _ text: String) {
    send(.tell(.log(level, tunnel: tunnel, text)))
  }
}
