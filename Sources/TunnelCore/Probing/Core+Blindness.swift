/// Probes that do not leave this host: no evidence of loss, but nobody looks at the path, and that is
/// said after threshold x interval. The gate stays as it is.
extension Core {
  /// A probe of a set was due, and there was nowhere to send it or the kernel refused it.
  mutating func noteBlocked(_ id: MonitorID, _ obstacle: ProbeObstacle, at now: Instant) {
    guard let monitor = monitors[id], let policy = tunnels[monitor.tunnel]?.monitor else { return }
    sayBlocked(id, obstacle)
    // An operator who sets a link down knows.
    guard obstacle != .linkAdminDown else { return }
    let patience = punctuality.pace(policy.interval) * policy.threshold
    monitors[id]?.sending.block(patience: patience, at: now)
    guard monitors[id]?.sending.isBlind == true, !monitor.sending.isBlind else { return }
    reconcileBlindness(monitor.tunnel, at: now)
  }

  /// What is in the way, once.
  mutating func sayBlocked(_ id: MonitorID, _ obstacle: ProbeObstacle) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel],
      monitors[id]?.sending.note(obstacle) == true,
      // SAs that are being cleared lose their policies first.
      obstacle.isLasting && !monitor.isBeingCleared || obstacle.isNoWay
    else { return }
    log(.warning, tunnel.name, "set=\"\(monitor.name)\" not probed: \(obstacle)")
  }

  /// The last probe of a set was not refused, or something else showed life.
  mutating func noteSent(_ id: MonitorID, byOthers isAlive: Bool = false, at now: Instant) {
    let seeing = monitors.with(id) { set -> TunnelID? in
      let wasBlind = set.sending.isBlind
      if isAlive { set.sending.noteLife() } else { set.sending.confirm() }
      return wasBlind && !set.sending.isBlind ? set.tunnel : nil
    }
    if let tunnel = seeing ?? nil { reconcileBlindness(tunnel, at: now) }
  }

  /// What blinds all sets of a tunnel that are to be looked at; nil when one is seen.
  func blindness(of tunnel: Tunnel) -> ProbeObstacle? {
    let sets = tunnel.monitors.compactMap { monitors[$0] }.filter(\.isToBeProbed)
    guard !sets.isEmpty, sets.allSatisfy(\.sending.isBlind), tunnel.state != .down else {
      return nil
    }
    return sets.compactMap(\.sending.lastObstacle).first
  }

  /// Works out anew whether anybody looks at a tunnel and each of its sets.
  mutating func reconcileBlindness(_ id: TunnelID, at now: Instant) {
    guard let tunnel = tunnels[id] else { return }
    report(blindness(of: tunnel), of: id, at: now)
    for set in tunnel.monitors.compactMap({ monitors[$0] }) where tunnel.monitors.count > 1 {
      let isBlind = set.sending.isBlind && set.isToBeProbed
      guard isBlind != set.isBlindAlarmed else { continue }
      monitors[set.id]?.isBlindAlarmed = isBlind
      guard tunnels[id]?.blindness == nil, let obstacle = set.sending.lastObstacle, isBlind else {
        continue
      }
      raiseAlarm(.unmonitored("\(obstacle)"), for: tunnel, set.path, selectors: set.name)
    }
  }
}

extension SetMonitor {
  /// Whether somebody is to look at its path.
  var isToBeProbed: Bool {
    switch phase {
    case .verifying, .up: absentUntil == nil
    case .incomplete, .observed, .standby, .down: false
    }
  }
}

extension ProbeObstacle {
  fileprivate var isNoWay: Bool {
    if case .kernel(let errno) = self { SendError(errno).isNoWay } else { false }
  }
}
