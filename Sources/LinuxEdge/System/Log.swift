import CShims
import FoundationEssentials
import Glibc
import TunnelCore

/// The agent's log: one line an entry, tunnel name first.
///
/// Under systemd entries go to the journal with fields (`journalctl VPN_NAME=to-b`). Anywhere else
/// they go to standard error with the time and the level, and alarms to syslog too.
public struct Log: Sendable {
  private static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
  private static let identifier = "vpnagent"

  private let isJournal: Bool
  private let threshold: LogLevel

  /// A log that leaves out what is below `threshold`.
  public init(threshold: LogLevel = .info) {
    self.threshold = threshold
    isJournal = vpa_stderr_is_journal()
  }

  /// Writes one line. Line breaks in `text` become spaces.
  public func callAsFunction(_ level: LogLevel, _ tunnel: String, _ text: String) {
    guard level.priority <= threshold.priority else { return }
    let subject = tunnel == "-" ? "" : "\(tunnel) "
    write(level, subject + text, tunnel == "-" ? [] : [("VPN_NAME", tunnel)])
  }

  /// Writes an alarm, with its parts as fields of the journal.
  public func callAsFunction(_ alarm: Alarm) {
    write(alarm.level, alarm.description, alarm.journalFields)
    guard !isJournal else { return }
    // Without a daemon there, or with a busy one, standard error has it all the same.
    _ = unsafe vpa_syslog_send(Int32(alarm.level.priority), Self.identifier, alarm.description)
  }

  /// Writes an alarm about many tunnels.
  public func callAsFunction(_ alarm: MassAlarm) {
    write(alarm.level, alarm.description, alarm.journalFields)
  }

  /// Writes an alarm about the record of held links.
  public func callAsFunction(_ alarm: RecordAlarm) {
    write(alarm.level, alarm.description, alarm.journalFields)
  }

  private func write(_ level: LogLevel, _ text: String, _ fields: [(String, String)]) {
    let line = text.replacing("\n", with: " ")
    if isJournal, sendToJournal(level, line, fields) { return }
    let prefix =
      isJournal
      ? "<\(level.priority)>"
      : "\(Date.now.formatted(Self.timeStyle)) \(level.rawValue) "
    let bytes = Array("\(prefix)\(line)\n".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  private func sendToJournal(
    _ level: LogLevel, _ line: String, _ fields: [(String, String)]
  ) -> Bool {
    let own = [
      ("MESSAGE", line), ("PRIORITY", "\(level.priority)"), ("SYSLOG_IDENTIFIER", Self.identifier),
    ]
    let entry = (own + fields).map { "\($0)=\($1.replacing("\n", with: " "))\n" }.joined()
    return unsafe vpa_journal_send(entry) == 0
  }
}

extension LogLevel {
  /// syslog's number.
  fileprivate var priority: Int {
    switch self {
    case .error: 3
    case .warning: 4
    case .info: 6
    case .debug: 7
    }
  }
}
