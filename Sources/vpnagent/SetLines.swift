import TunnelCore

/// The SA sets of a tunnel that has several, a line each: state, RTT, loss and what it carries, on as
/// many lines as that takes.
struct SetLines {
  private static let indent = "    "
  private static let width = 98
  private let sets: [SetStatus]
  private let threshold: Int?

  init(_ tunnel: TunnelStatus) {
    sets = tunnel.sets.count > 1 ? tunnel.sets : []
    threshold = tunnel.threshold
  }

  /// Whether the lines of the sets say it.
  func show(_ obstacle: String) -> Bool { sets.contains { $0.obstacle == obstacle } }

  var lines: [String] { sets.flatMap(lines) }

  private func lines(_ set: SetStatus) -> [String] {
    let rtt = set.rtt.map(StatusTable.milliseconds) ?? "-"
    let loss = set.loss.map(StatusTable.percent) ?? "-"
    var lines = [
      [Self.pad(state(set), 14), Self.pad(rtt, 10), Self.pad(loss, 5)].joined()
    ]
    var rest = set.selectors.isEmpty ? ["reqid \(set.reqid)"] : set.selectors
    if lines[0].count + rest[0].count <= Self.width { lines[0] += rest.removeFirst() }
    lines += rest.map { Self.indent + $0 }
    if let obstacle = set.obstacle { lines.append("\(Self.indent)not probed: \(obstacle)") }
    return lines
  }

  private func state(_ set: SetStatus) -> String {
    guard let threshold, set.losses > 0 else { return set.state }
    return "\(set.state) \(set.losses)/\(threshold)"
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 1))
  }
}
