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
  /// The widest that each column was: none comes and goes with what is in it.
  private var widest: [StatusColumn: Int] = [
    .state: "verifying 10/10".count, .gate: GateDemand.inService.rawValue.count,
    .rtt: "99.9 ms".count,
    .loss: "100%".count, .since: "59m59s".count,
  ]
  private let host: String
  private var clock = ""
  /// Why no agent answers; nil when one does.
  private var trouble: String?
  private var top = 0

  /// - Parameter host: the gateway's name.
  init(_ size: TerminalSize, _ sparkline: Sparkline, host: String) {
    self.host = host
    self.size = size
    self.sparkline = sparkline
  }

  // MARK: What happens

  /// - Parameter clock: the time of day.
  mutating func show(_ status: AgentStatus, clock: String) {
    self.status = status
    self.clock = clock
    trouble = nil
    // A stable order: tunnels do not change places while they stay as they are.
    tunnels = status.worstFirst
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
    let natural = StatusLayout.natural(rows, widest)
    widest = Dictionary(uniqueKeysWithValues: zip(StatusColumn.allCases, natural))
    layout = StatusLayout(rows, width: size.columns, wanted: wanted, usual: widest)
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
    return "\(host) \(clock): \(StatusSummary(status).line); vpnagent \(status.version), "
      + "up \(Quantity.age(status.uptime))"
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
