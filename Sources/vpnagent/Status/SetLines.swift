import TunnelCore

/// The SA sets of a tunnel that has several, a line each: state, RTT, loss and what it carries, on as
/// many lines as that takes.
struct SetLines {
  private static let indent = "    "
  private let width: Int
  private let sets: [SetStatus]
  private let threshold: Int?

  init(_ tunnel: TunnelStatus, width: Int = 98) {
    self.width = width
    sets = tunnel.sets.count > 1 ? tunnel.sets : []
    threshold = tunnel.threshold
  }

  /// Whether the lines of the sets say it.
  func show(_ obstacle: String) -> Bool { sets.contains { $0.obstacle == obstacle } }

  var lines: [String] { sets.flatMap(lines) }

  private func lines(_ set: SetStatus) -> [String] {
    let rtt = set.rtt.map(Quantity.milliseconds) ?? "-"
    let loss = set.loss.map(Quantity.percent) ?? "-"
    var lines = [
      [Self.pad(state(set), 14), Self.pad(rtt, 10), Self.pad(loss, 5)].joined()
    ]
    var rest = set.selectors.isEmpty ? ["reqid \(set.reqid)"] : set.selectors
    if lines[0].count + rest[0].count <= width { lines[0] += rest.removeFirst() }
    lines += rest.flatMap { (Self.indent + $0).wrapped(width, indent: Self.indent + "  ") }
    if let obstacle = set.obstacle {
      lines += "\(Self.indent)not probed: \(obstacle)".wrapped(width, indent: Self.indent + "  ")
    }
    return lines.map(\.trimmed)
  }

  private func state(_ set: SetStatus) -> String {
    guard let threshold, set.losses > 0 else { return set.state }
    return "\(set.state) \(set.losses)/\(threshold)"
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text.padded(max(width, text.columns + 1))
  }
}
