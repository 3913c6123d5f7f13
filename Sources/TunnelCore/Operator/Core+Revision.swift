/// What a reload means for attempts and renegotiations that are under way.
extension Core {
  /// A tunnel has other settings now than `old`.
  mutating func revise(_ id: TunnelID, insteadOf old: Tunnel, at now: Instant) {
    reviseBackoff(id, at: now)
    spareUnwanted(of: id, at: now)
    let establish = tunnels[id]?.vpn?.establishTunnels
    if establish != old.vpn?.establishTunnels { reviseRenegotiations(id, establish) }
    let command = tunnels[id]?.vpn?.renegotiateCommand
    if command != nil, command != old.vpn?.renegotiateCommand { reviseCommand(id, at: now) }
  }

  /// What waits for the next attempt waits no longer than the new maximum.
  private mutating func reviseBackoff(_ id: TunnelID, at now: Instant) {
    guard let tunnel = tunnels[id] else { return }
    let limits = backoffLimits(of: tunnel)
    var attempts = tunnel.attempts
    attempts.adopt(limits, at: now)
    tunnels[id]?.attempts = attempts
    let longest = now.advanced(by: max(limits.maximum, Self.absentGrace))
    tunnels[id]?.heldUntil = tunnel.heldUntil.map { min($0, longest) }
    let next = attempts.nextAt
    for set in tunnel.monitors.compactMap({ monitors[$0] }) {
      monitors[set.id]?.heldUntil = set.heldUntil.map { min($0, longest) }
      guard set.clearAt != nil, set.clearAt == tunnel.attempts.nextAt else { continue }
      if let next {
        monitors[set.id]?.planClear(at: next)
      } else {
        monitors[set.id]?.endClearPlan()
      }
      schedule(set.id)
    }
    guard let work = tunnel.command, !work.isRunning, work.dueAt == tunnel.attempts.nextAt,
      let next
    else { return }
    tunnels[id]?.command?.dueAt = next
    out.timers.set(.command(id), to: next)
  }

  /// Who may not initiate any more does not; SAs that were lost are brought back all the same.
  private mutating func reviseRenegotiations(
    _ id: TunnelID, _ establish: VPN.EstablishTunnels?
  ) {
    if establish == .responderOnly { tunnels[id]?.owesNegotiation = false }
    renegotiator.revise(id, establish)
  }

  /// An operator who changes the command wants to see it at work.
  private mutating func reviseCommand(_ id: TunnelID, at now: Instant) {
    guard let work = tunnels[id]?.command, !work.isRunning else { return }
    tunnels[id]?.command?.dueAt = now
    tunnels[id]?.command?.joined = nil
    out.timers.set(.command(id), to: now)
  }
}
