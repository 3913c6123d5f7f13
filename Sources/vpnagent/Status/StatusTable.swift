import LinuxEdge
import TunnelCore

/// `vpnagent status` for people: one aligned line a tunnel, and lines below for what is not well.
/// Reasons stand below because none may be cut.
struct StatusTable {
  private let status: AgentStatus
  private let width: Int

  /// - Parameter width: columns that there are.
  init(_ status: AgentStatus, width: Int) {
    self.status = status
    self.width = width
  }

  func text(_ coloured: Bool) -> String {
    lines(coloured).map { "\($0)\n" }.joined()
  }

  private func lines(_ coloured: Bool) -> [String] {
    let notes = AgentNotes(status)
    let head = notes.head.flatMap { $0.wrapped(width, indent: "  ") }
    let agent = notes.lines.flatMap { $0.wrapped(width, indent: "  ") }
    guard !status.tunnels.isEmpty else {
      return head + ["No tunnels configured and no IPsec SAs found."] + agent
    }
    let rows = status.tunnels.map { StatusRow($0) }
    let layout = StatusLayout(rows, width: width, wanted: wanted)
    let titles = layout.line(.titles)
    var lines = head + [coloured ? "\u{1b}[1m\(titles)\u{1b}[0m" : titles]
    for (tunnel, row) in zip(status.tunnels, rows) {
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
