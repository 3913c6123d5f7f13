/// What comes of an event: effects, in their order, and deadlines; and where jitter comes from.
///
/// A component writes into it and into its own state, and nowhere else.
struct Outbox: Sendable {
  private(set) var effects: [Effect] = []
  var timers = Timers<Core.TimerOwner>()
  var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(state: seed) }

  /// Another event begins.
  mutating func begin() { effects.removeAll(keepingCapacity: true) }

  /// Adds what the edge is to do.
  mutating func send(_ effect: Effect) { effects.append(effect) }

  mutating func log(_ level: LogLevel, _ tunnel: String, _ text: String) {
    send(.log(level, tunnel: tunnel, text))
  }
}
