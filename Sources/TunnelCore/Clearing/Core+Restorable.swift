/// Whether anybody would bring SAs back that are cleared. What nobody can bring back is held and
/// alarmed, and not cleared: manual SAs, say, which a script has put in.
///
/// An IKE daemon does it that answers by VICI, or has answered in this run; or one that listens to the
/// kernel's EXPIRE, as charon does; or the tunnel's `renegotiate-command`.
extension Core {
  private static let restorationPatience = Duration.seconds(60)

  /// Whether an IKE daemon listens to the kernel's EXPIRE.
  mutating func expireListenersRead(isHeard: Bool, at now: Instant) {
    let (waiting, isForAll) = clearPolicy.listeners.wereRead(isHeard: isHeard, at: now)
    for id in waiting where monitors[id]?.clearAt != nil {
      requestClear(id, at: now)
      schedule(id)
    }
    if isForAll, !isHeard { for id in tunnels.keys { sayUnrestorable(id) } }
  }

  /// Who can be brought back is asked at start, once VICI has answered or not.
  mutating func lookForListeners() {
    guard hasStarted, tunnels.values.contains(where: needsListener) else { return }
    clearPolicy.listeners.askForAll(&out)
  }

  /// Whether a tunnel's SAs come back only if an IKE daemon hears of their expiry.
  func needsListener(_ tunnel: Tunnel) -> Bool {
    guard !lists.hasBeenConnected else { return false }
    let hasCommand =
      tunnel.vpn?.renegotiateCommand != nil && tunnel.vpn?.establishTunnels != .responderOnly
    return !hasCommand
  }

  /// Why a tunnel's SAs are not cleared, whatever `action` says; nil when they are.
  func unrestorable(_ tunnel: Tunnel) -> String? {
    guard clearPolicy.listeners.isHeard == false, needsListener(tunnel), !isStandby,
      let vpn = tunnel.vpn,
      vpn.monitor?.action == .clear, !tunnel.monitors.isEmpty
    else { return nil }
    let command =
      vpn.renegotiateCommand == nil
      ? "no renegotiate-command" : "renegotiate-command is not run (responder-only)"
    return "nothing could restore its SAs (no VICI at \(configuration.viciSocket), no IKE daemon "
      + "listens to the kernel's EXPIRE, \(command)): held on failure, never cleared"
  }

  /// Who hears of an expiry is trusted to negotiate anew; whether it does is seen.
  mutating func awaitRestoration(of tunnel: Tunnel, at now: Instant) {
    guard needsListener(tunnel), tunnel.vpn?.establishTunnels != .responderOnly else { return }
    out.timers.set(.restoration(tunnel.id), to: now.advanced(by: Self.restorationPatience))
  }

  /// Time for it is over.
  mutating func sayUnrestored(_ id: TunnelID) {
    guard let tunnel = tunnels[id], tunnel.owesNegotiation, !hasWholeSet(id), needsListener(tunnel)
    else { return }
    let seconds = Self.restorationPatience.components.seconds
    log(
      .warning, tunnel.name,
      "its SAs were expired \(seconds) s ago and no new ones are installed: if the IKE daemon does "
        + "not negotiate by itself (libreswan does not), configure a renegotiate-command")
  }

  /// Once for each tunnel.
  mutating func sayUnrestorable(_ id: TunnelID) {
    guard lists.obstacle != nil, let tunnel = tunnels[id], let text = unrestorable(tunnel),
      clearPolicy.listeners.mustSay(of: id)
    else { return }
    log(.warning, tunnel.name, text)
  }
}
