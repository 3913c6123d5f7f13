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
      notes.append("path MTU \(size), larger packets are lost (full size \(full)): \(remedy)")
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
      return "\(dpd.transport == "charon" ? "strongSwan's DPD" : "IKE liveness"): \(obstacle)"
    }
    if dpd.support == "unsupported" {
      return "peer does not answer IKE liveness checks: DPD is off until it answers"
    }
    guard dpd.losses > 0 else { return nil }
    let last = dpd.lastAnswer.map { ", last answer \(Quantity.age($0)) ago" } ?? ""
    return "peer silent: \(dpd.losses)/\(dpd.threshold)\(last)"
  }

  private var recovery: [String] {
    var notes: [String] = []
    if let attempts = tunnel.attempts, attempts > 0 || tunnel.nextAttempt != nil {
      let next = tunnel.nextAttempt.map {
        "; next in \(Quantity.age($0.rounded(.up))) or later"
      }
      notes.append("renegotiation attempts: \(attempts)\(next ?? "")")
    }
    if let replies = tunnel.recoveryReplies, let needed = tunnel.recoveryThreshold {
      notes.append("recovering: \(replies) of \(needed) replies")
    }
    for set in tunnel.sets where set.neverAnswered {
      notes.append(
        "\(set.probeDestination ?? "-") has never answered: losses ignored (never-answered = warn)")
    }
    return notes
  }
}

/// What there is to say of the agent itself, a line each.
struct AgentNotes {
  private let status: AgentStatus

  init(_ status: AgentStatus) { self.status = status }

  /// What stands above everything else: nothing is negotiated.
  var head: [String] { status.controlObstacle.map { [silenceOfStrongSwan($0)] } ?? [] }

  /// All the rest.
  var lines: [String] {
    role + badSPIs + control + kernel + events
  }

  /// What is not as it should be.
  var warnings: [String] { head + role + badSPIs + kernel + events }

  /// Only there where strongSwan is not asked by VICI, as it is nearly everywhere.
  private var control: [String] {
    status.control == "vici" ? [] : ["control: \(status.control)"]
  }

  private var kernel: [String] {
    (status.kernelObstacle.map { ["kernel not readable, showing an old state: \($0)"] } ?? [])
      + (status.recordObstacle.map { ["record of held links not saved: \($0)"] } ?? [])
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
    if status.dryRun { lines.append("dry run: nothing is changed, GATE shows what would be") }
    if let load = status.load { lines += Self.lines(load) }
    if let count = status.transportSAs {
      lines.append(
        count == 1
          ? "1 transport-mode SA is not monitored"
          : "\(count) transport-mode SAs are not monitored")
    }
    if let mass = status.massFailure {
      let test = mass.test.map { ", \($0) is cleared as a test" } ?? ""
      lines.append(
        "mass failure for \(Quantity.age(mass.since)): \(mass.failing) of \(mass.total) tunnels "
          + "fail, clearing is suspended\(test)")
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
      let stretch = Quantity.tenths(load.intervalStretch)
      lines.append("probes are sent late: intervals are stretched by \(stretch)")
    }
    return lines
  }
}
