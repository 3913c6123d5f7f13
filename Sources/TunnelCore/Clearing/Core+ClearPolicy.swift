/// What the clear policy has to know of a set, and what is done about its decision.
extension Core {
  /// Asks the policy for all of these, or none: one set whose path is dead, or those of a dead peer's
  /// IKE SA. What has to wait is not lost: its `clearAt` says when it is asked again.
  mutating func authorizeClear(of ids: [MonitorID], at now: Instant) -> Bool {
    let sets = ids.compactMap { monitors[$0] }
    guard sets.allSatisfy(isToBeCleared) else { return false }
    let candidates = sets.compactMap(candidate)
    guard !candidates.isEmpty else { return false }
    switch clearPolicy.authorize(candidates, at: now, &out) {
    case .now: return true
    case .wait(let due): wait(ids, until: due)
    case .unrestorable(let due):
      for id in candidates.map(\.tunnel) { sayUnrestorable(id) }
      wait(ids, until: due)
    }
    return false
  }

  private func candidate(_ set: SetMonitor) -> ClearPolicy.Candidate? {
    tunnels[set.tunnel].map { tunnel in
      ClearPolicy.Candidate(
        set: set.id, tunnel: tunnel.id, name: tunnel.name, patience: patience(of: set),
        earliest: earliestClear(set), needsListener: needsListener(tunnel))
    }
  }

  private mutating func wait(_ ids: [MonitorID], until due: Instant) {
    for id in ids {
      monitors[id]?.planClear(at: due)
      schedule(id)
    }
  }

  /// `action`. A peer that dead peer detection finds dead needs no vpn-monitor to be cleared.
  func isToBeCleared(_ set: SetMonitor) -> Bool {
    guard let tunnel = tunnels[set.tunnel] else { return false }
    if let policy = tunnel.monitor { return policy.action == .clear }
    return set.phase == .down(.peerDead) && deadPeerDetection(of: set.key.remote) != nil
  }

  /// Threshold x interval of what has found a set dead.
  func patience(of set: SetMonitor) -> Duration {
    if set.phase == .down(.peerDead), let policy = deadPeerDetection(of: set.key.remote) {
      return .seconds(policy.interval * policy.threshold)
    }
    return tunnels[set.tunnel]?.monitor.map { $0.interval * $0.threshold } ?? .zero
  }

  /// No set is cleared that is younger than that, nor before its tunnel's next attempt is due.
  private func earliestClear(_ set: SetMonitor) -> Instant? {
    let patience = max(patience(of: set), answerTime(of: set))
    let grown = set.bornAt?.advanced(by: patience)
    let attempt = tunnels[set.tunnel].flatMap { attemptDue(set, $0) }
    return [grown, attempt].compactMap(\.self).max()
  }

  /// What is done about a set whose threshold fell, besides its state.
  mutating func planClear(_ id: MonitorID, because reason: Reason, at now: Instant) {
    guard let monitor = monitors[id], let policy = tunnels[monitor.tunnel]?.monitor else { return }
    if reason == .replyInClear {
      // The SAs are not at fault.
      monitors[id]?.window.restart()
      return
    }
    switch policy.action {
    case .hold, .warn: break
    case .clear:
      // With a short timeout the path is dead before the set is old enough to be cleared.
      let grown = monitor.bornAt?.advanced(by: policy.interval * policy.threshold) ?? now
      let delay = clearDelay(monitor, policy.interval)
      monitors[id]?.planClear(at: max(now.advanced(by: delay), grown))
    }
  }

  /// Two agents must not kill each other's fresh SAs: the responder of the IKE SA waits an interval
  /// and up to half of one more, so that it sees the new set first. Where that is not known, it is
  /// the end with the higher address.
  private mutating func clearDelay(_ monitor: SetMonitor, _ interval: Duration) -> Duration {
    let isFirst =
      tunnels[monitor.tunnel]?.ike?.isInitiator ?? (monitor.key.local < monitor.key.remote)
    return isFirst ? .zero : interval + interval * Double.random(in: 0..<0.5, using: &out.random)
  }
}
