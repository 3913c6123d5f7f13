import CShims
import Glibc
import TunnelCore

/// How often a service failed lately, on disk beside the record: `/run/vpnagent/failures`, a line
/// each with the seconds since the host started. For a unit's ExecStopPost=, which runs after each
/// end and knows of this one alone.
public struct FailureLog {
  /// Failures within `span` after which nobody waits for the next start.
  public static let limit = 5
  /// Seconds within which failures count together.
  static let span: Int64 = 60

  private let path: String

  /// The log of one run directory.
  public init(runDirectory: String) { path = "\(runDirectory)/failures" }

  /// Notes a failure at this time (seconds since the host started); returns how many there were
  /// within the span, this one included.
  public func note(at seconds: Int64) -> Int {
    let text = (try? readFile(path, limit: 4096)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let recent = text.split(separator: "\n").compactMap { Int64($0) }.filter {
      $0 > seconds - Self.span && $0 <= seconds
    }
    let all = (recent + [seconds]).suffix(Self.limit * 2)
    let lines = all.map { "\($0)\n" }.joined()
    try? replaceFile(path, with: Array(lines.utf8), makingDirectory: true)
    return all.count
  }

  /// Notes one now.
  public func note() -> Int { note(at: monotonicNow().nanoseconds / 1_000_000_000) }
}
