import CShims
import Glibc
import TunnelCore

/// How often a service failed lately, on disk beside the record: `/run/vpnagent/failures`, a line
/// each with the seconds since the host started. For a unit's ExecStopPost=, which runs after each
/// end and knows of this one alone.
public struct FailureLog {
  /// Failures in a row after which nobody waits for the next start.
  public static let limit = 5
  /// Seconds from one failure to the next, at most, of those that are in a row: on a slow host a start
  /// alone takes ten.
  public static let pause: Int64 = 30

  private let path: String

  /// The log of one run directory.
  public init(runDirectory: String) { path = "\(runDirectory)/failures" }

  /// Notes a failure at this time (seconds since the host started); returns how many there were in a
  /// row, this one included.
  public func note(at seconds: Int64) -> Int {
    let text = (try? readFile(path, limit: 4096)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    var row = [seconds]
    for earlier in text.split(separator: "\n").reversed().map({ Int64($0) }) {
      guard let earlier, row.count < Self.limit, (0...Self.pause).contains(row[0] - earlier) else {
        break
      }
      row.insert(earlier, at: 0)
    }
    let lines = row.map { "\($0)\n" }.joined()
    try? replaceFile(path, with: Array(lines.utf8), makingDirectory: true)
    return row.count
  }

  /// Notes one now.
  public func note() -> Int { note(at: monotonicNow().nanoseconds / 1_000_000_000) }
}
