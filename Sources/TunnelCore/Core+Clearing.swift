/// What is done to SAs whose path is dead: how they are cleared.
///
/// `mayClear` is the one question that guards answer (`Core+Guards`), unless an operator clears;
/// `beginClearing` is the one place from which SAs are taken away.
extension Core {
  /// Clears the SAs of a set if the guards let it; if not, they have said when to ask again.
  mutating func clear(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], sas.sets[monitor.key] != nil else { return }
    monitors[id]?.clearAt = nil
    if monitor.phase == .down(.peerDead) { return clearPeer(of: monitor, at: now) }
    guard mayClear([id], at: now) else { return }
    clearInAttempt(id, at: now)
  }

  /// Clears the SAs of a set in an attempt on its tunnel, now that the guards have let it.
  ///
  /// - Parameter isTerminated: as `takeAway` has it.
  mutating func clearInAttempt(_ id: MonitorID, isTerminated: Bool = false, at now: Instant) {
    if let tunnel = monitors[id]?.tunnel { note(.cleared, of: tunnel, at: now) }
    let wait = beginAttempt(with: id, at: now)
    takeAway(id, isTerminated: isTerminated, holding: wait, at: now)
  }

  /// Clears the SAs of a set whatever the guards say; the link stays held for `wait`, or an interval.
  ///
  /// - Parameters:
  ///   - isTerminated: whether the IKE daemon is told to forget the peer's IKE SA.
  ///   - cause: for metrics; nil: what the set went down by.
  mutating func takeAway(
    _ id: MonitorID, isTerminated: Bool = false, because cause: TunnelTally.ClearCause? = nil,
    holding wait: Duration = .zero, at now: Instant
  ) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel],
      let set = sas.sets[monitor.key]
    else { return }
    monitors[id]?.clearAt = nil
    monitors[id]?.clears += 1
    count(id) { $0.clears[cause ?? monitor.clearCause, default: 0] += 1 }
    monitors[id]?.clearedAt = now
    monitors[id]?.isNeverAnswered = false
    monitors[id]?.clearing = set.all
    monitors[id]?.window.restart()
    if let interval = tunnel.monitor?.interval {
      monitors[id]?.nextProbe = now.advanced(by: interval)
      backOff(id, max(interval, wait), at: now)
    }
    beginClearing(id, set, of: tunnel, isTerminated: isTerminated, at: now)
  }

  // MARK: The ladder

  /// Takes the SAs of a set away, so that the tunnel is negotiated anew: through the IKE daemon
  /// when it answers, else by the kernel's own EXPIRE. A clear that is under way goes on.
  private mutating func beginClearing(
    _ id: MonitorID, _ set: SASet, of tunnel: Tunnel, isTerminated: Bool, at now: Instant
  ) {
    if let monitor = monitors[id], let since = monitor.rungAt {
      monitors[id]?.clearAgainAt = since.advanced(by: monitor.rung.patience)
    } else if ike.isConnected {
      take(.daemon, id, at: now)
      if !isTerminated { ike.condemned[id] = now }
      wantList(at: now)
    } else {
      tunnels[tunnel.id]?.owesNegotiation = tunnel.vpn?.establishTunnels != .responderOnly
      expireFirst(id, at: now)
    }
  }

  private mutating func take(_ rung: ClearRung, _ id: MonitorID, at now: Instant) {
    monitors[id]?.rung = rung
    monitors[id]?.rungAt = now
    monitors[id]?.clearAgainAt = now.advanced(by: rung.patience)
  }

  /// The next rung, for SAs that the last one left.
  mutating func clearAgain(_ id: MonitorID, at now: Instant) { climb(id, at: now) }

  mutating func climb(_ id: MonitorID, at now: Instant) {
    ike.condemned[id] = nil
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel] else { return }
    let left = remaining(of: monitor)
    guard !left.isEmpty else { return endClearing(id) }
    switch monitor.rung {
    case .daemon:
      tunnels[tunnel.id]?.owesNegotiation = tunnel.vpn?.establishTunnels != .responderOnly
      expireFirst(id, at: now)
    case .expireFirst:
      take(.expireEach, id, at: now)
      effects.append(.clear(id, tunnel: tunnel.name, left))
    case .expireEach:
      effects.append(.delete(id, tunnel: tunnel.name, left))
      endClearing(id)
    }
    schedule(id)
  }

  /// charon takes both SAs of a pair down when one expires, tells the peer and negotiates anew.
  private mutating func expireFirst(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel] else { return }
    take(.expireFirst, id, at: now)
    let left = remaining(of: monitor)
    let outbound = left.filter { $0.key.destination == monitor.key.remote }
    effects.append(.clear(id, tunnel: tunnel.name, outbound.isEmpty ? left : outbound))
  }

  /// Stops looking after SAs that are gone.
  mutating func forgetCleared(_ id: MonitorID) {
    guard let monitor = monitors[id], !monitor.clearing.isEmpty, remaining(of: monitor).isEmpty
    else { return }
    endClearing(id)
    schedule(id)
  }

  mutating func endClearing(_ id: MonitorID) {
    ike.condemned[id] = nil
    monitors[id]?.rungAt = nil
    monitors[id]?.clearing = []
    monitors[id]?.clearAgainAt = nil
  }

  private func remaining(of monitor: SetMonitor) -> [SecurityAssociation] {
    guard let set = sas.sets[monitor.key] else { return [] }
    return monitor.clearing.filter { set.inbound[$0.key] != nil || set.outbound[$0.key] != nil }
  }
}

/// What was last done to SAs that are to go.
enum ClearRung: Hashable, Sendable {
  /// The IKE daemon was asked.
  case daemon
  /// One SA of each pair was expired, so that the daemon takes the other one.
  case expireFirst
  /// Every one was expired. What is left is deleted.
  case expireEach

  /// SAs that are still there after so long go to the next one. The daemon has to list, terminate,
  /// find a dead peer silent and forget its IKE SA meanwhile.
  var patience: Duration {
    switch self {
    case .daemon: .seconds(15)
    case .expireFirst, .expireEach: .seconds(2)
    }
  }
}
