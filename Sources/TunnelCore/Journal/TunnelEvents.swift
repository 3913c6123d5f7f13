import DequeModule
import OrderedCollections

/// Something that an operator wants to find afterwards.
public struct TunnelEvent: Codable, Hashable, Sendable {
  /// Grows by one with every event of the agent; tells new ones from those that were shown.
  public var number: UInt64
  /// The tunnel's name.
  public var tunnel: String
  /// Junos' text where Junos has one.
  public var text: String
  /// Times that it came in a row.
  public var count: Int
  /// Seconds since it came the last time.
  public var age: Double
}

/// The newest events of every tunnel, and how often each came since the agent started.
struct TunnelEvents: Sendable {
  private struct Entry: Sendable {
    var number: UInt64
    var text: String
    var count = 1
    var at: Instant
  }

  /// More of one tunnel are forgotten, the oldest first.
  static let limit = 100

  private var rings: [TunnelID: Deque<Entry>] = [:]
  /// How often each text came, in the order in which they came first.
  private(set) var counters: OrderedDictionary<String, UInt64> = [:]
  private var last: UInt64 = 0

  /// The same text again is counted, not repeated, as Junos does: "TEXT (25 times)".
  mutating func note(_ text: String, of tunnel: TunnelID, at now: Instant) {
    counters[text, default: 0] += 1
    last += 1
    var ring = rings[tunnel] ?? []
    if let newest = ring.last, newest.text == text {
      ring[ring.count - 1] = Entry(number: last, text: text, count: newest.count + 1, at: now)
    } else {
      ring.append(Entry(number: last, text: text, at: now))
    }
    if ring.count > Self.limit { ring.removeFirst() }
    rings[tunnel] = ring
  }

  /// A tunnel is gone; what it counted stays counted.
  mutating func forget(_ tunnel: TunnelID) { rings[tunnel] = nil }

  mutating func clearCounters() { counters = [:] }

  /// Events of a tunnel, the oldest first.
  func events(of tunnel: TunnelID, named name: String, at now: Instant) -> [TunnelEvent] {
    (rings[tunnel] ?? []).map { Self.event($0, name, now) }
  }

  /// The newest of them; nil before the first.
  func newest(of tunnel: TunnelID, named name: String, at now: Instant) -> TunnelEvent? {
    rings[tunnel]?.last.map { Self.event($0, name, now) }
  }

  private static func event(_ entry: Entry, _ name: String, _ now: Instant) -> TunnelEvent {
    TunnelEvent(
      number: entry.number, tunnel: name, text: entry.text, count: entry.count,
      age: now.since(entry.at).inSeconds)
  }
}

extension Core {
  /// Events of one tunnel, or of all: the oldest first. nil when there is no such tunnel.
  public func events(of name: String?, at now: Instant) -> [TunnelEvent]? {
    let chosen = tunnels.values.filter { name == nil || $0.name == name }
    if name != nil, chosen.isEmpty { return nil }
    return chosen.flatMap { out.journal.events(of: $0.id, named: $0.name, at: now) }
      .sorted { $0.number < $1.number }
  }

  /// How often each event came since the agent started, or since the counters were cleared.
  public var eventCounters: [(text: String, count: UInt64)] {
    out.journal.counters.map { ($0.key, $0.value) }
  }

  mutating func note(_ event: TunnelEventText, of tunnel: TunnelID, at now: Instant) {
    out.journal.note(event.rawValue, of: tunnel, at: now)
    if event == .rekeyed { count(tunnel) { $0.rekeys += 1 } }
  }
}

/// Events that are no change of state; those have the text of their `Reason`.
enum TunnelEventText: String {
  /// SAs joined a set that was proven.
  case rekeyed = "IPSec SA rekey successfully completed"
  /// SAs were taken away after a threshold.
  case cleared = "IPSec SAs cleared, path is dead"
  /// One set of several went down, or is back.
  case setDown = "One SA set of several is down"
  case setUp = "SA set is up again"
  /// MOBIKE or NAT.
  case moved = "SAs were moved to other endpoints"
  /// Break before make.
  case reauthenticated = "IPSec SAs are back (reauthentication)"
}
