/// Whether the SAs of a dead path may be cleared now: the one question between deciding that a path
/// is dead and `beginClearing`.
extension Core {
  /// A test without new SAs is given up for lost after this, or twice threshold x interval.
  private static let testPatience = Duration.seconds(60)

  /// What has to wait is not lost: its `clearAt` says when it is asked again.
  mutating func mayClear(_ id: MonitorID, at now: Instant) -> Bool {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel],
      let policy = tunnel.monitor, policy.action == .clear
    else { return false }
    let patience = policy.interval * policy.threshold
    if mass.isActive, !mass.mayTest(tunnel.id, at: now) {
      monitors[id]?.clearAt = now.advanced(by: patience)
      return false
    }
    if let due = attemptDue(monitor, tunnel), due > now {
      monitors[id]?.clearAt = due
      return false
    }
    if let due = clearCap.take(at: now) {
      if clearCap.mustSay() {
        log(
          .warning, tunnel.name,
          "max-clears-per-minute = \(clearCap.limit) is reached: further clears wait")
      }
      monitors[id]?.clearAt = due
      return false
    }
    if mass.isActive {
      let until = now.advanced(by: max(patience * 2, Self.testPatience))
      mass.begin(testOf: tunnel.id, until: until, at: now)
      log(.warning, tunnel.name, "cleared as a test while most tunnels fail")
    }
    return true
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
      let delay = clearDelay(monitor.key, policy.interval)
      monitors[id]?.clearAt = max(now.advanced(by: delay), grown)
    }
  }

  /// Two agents must not kill each other's fresh SAs: the end with the higher address waits an
  /// interval and up to half of one more, so that it sees the new set first.
  private mutating func clearDelay(_ key: SASetKey, _ interval: Duration) -> Duration {
    guard key.local > key.remote else { return .zero }
    return interval + interval * Double.random(in: 0..<0.5, using: &random)
  }
}
