import CShims
import FoundationEssentials
import Glibc
import TunnelCore

/// The agent's log: one line an entry, tunnel name first.
///
/// Under systemd entries go to the journal with fields (`journalctl VPN_NAME=to-b`). Anywhere else
/// they go to standard error with the time and the level, and alarms to syslog too. Nothing waits for
/// who reads them (`LogOutlet`).
public struct Log {
  private static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
  private static let identifier = "vpnagent"
  /// syslog(3): daemon.
  private static let facility = 3 << 3
  private static let longestSyslogLine = 2047

  private let isJournal: Bool
  private let threshold: LogLevel
  private let journal: LogOutlet
  private let errors: LogOutlet
  private let syslog: LogOutlet

  /// A log that leaves out what is below `threshold`.
  public init(threshold: LogLevel = .info) {
    self.init(threshold: threshold, journal: "/run/systemd/journal/socket", syslog: "/dev/log")
  }

  /// As above, with the sockets of the journal and of syslog, and the descriptor of standard error.
  init(
    threshold: LogLevel, isJournal: Bool = vpa_stderr_is_journal(), journal: String, syslog: String,
    standardError: Int32 = STDERR_FILENO
  ) {
    vpa_ignore_broken_pipes()
    self.threshold = threshold
    self.isJournal = isJournal
    self.journal = LogOutlet(
      missing: { Self.entry(.warning, Self.missing($0), []) },
      send: { Self.send($0, to: journal) })
    self.syslog = LogOutlet(
      missing: { Self.syslogLine(.warning, Self.missing($0)) },
      send: { Self.send($0, to: syslog) })
    let own = vpa_open_again(standardError)
    let descriptor = own < 0 ? standardError : own
    errors = LogOutlet(
      missing: { Self.plainLine(.warning, Self.missing($0), isJournal) },
      send: { bytes in
        unsafe bytes.withUnsafeBufferPointer {
          unsafe vpa_write_now(descriptor, $0.baseAddress, $0.count)
        }
      })
  }

  private static func missing(_ count: UInt64) -> String {
    "\(counted(Int(clamping: count), "log line")) dropped here: nothing was read for a while"
  }

  /// Sends a datagram: all of it, or nothing.
  private static func send(_ bytes: ArraySlice<UInt8>, to path: String) -> Int64 {
    let result = unsafe bytes.withUnsafeBufferPointer {
      unsafe vpa_datagram_send(path, $0.baseAddress, $0.count)
    }
    return result < 0 ? Int64(result) : Int64(bytes.count)
  }

  /// When `wake` is due: lines wait.
  var nextDeadline: Instant? {
    journal.nextDeadline.orEarlier(errors.nextDeadline).orEarlier(syslog.nextDeadline)
  }

  /// Gives those that read the log half a second for lines that wait: the process is about to end.
  func finish() {
    for _ in 0..<10 where nextDeadline != nil {
      wake(at: nextDeadline ?? monotonicNow())
      if nextDeadline != nil { usleep(50_000) }
    }
  }

  /// Sends lines that wait, when they are due.
  func wake(at now: Instant) {
    for outlet in [journal, errors, syslog] { outlet.wake(at: now) }
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
    // Without a daemon there standard error has it all the same.
    _ = syslog.put(Self.syslogLine(alarm.level, alarm.description), at: monotonicNow())
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
    let (line, now) = (text.replacing("\n", with: " "), monotonicNow())
    if isJournal, journal.put(Self.entry(level, line, fields), at: now) { return }
    _ = errors.put(Self.plainLine(level, line, isJournal), at: now)
  }

  private static func plainLine(_ level: LogLevel, _ line: String, _ isJournal: Bool) -> [UInt8] {
    let prefix =
      isJournal
      ? "<\(level.priority)>"
      : "\(Date.now.formatted(timeStyle)) \(level.rawValue) "
    return Array("\(prefix)\(line)\n".utf8)
  }

  /// RFC 3164, without the time.
  private static func syslogLine(_ level: LogLevel, _ line: String) -> [UInt8] {
    let text = "<\(facility | level.priority)>\(identifier)[\(getpid())]: \(line)"
    return Array(text.utf8.prefix(longestSyslogLine))
  }

  /// An entry in the journal's own protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): a line a field.
  private static func entry(
    _ level: LogLevel, _ line: String, _ fields: [(String, String)]
  ) -> [UInt8] {
    let own = [
      ("MESSAGE", line), ("PRIORITY", "\(level.priority)"), ("SYSLOG_IDENTIFIER", identifier),
    ]
    let lines = (own + fields).map { "\($0)=\($1.replacing("\n", with: " "))\n" }
    return Array(lines.joined().utf8)
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
