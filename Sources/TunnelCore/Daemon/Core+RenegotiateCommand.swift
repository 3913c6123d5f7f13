/// `renegotiate-command`: brings a tunnel up where there is no VICI, one run at a time.
extension Core {
  /// Whether a command is needed may have changed.
  mutating func reconcileCommand(_ id: TunnelID, at now: Instant) {
    guard let tunnel = tunnels[id], tunnel.vpn?.renegotiateCommand != nil || tunnel.command != nil
    else { return }
    if hasWholeSet(id) { tunnels[id]?.owesNegotiation = false }
    let isNeeded = needsCommand(id)
    switch tunnel.command {
    case nil where isNeeded:
      // The daemon or the peer may bring it up by itself.
      let dueAt = now.advanced(by: Self.absentGrace)
      tunnels[id]?.command = CommandWork(dueAt: dueAt)
      out.timers.set(.command(id), to: dueAt)
    case let work? where !isNeeded && !work.isRunning:
      tunnels[id]?.command = nil
      out.timers.set(.command(id), to: nil)
    case nil, .some: break
    }
  }

  private func needsCommand(_ id: TunnelID) -> Bool {
    guard let tunnel = tunnels[id], let vpn = tunnel.vpn, vpn.renegotiateCommand != nil,
      hasStarted, !isEnding, !isStandby, !lists.isConnected, !hasWholeSet(id)
    else { return false }
    switch vpn.establishTunnels {
    case .immediately: return true
    case .onTraffic: return tunnel.owesNegotiation
    case .responderOnly: return false
    }
  }

  mutating func runCommand(_ id: TunnelID, at now: Instant) {
    guard let tunnel = tunnels[id], let work = tunnel.command, !work.isRunning else { return }
    guard needsCommand(id) else {
      tunnels[id]?.command = nil
      return
    }
    // The last run was for nothing.
    if work.hasRun { tryNextAddress(of: tunnel) }
    guard let words = command(of: tunnel) else { return }
    tunnels[id]?.command?.hasRun = true
    var attempts = tunnel.attempts
    attempts.adopt(backoffLimits(of: tunnel), at: now)
    tunnels[id]?.command?.joined = attempts.join(at: now, using: &out.random)
    storeAttempts(attempts, of: tunnel)
    tunnels[id]?.command?.isRunning = true
    log(.info, tunnel.name, "running \(words.joined(separator: " "))")
    count(id) { $0.initiations += 1 }
    out.send(.negotiate(.run(id, words)))
  }

  /// Where the gateway has several addresses the one to be tried is in the command's environment:
  /// env(1) is one program more, and nothing else has to know of it.
  private func command(of tunnel: Tunnel) -> [String]? {
    guard let words = tunnel.vpn?.renegotiateCommand else { return nil }
    guard let gateway = tunnel.gateway.flatMap({ configuration.gateways[$0] }),
      gateway.addresses.count > 1, let address = gatewayAddresses.current(of: gateway)
    else { return words }
    return ["env", "VPNAGENT_GATEWAY_ADDRESS=\(address)"] + words
  }

  mutating func commandEnded(_ id: TunnelID, _ end: CommandEnd, at now: Instant) {
    guard let tunnel = tunnels[id], let work = tunnel.command else { return }
    log(end == .exited(0) ? .info : .warning, tunnel.name, "renegotiate-command \(end)")
    // What it has negotiated may take a moment to appear.
    let soon = now.advanced(by: Self.absentGrace)
    let dueAt = tunnel.attempts.due(after: work.joined).map { max($0, soon) } ?? soon
    tunnels[id]?.command?.isRunning = false
    tunnels[id]?.command?.dueAt = dueAt
    out.timers.set(.command(id), to: dueAt)
    reconcileCommand(id, at: now)
  }
}

/// A tunnel's `renegotiate-command`, which has not brought it up yet.
struct CommandWork: Hashable, Sendable {
  /// When the next one is due.
  var dueAt: Instant
  var isRunning = false
  /// Whether it was run and there are no SAs yet.
  var hasRun = false
  /// When the tunnel's attempt was begun that it took part in last.
  var joined: Instant?
}

extension CommandEnd: CustomStringConvertible {
  /// For the log: "ended with status 1".
  public var description: String {
    switch self {
    case .exited(let status): "ended with status \(status)"
    case .killed(let signal): "was ended by signal \(signal)"
    case .tookTooLong: "took too long and was killed"
    case .notStarted(let message): "could not be started: \(message)"
    }
  }
}
