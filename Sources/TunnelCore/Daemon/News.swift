/// Good news that were heard and are to be passed on (`Core+GoodNews`): events that come together are
/// one piece of news.
struct News: Sendable {
  /// An address, its subnet and the default route come one after another.
  private static let delay = Duration.milliseconds(300)

  /// Of all peers.
  private(set) var underlay: String?
  private(set) var peers: [IPAddress: String] = [:]
  private(set) var connections: Set<String> = []
  /// Whether connections were listed before in this run.
  private var hasConnections = false

  /// The host can reach more than before.
  mutating func hearUnderlay(_ what: String, at now: Instant, _ out: inout Outbox) {
    underlay = underlay ?? what
    passOnSoon(at: now, &out)
  }

  /// A peer gives a sign of life.
  mutating func hear(_ peer: IPAddress, _ what: String, at now: Instant, _ out: inout Outbox) {
    peers[peer] = what
    passOnSoon(at: now, &out)
  }

  private func passOnSoon(at now: Instant, _ out: inout Outbox) {
    guard out.timers.deadline(of: .news) == nil else { return }
    out.timers.set(.news, to: now.advanced(by: Self.delay))
  }

  /// The daemon's connections: those that are new or others are news, and all of them are when the
  /// daemon is. The first list of this run is none: nothing has failed yet.
  mutating func hear(
    _ list: [IKEConnection], insteadOf old: [IKEConnection]?, at now: Instant, _ out: inout Outbox
  ) {
    defer { hasConnections = true }
    guard hasConnections else { return }
    let known = Dictionary((old ?? []).map { ($0.name, $0) }) { first, _ in first }
    let changed = list.filter { known[$0.name] != $0 }
    guard !changed.isEmpty else { return }
    connections.formUnion(changed.map(\.name))
    out.timers.set(.news, to: now)
  }

  /// All that was heard, which is passed on now.
  mutating func takeAll() -> News {
    defer { (underlay, peers, connections) = (nil, [:], []) }
    return self
  }
}
