import LinuxEdge
import TunnelCore

/// `vpnagent status NAME`: all that `--json` has of one tunnel, for people.
struct TunnelDetails {
  private let tunnel: TunnelStatus
  private let lead: [String]
  private let agent: [String]
  private let width: Int

  init(_ tunnel: TunnelStatus, of status: AgentStatus, width: Int) {
    self.tunnel = tunnel
    self.width = width
    lead = AgentNotes(status).head.flatMap { $0.wrapped(width, indent: "  ") }
    agent = AgentNotes(status).lines.flatMap { $0.wrapped(width, indent: "  ") }
  }

  func text(_ coloured: Bool) -> String {
    let title = "\(tunnel.name) (tunnel-id \(tunnel.id), \(origin))"
    let head = coloured ? TunnelHealth(tunnel).paint(title) : title
    let sets = tunnel.sets.enumerated().flatMap { index, set in
      ["  SA set \(index + 1)"] + lines(set)
    }
    return (lead + [head] + lines + sets + agent).map { "\($0)\n" }.joined()
  }

  private var origin: String {
    tunnel.configured
      ? "configured" : tunnel.template.map { "template \($0)" } ?? "discovered"
  }

  private var lines: [String] {
    var fields = Fields(width: width, indent: 2)
    fields.add(
      "state", "\(StatusRow.state(tunnel)), Mon \(tunnel.mon), for \(Quantity.age(tunnel.since))")
    fields.add("reason", tunnel.reason)
    fields.add("last event", event)
    fields.add("not probed", tunnel.obstacle)
    fields.add("degraded", tunnel.degraded)
    fields.add("losses in a row", losses)
    fields.add("recovering", recovery)
    fields.add("link", tunnel.link.map { "\($0), gate \(tunnel.gate)" })
    fields.add("left alone", tunnel.linkUnfit)
    fields.add("withdrawn", tunnel.withdrawn)
    fields.add("gateway", tunnel.gateway)
    fields.add("endpoints", "\(tunnel.local ?? "-") to \(tunnel.remote ?? "-")")
    if let traffic = tunnel.traffic {
      let (into, out) = (traffic.bitsPerSecondIn, traffic.bitsPerSecondOut)
      fields.add(
        "traffic in",
        Self.amount(traffic.bytesIn, traffic.packetsIn) + Self.rate(into, traffic))
      fields.add(
        "traffic out",
        Self.amount(traffic.bytesOut, traffic.packetsOut) + Self.rate(out, traffic))
      fields.add("last packet in", traffic.lastPacketIn.map { "\(Quantity.age($0)) ago" })
      fields.add("ESP errors", Self.errors(traffic))
    }
    fields.add("failures", "\(tunnel.failures)")
    fields.add("last failure", failure)
    fields.add("attempts", attempts)
    fields.add("renegotiation", tunnel.renegotiation.map(Self.text))
    fields.add("control", tunnel.control)
    fields.add("strongSwan", tunnel.ike.map(Self.text))
    fields.add("peer", tunnel.dpd.map(Self.text))
    return fields.lines
  }

  private var event: String? {
    tunnel.lastEvent.map { event in
      let times = tunnel.lastEventCount.map { $0 > 1 ? " (\($0) times)" : "" } ?? ""
      let age = tunnel.lastEventAge.map { ", \(Quantity.age($0)) ago" } ?? ""
      return event + times + age
    }
  }

  private var losses: String? {
    guard let losses = tunnel.losses, let threshold = tunnel.threshold else { return nil }
    return "\(losses) of \(threshold)"
  }

  private var recovery: String? {
    guard let replies = tunnel.recoveryReplies, let needed = tunnel.recoveryThreshold else {
      return nil
    }
    return "\(replies) of \(needed) replies"
  }

  private var failure: String? {
    tunnel.lastFailure.map { failure in
      failure + (tunnel.lastFailureAge.map { ", \(Quantity.age($0)) ago" } ?? "")
    }
  }

  private var attempts: String? {
    tunnel.attempts.map { attempts in
      let next = tunnel.nextAttempt.map { "; next in \(Quantity.age($0.rounded(.up)))" }
      return "\(attempts) to renegotiate\(next ?? "")"
    }
  }

  private static func text(_ work: RenegotiationStatus) -> String {
    "\(work.step) because of \(work.cause), attempt \(work.attempt), "
      + "next look in \(Quantity.age(work.next))"
  }

  private static func text(_ ike: IKEStatus) -> String {
    let number = ike.ikeID.map { " (IKE SA \($0))" } ?? ""
    let child = ike.childID.map { " (CHILD_SA \($0))" } ?? ""
    let version = ike.version.map { ", IKEv\($0)" } ?? ""
    let side = ike.initiator.map { $0 ? ", initiator" : ", responder" } ?? ""
    return "connection \(ike.connection)\(number), child \(ike.child)\(child)\(version)\(side)"
  }

  static func text(_ dpd: PeerStatus) -> String {
    let last = dpd.lastAnswer.map { ", last answer \(Quantity.age($0)) ago" } ?? ""
    let obstacle = dpd.obstacle.map { ", obstacle: \($0)" } ?? ""
    return "\(dpd.peer) by \(dpd.transport), \(dpd.mode), \(dpd.support), "
      + "\(dpd.losses) of \(dpd.threshold) lost\(last)\(obstacle)"
  }

  // MARK: Traffic

  private static func amount(_ bytes: UInt64, _ packets: UInt64) -> String {
    "\(Quantity.bytes(bytes)), \(packets) packets"
  }

  private static func rate(_ bits: Double?, _ traffic: TrafficStatus) -> String {
    guard let bits, let over = traffic.rateInterval else { return "" }
    return ", \(Quantity.rate(bits)) over \(Quantity.age(over.rounded()))"
  }

  private static func errors(_ traffic: TrafficStatus) -> String? {
    let errors = [traffic.outsideWindow, traffic.replayed, traffic.integrityFailed]
    guard errors.contains(where: { $0 > 0 }) else { return nil }
    return "\(errors[0]) outside replay window, \(errors[1]) replayed, \(errors[2]) not authentic"
  }

  // MARK: SA sets

  private func lines(_ set: SetStatus) -> [String] {
    var fields = Fields(width: width, indent: 4)
    fields.add("state", set.state + (set.neverAnswered ? ", has never answered" : ""))
    fields.add("selectors", set.selectors)
    fields.add("SAs in", set.spiIn)
    fields.add("SAs out", set.spiOut)
    fields.add("reqid, if_id", "\(set.reqid), \(set.ifID)")
    fields.add("algorithm", set.algorithm)
    fields.add("encapsulation", set.encap)
    fields.add(
      "SAs' traffic",
      set.traffic.map {
        "in \(Self.amount($0.bytesIn, $0.packetsIn)); out \(Self.amount($0.bytesOut, $0.packetsOut))"
      })
    fields.add("probes", Self.path(set))
    fields.add("not probed", set.obstacle)
    fields.add(
      "counts",
      "\(set.sent) sent, \(set.received) answered, \(set.lost) lost (\(set.losses) in a row), "
        + "\(set.notSent) not sent, \(set.clearReplies) answered in clear")
    fields.add("last probes", Sparkline().draw(set.history))
    fields.add("loss", set.loss.map(Quantity.percent))
    fields.add("RTT", Self.roundTrip(set))
    fields.add("cleared", counted(set.clears, "time"))
    fields.add("path MTU", set.pathMTU.map(Self.text))
    return fields.lines
  }

  private static func path(_ set: SetStatus) -> String? {
    guard let source = set.probeSource, let destination = set.probeDestination else { return nil }
    return "from \(source) to \(destination) through \(set.probeWay ?? "-")"
  }

  private static func roundTrip(_ set: SetStatus) -> String? {
    set.rtt.map { rtt in
      Quantity.milliseconds(rtt)
        + (set.jitter.map { ", jitter \(Quantity.milliseconds($0))" } ?? "")
    }
  }

  private static func text(_ found: PathMTUStatus) -> String {
    let size = found.size.map { ", \($0)" } ?? ""
    let full = found.full.map { " of \($0)" } ?? ""
    return found.state + size + full + (found.remedy.map { ": \($0)" } ?? "")
  }
}
