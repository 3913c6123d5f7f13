import FoundationEssentials
import Glibc
import TunnelCore

/// The agent's log on standard error: one line an entry, tunnel name first.
///
/// Under systemd each line begins with its syslog priority (sd-daemon(3)) and journald adds the
/// time; anywhere else it begins with the time and the level.
public struct Log: Sendable {
  private static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  private let isJournal: Bool
  private let threshold: LogLevel

  /// A log that leaves out what is below `threshold`.
  public init(threshold: LogLevel = .info) {
    self.threshold = threshold
    isJournal = unsafe getenv("JOURNAL_STREAM") != nil
  }

  /// Writes one line. Line breaks in `text` become spaces.
  public func callAsFunction(_ level: LogLevel, _ tunnel: String, _ text: String) {
    guard level.priority <= threshold.priority else { return }
    let line = text.replacing("\n", with: " ")
    let subject = tunnel == "-" ? "" : "\(tunnel) "
    let prefix =
      isJournal
      ? "<\(level.priority)>"
      : "\(Date.now.formatted(Self.timeStyle)) \(level.rawValue) "
    let bytes = Array("\(prefix)\(subject)\(line)\n".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
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
