import LinuxEdge
import TunnelCore

/// What `vpnagent status --watch` shows, and how far down it is scrolled. Pure: answers, keys and sizes
/// in, lines out.
struct WatchScreen {
  private var size: TerminalSize
  private let sparkline: Sparkline
  private var status: AgentStatus?
  private var tunnels: [TunnelStatus] = []
  private var rows: [StatusRow] = []
  private var layout: StatusLayout?
  /// Why no agent answers; nil when one does.
  private var trouble: String?
  private var top = 0

  init(_ size: TerminalSize, _ sparkline: Sparkline) {
    self.size = size
    self.sparkline = sparkline
  }

  // MARK: What happens

  mutating func show(_ status: AgentStatus) {
    self.status = status
    trouble = nil
    // A stable order: tunnels do not change places while they stay as they are.
    let ranked = status.tunnels.enumerated().map { (TunnelHealth($1), $0, $1) }
    tunnels = ranked.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
    rows = tunnels.map { StatusRow($0, sparkline: sparkline) }
    layOut()
  }

  mutating func lose(_ reason: String) { trouble = reason }

  mutating func resize(_ size: TerminalSize) {
    self.size = size
    layOut()
  }

  mutating func scroll(_ key: TerminalKey) {
    switch key {
    case .up: top -= 1
    case .down: top += 1
    case .pageUp: top -= page
    case .pageDown: top += page
    case .home: top = 0
    case .end: top = rows.count
    case .quit, .other: break
    }
    top = max(min(top, rows.count - page), 0)
  }

  private mutating func layOut() {
    let wanted = StatusColumn.wanted(of: tunnels)
    layout = StatusLayout(rows, width: size.columns, wanted: wanted)
    top = max(min(top, rows.count - page), 0)
  }

  // MARK: What it looks like

  /// Lines of a frame, as many as the screen has at most, as wide as it is.
  var lines: [String] {
    var lines = [Self.bold(fit(title))]
    lines += warnings
    if let layout, !rows.isEmpty {
      lines.append(Self.bold(fit(layout.line(.titles))))
      for index in visible {
        let line = fit(layout.line(rows[index]))
        lines.append(trouble == nil ? TunnelHealth(tunnels[index]).paint(line) : Self.faint(line))
      }
    }
    lines.append(Self.faint(fit(footer)))
    return Array(lines.prefix(size.rows))
  }

  private var warnings: [String] {
    let agent = status.map { AgentNotes($0).warnings } ?? []
    let shown = agent.prefix(max(size.rows - 6, 0)).map(fit)
    return (trouble.map { [Self.reverse(fit($0))] } ?? []) + shown
  }

  /// Tunnels that there is room for: the title, the columns' titles and the footer are there always.
  private var page: Int { max(size.rows - 3 - warnings.count, 1) }
  private var visible: Range<Int> { top..<max(min(top + page, rows.count), top) }

  private var title: String {
    guard let status else { return "vpnagent" }
    let counts = Dictionary(tunnels.map { ($0.state, 1) }, uniquingKeysWith: +)
    let words = ["down", "absent", "verifying", "standby", "up", "idle"].compactMap { state in
      counts[state].map { "\($0) \(state)" }
    }
    let summary = words.isEmpty ? "no tunnels" : words.joined(separator: ", ")
    return "vpnagent \(status.version), up \(Quantity.age(status.uptime)), "
      + "\(status.control): \(summary)"
  }

  private var footer: String {
    let range =
      rows.count > page
      ? "\(top + 1)-\(visible.upperBound) of \(rows.count), arrows and PgUp/PgDn scroll; " : ""
    return "\(range)worst first; q quits"
  }

  private func fit(_ line: String) -> String { line.cut(size.columns).padded(size.columns) }

  private static func bold(_ line: String) -> String { "\u{1b}[1m\(line)\u{1b}[0m" }
  private static func faint(_ line: String) -> String { "\u{1b}[2m\(line)\u{1b}[0m" }
  private static func reverse(_ line: String) -> String { "\u{1b}[7m\(line)\u{1b}[0m" }
}
