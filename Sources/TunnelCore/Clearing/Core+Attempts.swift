/// Attempts to get one tunnel renegotiated, and when it has recovered from its failure.
extension Core {
  /// For how long a tunnel that went down has to prove more than others.
  private static let probation = Duration.seconds(600)
  /// Tunnels that are forgotten with their SAs and whose attempts are remembered, at most.
  private static let mostDeparted = 1024

  /// Whoever takes the SAs away, we or the peer: the link stays held for a while.
  mutating func keepHeld(_ id: MonitorID, _ wait: Duration, at now: Instant) {
    guard let tunnel = monitors[id]?.tunnel else { return }
    let until = now.advanced(by: max(wait, Self.absentGrace))
    monitors[id]?.heldUntil = until
    tunnels[tunnel]?.heldUntil = until
  }

  // MARK: Attempts

  /// The SAs of a set are cleared now, in an attempt of their own or in the last one.
  mutating func beginAttempt(with id: MonitorID, at now: Instant) -> Duration {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel] else { return .zero }
    if belongsToLastAttempt(monitor, tunnel) {
      return tunnel.attempts.nextAt.map { now.duration(to: $0) } ?? .zero
    }
    var attempts = tunnel.attempts
    attempts.adopt(backoffLimits(of: tunnel), at: now)
    let wait = attempts.begin(at: now, using: &out.random)
    storeAttempts(attempts, of: tunnel)
    return wait
  }

  /// What has become of a tunnel's attempts by a step that may have begun one.
  mutating func storeAttempts(_ attempts: Attempts, of tunnel: Tunnel) {
    if attempts.count > tunnel.attempts.count { count(tunnel.id) { $0.attempts += 1 } }
    tunnels[tunnel.id]?.attempts = attempts
  }

  func backoffLimits(of tunnel: Tunnel) -> Backoff.Limits {
    (tunnel.monitor ?? Monitor()).backoffLimits
  }

  /// When the SAs of a set may be cleared; nil: at any time.
  func attemptDue(_ monitor: SetMonitor, _ tunnel: Tunnel) -> Instant? {
    belongsToLastAttempt(monitor, tunnel) ? nil : tunnel.attempts.nextAt
  }

  /// Whether a set is older than the last attempt and was not cleared in it: one of several that
  /// died together.
  private func belongsToLastAttempt(_ monitor: SetMonitor, _ tunnel: Tunnel) -> Bool {
    guard let last = tunnel.attempts.lastAt, let born = monitor.bornAt else { return false }
    return born < last && monitor.clearedAt.map { $0 < last } ?? true
  }

  /// The tunnel may be back under its name before long.
  mutating func rememberAttempts(of tunnel: Tunnel) {
    if tunnel.attempts.lastAt != nil { remember(tunnel.attempts, as: tunnel.name) }
  }

  private mutating func remember(_ attempts: Attempts, as name: String) {
    if departed.count >= Self.mostDeparted { departed = [:] }
    departed[name] = attempts
  }

  /// A tunnel is back under its name.
  mutating func recallAttempts(on id: TunnelID) {
    guard let name = tunnels[id]?.name else { return }
    if let attempts = departed.removeValue(forKey: name) { tunnels[id]?.attempts = attempts }
    let known = tunnels
    renegotiator.recall(id, named: name) { known.contains($0) }
  }

  /// Attempts on the tunnel that a child belongs to, which may be forgotten meanwhile.
  subscript(attemptsFor work: Renegotiation) -> Attempts {
    get {
      tunnels[work.tunnel]?.attempts ?? departed[work.name] ?? Attempts(Monitor().backoffLimits)
    }
    set {
      if let tunnel = tunnels[work.tunnel] {
        storeAttempts(newValue, of: tunnel)
      } else {
        remember(newValue, as: work.name)
      }
    }
  }

  /// When the next attempt is planned, or may be made at the earliest.
  func nextAttempt(on tunnel: Tunnel, at now: Instant) -> Instant? {
    if let clear = tunnel.monitors.compactMap({ monitors[$0]?.clearAt }).min() { return clear }
    return renegotiation(of: tunnel, at: now).map { now.advanced(by: .seconds($0.next)) }
      ?? tunnel.attempts.nextAt
  }

  // MARK: Recovery

  /// How far a tunnel is on its way to open again; nil while nothing answers.
  func recovery(of tunnel: Tunnel, at now: Instant) -> (replies: Int, needed: Int)? {
    let waiting = tunnel.monitors.compactMap { monitors[$0] }.filter(\.isUnproven)
    let replies = waiting.map(\.window.consecutiveReplies).max() ?? 0
    guard tunnel.state != .up, replies > 0 else { return nil }
    return (replies, recoveryThreshold(of: tunnel, at: now))
  }

  /// Consecutive replies that open a tunnel: one as Junos, two for one that went down a short while
  /// ago, unless the configuration says.
  func recoveryThreshold(of tunnel: Tunnel, at now: Instant) -> Int {
    tunnel.monitor?.recoveryThreshold ?? (isOnProbation(tunnel, at: now) ? 2 : 1)
  }

  private func isOnProbation(_ tunnel: Tunnel, at now: Instant) -> Bool {
    tunnel.lastFailure.map { $0.at.duration(to: now) < Self.probation } ?? false
  }

  /// Whether new SAs have to prove their path though nobody asked for verify-path: vpn-monitor found
  /// the last ones dead, and the path was not proven since or only a short while ago.
  func mustRecover(_ tunnel: Tunnel, at now: Instant) -> Bool {
    guard let policy = tunnel.monitor, policy.action != .warn else { return false }
    let isSuspect =
      tunnel.lastFailure?.reason == .monitorFailure && isOnProbation(tunnel, at: now)
      || tunnel.failedBy == .monitorFailure
    return isSuspect
      && (policy.neverAnswered == .clear || memory.answered[tunnel.name] != nil)
  }

  /// A probe of a set was answered in time, or traffic came in, or nothing is made of its silence:
  /// enough of that, of all sets, and attempts count from zero again.
  mutating func noteGoodProbe(of owner: TunnelID, at now: Instant) {
    guard tunnels.with(owner, { $0.attempts.count > 0 }) == true, let tunnel = tunnels[owner]
    else { return }
    let needed = recoveryThreshold(of: tunnel, at: now)
    // What answers through SAs that nobody will rekey says nothing of the attempts to replace them.
    let isRecovered =
      !tunnel.isOrphaned && tunnel.lost.allSatisfy { $0.clears == 0 }
      && tunnel.monitors.compactMap { monitors[$0] }.allSatisfy {
        $0.phase == .observed || $0.isNeverAnswered || $0.window.consecutiveReplies >= needed
      }
    if isRecovered { tunnels[tunnel.id]?.attempts.succeed() }
  }
}
