import LinuxEdge
import TunnelCore

/// `vpnagent status --nagios`: one line and an exit status as monitoring plugins have them
/// (https://nagios-plugins.org/doc/guidelines.html, "Plugin Output" and "Plugin Return Codes").
struct NagiosReport {
  /// What the plugin's exit status says.
  enum Level: Int32 {
    case ok, warning, critical, unknown

    var word: String {
      switch self {
      case .ok: "OK"
      case .warning: "WARNING"
      case .critical: "CRITICAL"
      case .unknown: "UNKNOWN"
      }
    }
  }

  let level: Level
  private let text: String
  private let data: String

  /// - Parameter status: of all tunnels, or of those that were asked for.
  init(_ status: AgentStatus) {
    let bad = status.tunnels.filter { TunnelHealth($0) == .down }
    let doubtful = status.problems.tunnels.filter { TunnelHealth($0) != .down }
    if !bad.isEmpty {
      level = .critical
    } else if !doubtful.isEmpty || status.controlObstacle != nil || status.kernelObstacle != nil {
      level = .warning
    } else {
      level = .ok
    }
    let summary = StatusSummary(status)
    let names = (bad + doubtful).prefix(5).map { "\($0.name) \(StatusRow.state($0))" }
    let more = (bad + doubtful).count - names.count
    let list = names + (more > 0 ? ["\(more) more"] : [])
    text = summary.line + (list.isEmpty ? "" : ": " + list.joined(separator: ", "))
    data = Self.data(status, summary)
  }

  /// No agent answers, or something else.
  init(unknown reason: String) {
    (level, text, data) = (.unknown, reason, "")
  }

  /// One line; what stands behind `|` is performance data. The text may not have one.
  var line: String {
    let text = String(text.map { $0 == "|" || $0.isNewline ? " " : $0 })
    return "VPNAGENT \(level.word) - \(text)" + (data.isEmpty ? "" : " | \(data)")
  }

  private static func data(_ status: AgentStatus, _ summary: StatusSummary) -> String {
    func count(_ state: String) -> Int { status.tunnels.count { $0.state == state } }
    let total = status.tunnels.count
    var words = ["up", "verifying", "down", "absent"].map { "\($0)=\(count($0));;;0;\(total)" }
    words.append("held_links=\(summary.heldLinks);;;0")
    let living = status.tunnels.flatMap(\.sets).filter { $0.state != "absent" }
    if let rtt = living.compactMap(\.rtt).max() {
      words.append("worst_rtt=\(Quantity.tenths(rtt * 1000))ms;;;0")
    }
    if let loss = living.compactMap(\.loss).max() {
      words.append("worst_loss=\(Quantity.tenths(loss * 100))%;;;0;100")
    }
    return words.joined(separator: " ")
  }
}
