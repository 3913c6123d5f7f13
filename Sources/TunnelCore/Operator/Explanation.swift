/// Why a tunnel is as it is: the state and its reason, the rule that makes a gate of it, what comes
/// next and when, and what would change it. Lines of text, for people.
extension Core {
  /// nil when there is no such tunnel.
  public func explanation(of name: String, at now: Instant) -> [String]? {
    guard case .success(let tunnel) = self.tunnel(named: name) else { return nil }
    let since = tunnel.blindSince ?? tunnel.since
    var lines = controlObstacle.map { [silenceOfStrongSwan($0)] } ?? []
    lines.append("\(tunnel.name): \(words(tunnel, for: Self.text(now.since(since))))")
    lines.append("  why: \(tunnel.reasonText)")
    lines += degradation(of: tunnel).map { ["  degraded: \($0)"] } ?? []
    lines.append("  gate: \(gateLine(tunnel, at: now))")
    lines += next(tunnel, at: now).map { "  next: \($0)" }
    if tunnel.state != .down {
      lines += unrestorable(tunnel).map { ["  if it fails: \($0)"] } ?? []
    }
    lines += remedies(tunnel).map { "  try: \($0)" }
    return lines
  }

  private func words(_ tunnel: Tunnel, for time: String) -> String {
    if tunnel.blindness != nil {
      return "not monitored for \(time), was \(tunnel.state.rawValue)"
    }
    return switch tunnel.state {
    case .absent: "no SAs for \(time)"
    case .idle: "no SAs for \(time), waiting for traffic"
    case .verifying: "verifying for \(time): SAs installed, no reply yet"
    case .up where tunnel.monitor == nil || tunnel.isOnlyObserved: "SAs installed for \(time)"
    case .up: "up for \(time): the path is proven"
    case .down: "down for \(time): the path is dead"
    case .standby: "standby for \(time): SAs installed, the other gateway is active"
    }
  }

  // MARK: The gate

  private func gateLine(_ tunnel: Tunnel, at now: Instant) -> String {
    guard tunnel.monitor != nil || tunnel.isHeldForPeer else {
      return isWatched(tunnel)
        ? "none: without vpn-monitor the link is held only after its peer is found dead"
        : "none: without vpn-monitor the link is not touched"
    }
    guard let name = tunnel.link else { return "none: it has no link" }
    if let misfit = misfit(of: name) { return "none: link \(name) is left alone: \(misfit)" }
    guard tunnel.isGuarded else { return "none: link-control = \"none\"" }
    guard let link = kernel.link(named: name) else { return "link \(name) does not exist" }
    if !link.isAdminUp, !gates.isDownByUs(name) {
      return "link \(name) is administratively down; vpnagent will not bring it up"
    }
    guard let gate = gates[name] else { return "link \(name) is not read yet" }
    let users = guardedTunnels(on: name, evenUnfit: true)
    let ruling = ruling(users)
    // What was found at an earlier run, or is to be released, is no longer what the rules ask for.
    guard ruling.demand == gate.demand else { return "link \(name) is \(gate.demand.words)" }
    let whose = ruling.by.id == tunnel.id ? "" : "\(ruling.by.name): "
    return "link \(name) is \(gate.demand.words): \(whose)\(ruling.rule)"
      + shared(by: users.count - 1)
  }

  private func shared(by others: Int) -> String {
    switch others {
    case 0: ""
    case 1: "; 1 more tunnel shares the link"
    default: "; \(others) more tunnels share the link"
    }
  }

  // MARK: What comes next

  private func next(_ tunnel: Tunnel, at now: Instant) -> [String] {
    guard let policy = tunnel.monitor else {
      return tunnel.isHeldForPeer ? [waiting(tunnel, at: now)] : []
    }
    var lines: [String] = []
    for monitor in tunnel.monitors.compactMap({ monitors[$0] }) {
      let subject = tunnel.monitors.count > 1 ? "set \(monitor.name): " : ""
      lines.append("\(subject)\(next(monitor, policy, at: now))")
    }
    if lines.isEmpty { lines = [waiting(tunnel, at: now)] }
    if tunnel.isOrphaned {
      lines.append(Tunnel.orphanText)
      if let obstacle = tunnel.nameObstacle { lines.append("cannot be initiated: \(obstacle)") }
    }
    return lines
  }

  private func next(_ monitor: SetMonitor, _ policy: Monitor, at now: Instant) -> String {
    func within(_ due: Instant?) -> String {
      due.map { "in \(Self.text(max(now.duration(to: $0), .zero)))" } ?? "never"
    }
    if let obstacle = monitor.obstacle { return "not probed: \(obstacle)" }
    if let until = monitor.absentUntil {
      return "counts as absent \(within(until)), unless SAs are installed"
    }
    if let tunnel = tunnels[monitor.tunnel], monitor.phase.isDown, let why = unrestorable(tunnel) {
      return why
    }
    if let clearAt = monitor.clearAt { return "SAs are cleared \(within(clearAt))" }
    let silence = monitor.isNeverAnswered ? ", ignored: this destination has never answered" : ""
    let losses =
      "\(monitor.window.consecutiveLosses) of \(policy.threshold) probes lost\(silence)"
    switch monitor.phase {
    case .incomplete: return "one direction has no SA: waits for the IKE daemon"
    case .observed: return "nothing can be sent through its SAs"
    case .standby: return "verified once this gateway is active"
    case .verifying, .up, .down:
      let verb = policy.mode == .optimized && monitor.phase == .up ? "look" : "probe"
      return "\(verb) \(within(monitor.nextProbe)), \(replies(monitor, at: now) ?? losses)"
    }
  }

  /// How far a set is on its way to open its tunnel again; nil while nothing answers.
  private func replies(_ monitor: SetMonitor, at now: Instant) -> String? {
    let count = monitor.window.consecutiveReplies
    guard monitor.isUnproven, count > 0, let tunnel = tunnels[monitor.tunnel] else { return nil }
    return "\(count) of \(recoveryThreshold(of: tunnel, at: now)) probes answered"
  }

  private func waiting(_ tunnel: Tunnel, at now: Instant) -> String {
    let establish = tunnel.vpn?.establishTunnels ?? .onTraffic
    if establish == .onTraffic, tunnel.state == .down, !tunnel.waitsForProof,
      let until = tunnel.heldUntil, until > now
    {
      return "in service again in \(Self.text(now.duration(to: until))), when the back-off is over"
    }
    if lists.process == .absent, tunnel.vpn?.renegotiateCommand == nil {
      return "nothing is negotiated until strongSwan runs"
    }
    if let obstacle = tunnel.nameObstacle { return "cannot be initiated: \(obstacle)" }
    if let trigger = tunnel.trigger {
      if let obstacle = trigger.obstacle { return "cannot be triggered: \(obstacle)" }
      return "the agent sends a packet to trigger negotiation in "
        + "\(Self.text(max(now.duration(to: trigger.dueAt), .zero)))"
    }
    switch establish {
    case .immediately: return "waits for the IKE daemon to negotiate"
    case .onTraffic: return "waits for traffic, or for the peer to negotiate"
    case .responderOnly: return "waits for the peer to negotiate"
    }
  }

  // MARK: What would change it

  private func remedies(_ tunnel: Tunnel) -> [String] {
    guard tunnel.monitor != nil || tunnel.isHeldForPeer else { return [] }
    if let name = tunnel.link, let misfit = misfit(of: name),
      let remedy = remedy(for: misfit, on: name)
    {
      return [remedy]
    }
    if isStandby { return ["vpnagent role active (makes this gateway the active one)"] }
    if let name = tunnel.link, let link = kernel.link(named: name), !link.isAdminUp,
      !gates.isDownByUs(name)
    {
      return ["ip link set \(name) up"]
    }
    if controlObstacle != nil, tunnel.vpn?.renegotiateCommand == nil {
      return [startOfStrongSwan]
    }
    switch tunnel.state {
    case .absent, .idle:
      return [initiation(of: tunnel)]
    case .down where tunnel.trigger?.obstacle == .noTrap:
      return ["establish-tunnels = \"immediately\" (the agent then has it negotiated)"]
    case .verifying, .down:
      return tunnel.monitors.isEmpty ? [initiation(of: tunnel)] : mending(tunnel)
    case .up, .standby: return ["vpnagent clear \(tunnel.name) (renegotiates)"]
    }
  }

  /// swanctl speaks to the same socket, and SAs that are cleared now would not come back.
  private var startOfStrongSwan: String {
    let verb = if case .strongSwan = lists.process { "restart" } else { "start" }
    return "\(verb) strongSwan: vpnagent doctor names the command"
  }

  private func initiation(of tunnel: Tunnel) -> String {
    guard case .success(let name) = childName(of: tunnel) else { return "swanctl --initiate" }
    return "swanctl --initiate --child \(name.child)"
  }

  /// SAs whose peer answers outside of them are not at fault: no probe and no others would help.
  private func mending(_ tunnel: Tunnel) -> [String] {
    guard tunnel.reason != .replyInClear else {
      return [clearReplyRemedy(tunnel, tunnel.monitors.first.flatMap { monitors[$0]?.path })]
    }
    return [
      "vpnagent verify \(tunnel.name) (probes at once)",
      "vpnagent clear \(tunnel.name) (renegotiates)",
    ]
  }

  /// "12.3 s", "5 min", "3 h", "2 days".
  private static func text(_ duration: Duration) -> String {
    let tenths = duration.nanoseconds / 100_000_000
    switch tenths {
    case ..<600: return "\(tenths / 10).\(tenths % 10) s"
    case ..<36_000: return "\(tenths / 600) min"
    case ..<1_728_000: return "\(tenths / 36_000) h"
    default: return "\(tenths / 864_000) days"
    }
  }
}

extension GateDemand {
  fileprivate var words: String {
    switch self {
    case .held: "held"
    case .down: "held and set down"
    case .inService: "in service"
    case .asFound: "as it was found"
    }
  }
}
