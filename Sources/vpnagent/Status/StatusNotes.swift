import LinuxEdge
import TunnelCore

/// What is not well with a tunnel, a line each.
struct StatusNotes {
  private let tunnel: TunnelStatus
  private let hasReason: Bool

  /// - Parameter hasReason: whether the reason of its state is in the table already.
  init(_ tunnel: TunnelStatus, hasReason: Bool = false) {
    self.tunnel = tunnel
    self.hasReason = hasReason
  }

  var lines: [String] {
    var notes: [String] = []
    if tunnel.state != "up", !hasReason { notes.append("reason: \(tunnel.reason)") }
    if let failure = tunnel.lastFailure, failure != tunnel.reason, let past = tunnel.lastFailureAge,
      tunnel.state != "up" || past < 600
    {
      notes.append("last failure: \(failure), \(Quantity.age(past)) ago")
    }
    if let unfit = tunnel.linkUnfit {
      notes.append("link \(tunnel.link ?? "-") is left alone: \(unfit)")
    }
    notes += recovery
    if tunnel.state != "up", let ike = tunnel.ike {
      notes.append("strongSwan: connection \(ike.connection), child \(ike.child)")
    }
    if let obstacle = tunnel.obstacle, !SetLines(tunnel).show(obstacle) {
      notes.append("not probed: \(obstacle)")
    }
    if let degraded = tunnel.degraded { notes.append("degraded: \(degraded)") }
    if let found = tunnel.sets.compactMap(\.pathMTU).first(where: { $0.state == "reduced" }),
      let size = found.size, let full = found.full, let remedy = found.remedy
    {
      notes.append("path MTU \(size), larger packets vanish (full size \(full)): \(remedy)")
    }
    if let note = tunnel.dpd.flatMap(Self.note) { notes.append(note) }
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
    let last = dpd.lastAnswer.map { ", last answer \(Quantity.age($0)) ago" } ?? ""
    return "peer silent: \(dpd.losses)/\(dpd.threshold)\(last)"
  }

  private var recovery: [String] {
    var notes: [String] = []
    if let attempts = tunnel.attempts, attempts > 0 || tunnel.nextAttempt != nil {
      let next = tunnel.nextAttempt.map {
        ", the next in \(Quantity.age($0.rounded(.up))) at the earliest"
      }
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
}

/// What there is to say of the agent itself, a line each.
struct AgentNotes {
  private let status: AgentStatus

  init(_ status: AgentStatus) { self.status = status }

  /// All of it.
  var lines: [String] {
    let obstacle = status.controlObstacle.map { " (vici: \($0))" } ?? ""
    return role + badSPIs + ["control: \(status.control)\(obstacle)"] + kernel + events
  }

  /// What is not as it should be.
  var warnings: [String] {
    let obstacle = status.controlObstacle.map { ["control: \(status.control) (vici: \($0))"] }
    return role + badSPIs + (obstacle ?? []) + kernel + events
  }

  private var kernel: [String] {
    (status.kernelObstacle.map { ["kernel not read, showing what was known before: \($0)"] } ?? [])
      + (status.recordObstacle.map { ["no record on disk: \($0)"] } ?? [])
  }

  private var badSPIs: [String] {
    (status.badSPI ?? []).map { peer in
      "bad SPI: \(peer.gateway), \(peer.seen) seen, last \(peer.lastSPI) from \(peer.lastSource) "
        + "\(Quantity.age(peer.lastAge)) ago; responses \(peer.responses)/\(peer.maxResponses)"
    }
  }

  /// Only there where it is not what it is everywhere.
  private var role: [String] {
    status.role == "active" ? [] : ["role: \(status.role), every link is held"]
  }

  private var events: [String] {
    var lines: [String] = []
    if status.dryRun { lines.append("dry run: nothing is changed, GATE is what would be") }
    if let load = status.load { lines += Self.lines(load) }
    if let count = status.transportSAs {
      lines.append(
        count == 1
          ? "1 transport-mode SA is not monitored"
          : "\(count) transport-mode SAs are not monitored")
    }
    if let mass = status.massFailure {
      let test = mass.test.map { ", a test of \($0) is under way" } ?? ""
      lines.append(
        "mass failure for \(Quantity.age(mass.since)): \(mass.failing) of \(mass.total) tunnels "
          + "fail, SAs are left alone\(test)")
    }
    return lines
  }

  private static func lines(_ load: LoadStatus) -> [String] {
    var lines: [String] = []
    if load.stalls > 0 {
      lines.append(
        "too little CPU time: \(load.stalls) stalls in the last minute, the longest "
          + Quantity.milliseconds(load.longestStall))
    }
    if load.intervalStretch > 1 {
      let tenths = Int((load.intervalStretch * 10).rounded())
      lines.append(
        "probes leave late: intervals are stretched by \(tenths / 10).\(tenths % 10)")
    }
    return lines
  }
}
