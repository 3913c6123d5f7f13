/// What comes of an event: effects, in their order, deadlines, and what is
/// counted and noted; and where jitter comes from.
///
/// A component writes into it and into its own state, and nowhere else.
struct Outbox: Sendable {
  private(set) var effects: [Effect] = []
  var timers = Timers<TimerOwner>()
  var random: SplitMix64
  /// What happened to the tunnels, for the operator.
  var journal = TunnelEvents()
  /// What monitoring systems count.
  var counters = Counters()

  init(seed: UInt64) { random = SplitMix64(state: seed) }

  /// Another event begins.
  mutating func begin() { effects.removeAll(keepingCapacity: true) }

  /// Adds what the edge is to do.
  mutating func send(_ effect: Effect) { effects.append(effect) }

  mutating func log(_ level: LogLevel, _ tunnel: String, _ text: String) {
    send(.tell(.log(level, tunnel: tunnel, text)))
  }
}
