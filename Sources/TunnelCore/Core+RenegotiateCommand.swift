/// `renegotiate-command`: brings a tunnel up where there is no VICI, one run at a time.
extension Core {
  private static let longestPause = Duration.seconds(300)

  /// Whether a command is needed may have changed.
  mutating func settleCommand(_ id: TunnelID, at now: Instant) {
    guard let tunnel = tunnels[id], tunnel.vpn?.renegotiateCommand != nil else { return }
    if hasWholeSet(id) { tunnels[id]?.owesNegotiation = false }
    let isNeeded = needsCommand(id)
    switch tunnel.command {
    case nil where isNeeded:
      // The daemon or the peer may bring it up by itself.
      let dueAt = now.advanced(by: Self.absentGrace)
      tunnels[id]?.command = CommandWork(dueAt: dueAt)
      timers.set(.command(id), to: dueAt)
    case let work? where !isNeeded && !work.isRunning:
      tunnels[id]?.command = nil
      timers.set(.command(id), to: nil)
    case nil, .some: break
    }
  }

  private func needsCommand(_ id: TunnelID) -> Bool {
    guard let tunnel = tunnels[id], let vpn = tunnel.vpn, hasStarted, !isEnding, !isStandby,
      !ike.isConnected, !hasWholeSet(id)
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
    tunnels[id]?.command?.isRunning = true
    tunnels[id]?.command?.attempts += 1
    log(.info, tunnel.name, "running \(words.joined(separator: " "))")
    count(id) { $0.initiations += 1 }
    effects.append(.run(id, words))
  }

  /// Where the gateway has several addresses the one to be tried is in the command's environment:
  /// env(1) is one program more, and nothing else has to know of it.
  private func command(of tunnel: Tunnel) -> [String]? {
    guard let words = tunnel.vpn?.renegotiateCommand else { return nil }
    guard let gateway = tunnel.gateway.flatMap({ configuration.gateways[$0] }),
      gateway.addresses.count > 1, let address = currentAddress(of: gateway)
    else { return words }
    return ["env", "VPNAGENT_GATEWAY_ADDRESS=\(address)"] + words
  }

  mutating func commandEnded(_ id: TunnelID, _ end: CommandEnd, at now: Instant) {
    guard let tunnel = tunnels[id], let work = tunnel.command else { return }
    log(end == .exited(0) ? .info : .warning, tunnel.name, "renegotiate-command \(end)")
    let interval = tunnel.monitor?.interval ?? Monitor().interval
    let pause = max(interval, Self.absentGrace) * (1 << min(work.attempts - 1, 10))
    let jittered = pause * Double.random(in: 1...1.25, using: &random)
    let dueAt = now.advanced(by: min(jittered, Self.longestPause))
    tunnels[id]?.command?.isRunning = false
    tunnels[id]?.command?.dueAt = dueAt
    timers.set(.command(id), to: dueAt)
    settleCommand(id, at: now)
  }
}

/// Runs of a tunnel's `renegotiate-command` that have not brought it up yet.
struct CommandWork: Hashable, Sendable {
  /// When the next one is due.
  var dueAt: Instant
  var isRunning = false
  /// Whether it was run and there are no SAs yet.
  var hasRun = false
  /// Runs so far.
  var attempts = 0
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
