import LinuxEdge
import TunnelCore

/// `vpnagent status` for people: one aligned line a tunnel, and lines below for what is not well.
/// An ordinary tunnel fits into 100 columns; reasons stand below because none may be cut.
struct StatusTable {
  private let status: AgentStatus

  init(_ status: AgentStatus) {
    self.status = status
  }

  private static let columns = [
    "TUNNEL", "LINK", "PEER", "MON", "STATE", "GATE", "RTT", "LOSS", "SINCE", "FAILURES",
    "TEMPLATE",
  ]

  /// TEMPLATE is only there for those who have one.
  private var columns: ArraySlice<String> {
    status.tunnels.contains { $0.template != nil } ? Self.columns[...] : Self.columns.dropLast()
  }

  func text(_ coloured: Bool) -> String {
    guard !status.tunnels.isEmpty else {
      return "No tunnel configured, and no IPsec SA found.\n" + role + badSPIs + footer
    }
    let rows = [Array(columns)] + status.tunnels.map(Self.cells)
    let widths = columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    var text = ""
    for (index, row) in rows.enumerated() {
      var line = ""
      for (cell, width) in zip(row, widths) {
        line += cell + String(repeating: " ", count: width - cell.count + 2)
      }
      while line.last == " " { line.removeLast() }
      let tunnel = index == 0 ? nil : status.tunnels[index - 1]
      text += Self.paint(line, tunnel, coloured) + "\n"
      for note in tunnel.map(Self.notes) ?? [] { text += "  \(note)\n" }
      for set in tunnel.map({ SetLines($0).lines }) ?? [] { text += "  \(set)\n" }
    }
    return text + role + badSPIs + footer
  }

  private var badSPIs: String {
    (status.badSPI ?? []).map { peer in
      "bad SPI: \(peer.gateway), \(peer.seen) seen, last \(peer.lastSPI) from \(peer.lastSource) "
        + "\(Self.age(peer.lastAge)) ago; responses \(peer.responses)/\(peer.maxResponses)\n"
    }.joined()
  }

  /// Only there where it is not what it is everywhere.
  private var role: String {
    status.role == "active" ? "" : "role: \(status.role), every link is held\n"
  }

  private var footer: String {
    let obstacle = status.controlObstacle.map { " (vici: \($0))" } ?? ""
    var lines = ["control: \(status.control)\(obstacle)"]
    if status.dryRun { lines.append("dry run: nothing is changed, GATE is what would be") }
    if let mass = status.massFailure {
      let test = mass.test.map { ", a test of \($0) is under way" } ?? ""
      lines.append(
        "mass failure for \(Self.age(mass.since)): \(mass.failing) of \(mass.total) tunnels fail, "
          + "SAs are left alone\(test)")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func cells(_ tunnel: TunnelStatus) -> [String] {
    let set = tunnel.sets.first
    return [
      tunnel.name, tunnel.link ?? "-", tunnel.remote ?? "-", tunnel.mon, state(tunnel),
      tunnel.gate, set?.rtt.map(milliseconds) ?? "-", set?.loss.map(percent) ?? "-",
      age(tunnel.since), tunnel.threshold == nil ? "-" : "\(tunnel.failures)",
      tunnel.template ?? "-",
    ]
  }

  private static func state(_ tunnel: TunnelStatus) -> String {
    guard let losses = tunnel.losses, let threshold = tunnel.threshold else { return tunnel.state }
    let counts = tunnel.state == "verifying" || losses > 0 && tunnel.state == "up"
    return counts ? "\(tunnel.state) \(losses)/\(threshold)" : tunnel.state
  }

  private static func notes(_ tunnel: TunnelStatus) -> [String] {
    var notes: [String] = []
    if tunnel.state != "up" { notes.append("reason: \(tunnel.reason)") }
    if let failure = tunnel.lastFailure, failure != tunnel.reason, let past = tunnel.lastFailureAge,
      tunnel.state != "up" || past < 600
    {
      notes.append("last failure: \(failure), \(age(past)) ago")
    }
    notes += recoveryNotes(tunnel)
    if tunnel.state != "up", let ike = tunnel.ike {
      notes.append("strongSwan: connection \(ike.connection), child \(ike.child)")
    }
    if let obstacle = tunnel.obstacle, !SetLines(tunnel).show(obstacle) {
      notes.append("not probed: \(obstacle)")
    }
    if let found = tunnel.sets.compactMap(\.pathMTU).first(where: { $0.state == "reduced" }),
      let size = found.size, let full = found.full, let remedy = found.remedy
    {
      notes.append("path MTU \(size), larger packets vanish (full size \(full)): \(remedy)")
    }
    if let dpd = tunnel.dpd, let note = note(dpd) { notes.append(note) }
    if !tunnel.withdrawn.isEmpty {
      notes.append("withdrawn: \(tunnel.withdrawn.joined(separator: ", "))")
    }
    return notes
  }

  /// What is not well with a peer.
  private static func note(_ dpd: PeerStatus) -> String? {
    if let obstacle = dpd.obstacle {
      return "\(dpd.transport == "charon" ? "strongSwan's DPD" : "peer not asked"): \(obstacle)"
    }
    if dpd.support == "unsupported" { return "peer does not answer IKE liveness questions" }
    guard dpd.losses > 0 else { return nil }
    let last = dpd.lastAnswer.map { ", last answer \(age($0)) ago" } ?? ""
    return "peer silent: \(dpd.losses)/\(dpd.threshold)\(last)"
  }

  private static func recoveryNotes(_ tunnel: TunnelStatus) -> [String] {
    var notes: [String] = []
    if let attempts = tunnel.attempts, attempts > 0 || tunnel.nextAttempt != nil {
      let next = tunnel.nextAttempt.map { ", the next in \(age($0.rounded(.up))) at the earliest" }
      notes.append("attempts to renegotiate: \(attempts)\(next ?? "")")
    }
    if let replies = tunnel.recoveryReplies, let needed = tunnel.recoveryThreshold {
      notes.append("recovering: \(replies) of \(needed) replies")
    }
    for set in tunnel.sets where set.neverAnswered {
      notes.append(
        "\(set.probeDestination ?? "-") has never answered: nothing is held or cleared for it")
    }
    return notes
  }

  private static func paint(_ line: String, _ tunnel: TunnelStatus?, _ coloured: Bool) -> String {
    guard coloured else { return line }
    guard let tunnel else { return "\u{1b}[1m\(line)\u{1b}[0m" }
    switch (tunnel.mon, tunnel.state) {
    case ("-", _): return line
    case (_, "up") where tunnel.losses == 0: return "\u{1b}[32m\(line)\u{1b}[0m"
    case (_, "up"), (_, "verifying"): return "\u{1b}[33m\(line)\u{1b}[0m"
    case (_, _): return "\u{1b}[31m\(line)\u{1b}[0m"
    }
  }

  static func milliseconds(_ seconds: Double) -> String {
    let tenths = Int((seconds * 10_000).rounded())
    return "\(tenths / 10).\(tenths % 10) ms"
  }

  static func percent(_ share: Double) -> String {
    "\(Int((share * 100).rounded()))%"
  }

  /// The two largest units: `3d4h`, `5m12s`, `7s`.
  private static func age(_ seconds: Double) -> String {
    let total = Int(max(seconds, 0))
    let parts = [
      (total / 86400, "d"), (total / 3600 % 24, "h"), (total / 60 % 60, "m"), (total % 60, "s"),
    ]
    let first = parts.firstIndex { $0.0 > 0 } ?? parts.count - 1
    return parts[first...].prefix(2).map { "\($0.0)\($0.1)" }.joined()
  }
}
