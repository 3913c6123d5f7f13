import FoundationEssentials
import TunnelCore

/// What the agent answers to `events`.
public struct AgentEvents: Codable, Hashable, Sendable {
  /// The oldest first.
  public var events: [TunnelEvent]
  /// When the agent answered: seconds since 1970, by the host's clock.
  public var time: Double

  init(events: [TunnelEvent], time: Double) {
    self.events = events
    self.time = time
  }

  /// As JSON with sorted keys, and a line feed.
  public func json() -> [UInt8] { encoded(self) }

  /// Reads an agent's answer; nil when it is none of this kind.
  public init?(json: [UInt8]) {
    guard let decoded = try? JSONDecoder().decode(AgentEvents.self, from: Data(json)) else {
      return nil
    }
    self = decoded
  }

  /// One line each, for people: `2026-01-02T03:04:05.678Z to-b TEXT (25 times)`.
  public var lines: [String] {
    let width = events.map(\.tunnel.count).max() ?? 0
    return events.map { event in
      let name = event.tunnel + String(repeating: " ", count: width - event.tunnel.count)
      return "\(date(of: event)) \(name) \(event.text)"
        + (event.count > 1 ? " (\(event.count) times)" : "")
    }
  }

  /// One JSON object each, in one line: those of `events`, with `at` in place of `age`.
  public var jsonLines: [String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return events.compactMap { event in
      let line = Line(
        at: date(of: event), count: event.count, number: event.number, text: event.text,
        tunnel: event.tunnel)
      return (try? encoder.encode(line)).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  private struct Line: Encodable {
    var at: String
    var count: Int
    var number: UInt64
    var text: String
    var tunnel: String
  }

  /// When it was, by the host's clock (RFC 3339).
  private func date(of event: TunnelEvent) -> String {
    let milliseconds = (time * 1000).rounded()
    // A tenth of a millisecond more, because the rest is cut off.
    let date = Date(
      timeIntervalSince1970: (milliseconds - (event.age * 1000).rounded(.up) + 0.1) / 1000)
    return date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }
}

/// What the agent answers to `statistics`.
public struct AgentStatistics: Codable, Hashable, Sendable {
  /// How often one event came.
  public struct Counter: Codable, Hashable, Sendable {
    /// The event.
    public var text: String
    /// Times since the agent started, or the counters were cleared.
    public var count: UInt64
  }

  /// In the order in which they came first.
  public var events: [Counter]

  init(_ counters: [(text: String, count: UInt64)]) {
    events = counters.map { Counter(text: $0.text, count: $0.count) }
  }

  /// As JSON with sorted keys, and a line feed.
  public func json() -> [UInt8] { encoded(self) }

  /// Reads an agent's answer; nil when it is none of this kind.
  public init?(json: [UInt8]) {
    guard let decoded = try? JSONDecoder().decode(AgentStatistics.self, from: Data(json)) else {
      return nil
    }
    self = decoded
  }

  /// As Junos' tunnel-events-statistics has it: `TEXT padded : N`.
  public var lines: [String] {
    let width = events.map(\.text.count).max() ?? 0
    return events.isEmpty
      ? ["no events yet"]
      : events.map {
        "\($0.text)\(String(repeating: " ", count: width - $0.text.count)) : \($0.count)"
      }
  }
}
