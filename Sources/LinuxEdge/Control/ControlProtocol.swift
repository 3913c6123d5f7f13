import FoundationEssentials
import TunnelCore

/// The control protocol: one line `VERB [ARGUMENT...]`, one answer, the end of the stream. Words are
/// parted by single spaces; no name has one in it.
public enum ControlVerb: String, CaseIterable, Sendable {
  case status, metrics, events, statistics, explain, reload, verify, clear, role
  case reloadCheck = "reload-check"
  case clearStatistics = "clear-statistics"
  case clearBadSPICount = "clear-bad-spi-count"
  case securityAssociations = "security-associations"
  case interfaces, routes, ike
  case inactiveTunnels = "inactive-tunnels"

  /// What stands after the verb.
  var arguments: String {
    switch self {
    case .metrics, .statistics, .reload, .reloadCheck, .clearStatistics, .ike, .inactiveTunnels: ""
    case .status, .events, .securityAssociations: "[NAME]"
    case .interfaces, .routes: "[LINK]"
    case .role: "[active|standby]"
    case .clearBadSPICount: "[GATEWAY]"
    case .explain, .verify, .clear: "NAME"
    }
  }

  /// How many arguments it takes.
  var argumentCount: ClosedRange<Int> {
    switch self {
    case .metrics, .statistics, .reload, .reloadCheck, .clearStatistics, .ike, .inactiveTunnels:
      0...0
    case .status, .events, .role, .clearBadSPICount, .securityAssociations, .interfaces, .routes:
      0...1
    case .explain, .verify, .clear: 1...1
    }
  }

  /// As an operator would write it.
  var usage: String { arguments.isEmpty ? rawValue : "\(rawValue) \(arguments)" }
}

/// One line of a client, understood.
struct ControlRequest: Hashable {
  let verb: ControlVerb
  let arguments: [String]

  /// Takes a line apart; the error is what to answer.
  init(_ line: String) throws(ControlAnswer) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard let verb = ControlVerb(rawValue: words.first ?? "") else {
      let allowed = ControlVerb.allCases.map(\.rawValue).joined(separator: ", ")
      throw ControlAnswer(
        exit: ControlAnswer.usage, lines: ["unknown verb '\(words[0])'; expected: \(allowed)"])
    }
    arguments = Array(words.dropFirst())
    guard verb.argumentCount.contains(arguments.count), !arguments.contains("") else {
      throw ControlAnswer(
        exit: ControlAnswer.usage,
        lines: ["\(verb.rawValue): wrong number of arguments; usage: \(verb.usage)"])
    }
    self.verb = verb
  }
}

/// The answer to a verb that has no data of its own to print: the exit status of the command that
/// asked, and what it prints.
public struct ControlAnswer: Codable, Hashable, Sendable, Error {
  /// EX_USAGE.
  public static let usage: Int32 = 64

  /// 0: done; 1: not done, or the path is not proven; else as in sysexits.h.
  public var exit: Int32
  /// What was done, or why not.
  public var lines: [String]

  /// An answer.
  public init(exit: Int32, lines: [String]) {
    self.exit = exit
    self.lines = lines
  }

  init(_ answer: Answer, after notes: [String] = []) {
    self.init(exit: answer.isDone ? 0 : 1, lines: notes + answer.lines)
  }

  /// As JSON with sorted keys, and a line feed.
  public func json() -> [UInt8] { encoded(self) }

  /// Reads an agent's answer; nil when it is none of this kind.
  public init?(json: [UInt8]) {
    guard let decoded = try? JSONDecoder().decode(ControlAnswer.self, from: Data(json)) else {
      return nil
    }
    self = decoded
  }
}

/// A value as JSON with sorted keys, and a line feed.
func encoded(_ value: some Encodable) -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return Array((try? encoder.encode(value)) ?? Data("{}".utf8)) + [0x0a]
}
