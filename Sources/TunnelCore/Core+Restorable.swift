/// Whether anybody would bring SAs back that are cleared. What nobody can bring back is held and
/// alarmed, and not cleared: manual SAs, say, which a script has put in.
///
/// An IKE daemon does it that answers by VICI, or has answered in this run; or one that listens to the
/// kernel's EXPIRE, as charon and libreswan do; or the tunnel's `renegotiate-command`.
extension Core {
  /// How long it lasts until that is looked at again.
  private static let restorerPause = Duration.seconds(10)
  /// An answer to that question is good for so long: the question is asked before each clear.
  private static let restorerAge = Duration.seconds(1)

  /// What is known of who listens to the kernel's EXPIRE.
  struct ExpireListeners: Sendable {
    /// Whether an IKE daemon does, and when that was read; nil before the first time.
    var answer: (isHeard: Bool, at: Instant)?
    /// When that was asked before a clear, the last time.
    var askedAt: Instant?
    /// Sets whose clear waits for it.
    var waiting: [MonitorID] = []
    /// Tunnels of which it was said that nobody can bring them back.
    var saidOf: Set<TunnelID> = []
  }

  /// Whether all of these sets would be brought back. When that has to be read first they wait, and
  /// are asked again as soon as it is known.
  mutating func wouldBeRestored(_ sets: [SetMonitor], at now: Instant) -> Bool {
    guard sets.contains(where: { tunnels[$0.tunnel].map(needsListener) ?? false }) else {
      return true
    }
    guard let answer = listeners.answer, answer.at.duration(to: now) < Self.restorerAge else {
      listeners.askedAt = now
      listeners.waiting += sets.map(\.id)
      out.send(.readExpireListeners)
      wait(sets.map(\.id), until: now.advanced(by: Self.restorerPause))
      return false
    }
    if answer.isHeard { return true }
    sayUnrestorable(at: now)
    wait(sets.map(\.id), until: now.advanced(by: Self.restorerPause))
    return false
  }

  /// Whether an IKE daemon listens to the kernel's EXPIRE.
  mutating func expireListenersRead(isHeard: Bool, at now: Instant) {
    listeners.answer = (isHeard, now)
    if isHeard { listeners.saidOf = [] }
    let waiting = listeners.waiting
    listeners.waiting = []
    for id in waiting where monitors[id]?.clearAt != nil {
      requestClear(id, at: now)
      schedule(id)
    }
    sayUnrestorable(at: now)
  }

  /// Who can be brought back is asked at start, once VICI has answered or not.
  mutating func lookForListeners() {
    guard hasStarted, tunnels.values.contains(where: needsListener) else { return }
    out.send(.readExpireListeners)
  }

  /// Whether a tunnel's SAs come back only if an IKE daemon hears of their expiry.
  private func needsListener(_ tunnel: Tunnel) -> Bool {
    guard !ike.hasBeenConnected else { return false }
    let hasCommand =
      tunnel.vpn?.renegotiateCommand != nil && tunnel.vpn?.establishTunnels != .responderOnly
    return !hasCommand
  }

  /// Why a tunnel's SAs are not cleared, whatever `action` says; nil when they are.
  func unrestorable(_ tunnel: Tunnel) -> String? {
    guard listeners.answer?.isHeard == false, needsListener(tunnel), !isStandby,
      let vpn = tunnel.vpn,
      vpn.monitor?.action == .clear, !tunnel.monitors.isEmpty
    else { return nil }
    let command =
      vpn.renegotiateCommand == nil
      ? "no renegotiate-command" : "renegotiate-command is not run (responder-only)"
    return "nobody could restore its SAs (no VICI at \(configuration.viciSocket), no IKE daemon "
      + "listens to the kernel's EXPIRE, \(command)): held on failure, never cleared"
  }

  /// Once for each tunnel.
  private mutating func sayUnrestorable(at now: Instant) {
    for tunnel in tunnels.values {
      guard !listeners.saidOf.contains(tunnel.id), ike.obstacle != nil,
        let text = unrestorable(tunnel)
      else { continue }
      listeners.saidOf.insert(tunnel.id)
      log(.warning, tunnel.name, text)
    }
  }
}
