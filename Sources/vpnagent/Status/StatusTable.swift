import LinuxEdge
import TunnelCore

/// `vpnagent status` for people: how all are in one line, one aligned line a tunnel, the worst first, and
/// lines below for what is not well.
/// Reasons stand below because none may be cut.
struct StatusTable {
  private let status: AgentStatus
  private let width: Int
  private let whole: AgentStatus?

  /// - Parameters:
  ///   - width: columns that there are.
  ///   - whole: what these are the problems of; nil: they are all that was asked for.
  init(_ status: AgentStatus, width: Int, problemsOf whole: AgentStatus? = nil) {
    self.status = status
    self.width = width
    self.whole = whole
  }

  func text(_ coloured: Bool) -> String {
    lines(coloured).map { "\($0)\n" }.joined()
  }

  private func lines(_ coloured: Bool) -> [String] {
    let notes = AgentNotes(status)
    let head = notes.head.flatMap { $0.wrapped(width, indent: "  ") }
    let agent = notes.lines.flatMap { $0.wrapped(width, indent: "  ") }
    guard !status.tunnels.isEmpty else {
      let none =
        whole.map { "No problems: \(StatusSummary($0).line)" }
        ?? "No tunnels configured and no IPsec SAs found."
      return head + none.wrapped(width, indent: "  ") + agent
    }
    let tunnels = status.worstFirst
    let summary = StatusSummary(whole ?? status).line.wrapped(width, indent: "  ")
    let rows = tunnels.map { StatusRow($0) }
    let layout = StatusLayout(rows, width: width, wanted: wanted)
    let titles = layout.line(.titles)
    var lines = head + summary + [coloured ? "\u{1b}[1m\(titles)\u{1b}[0m" : titles]
    for (tunnel, row) in zip(tunnels, rows) {
      let line = layout.line(row)
      lines.append(coloured ? TunnelHealth(tunnel).paint(line) : line)
      let hasReason =
        tunnel.lastEvent == tunnel.reason && layout.showsWhole(.event, of: row)
      let notes = StatusNotes(tunnel, hasReason: hasReason).lines
      lines += notes.flatMap { "  \($0)".wrapped(width, indent: "    ") }
      lines += SetLines(tunnel, width: width - 2).lines.map { "  \($0)" }
    }
    return lines + agent
  }

  private var wanted: Set<StatusColumn> {
    StatusColumn.wanted(of: status.tunnels).subtracting([.history])
  }
}
