/// What is done to SAs whose path is dead: when they are cleared, and how.
///
/// `mayClear` is the one question that guards answer; `beginClearing` is the one place from which
/// SAs are taken away.
extension Core {
  /// SAs that are still there this long after they were cleared are cleared one by one.
  private static let clearPatience = Duration.seconds(2)

  /// Whoever takes the SAs away, we or the peer: the link stays held for a while.
  mutating func backOff(_ id: MonitorID, _ interval: Duration, at now: Instant) {
    guard let tunnel = monitors[id]?.tunnel else { return }
    let until = now.advanced(by: max(interval, Self.absentGrace))
    monitors[id]?.heldUntil = until
    tunnels[tunnel]?.heldUntil = until
  }

  /// Two agents must not kill each other's fresh SAs: the end with the higher address waits an
  /// interval and up to half of one more, so that it sees the new set first.
  mutating func clearDelay(_ key: SASetKey, _ interval: Duration) -> Duration {
    guard key.local > key.remote else { return .zero }
    return interval + interval * Double.random(in: 0..<0.5, using: &random)
  }

  mutating func clear(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], sas.sets[monitor.key] != nil else { return }
    monitors[id]?.clearAt = nil
    guard mayClear(id, at: now) else { return }
    note(.cleared, of: monitor.tunnel, at: now)
    takeAway(id, at: now)
  }

  /// Clears the SAs of a set whatever the guards say.
  mutating func takeAway(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel],
      let set = sas.sets[monitor.key]
    else { return }
    monitors[id]?.clears += 1
    monitors[id]?.clearing = set.all
    monitors[id]?.clearAgainAt = now.advanced(by: Self.clearPatience)
    monitors[id]?.window.restart()
    if let interval = tunnel.monitor?.interval {
      monitors[id]?.nextProbe = now.advanced(by: interval)
      backOff(id, interval, at: now)
    }
    beginClearing(id, set, of: tunnel)
  }

  /// Whether the SAs of a dead path may be taken away now.
  private func mayClear(_ id: MonitorID, at now: Instant) -> Bool { true }

  /// Takes the SAs of a set away, so that the tunnel is negotiated anew.
  private mutating func beginClearing(_ id: MonitorID, _ set: SASet, of tunnel: Tunnel) {
    let first = set.outbound.isEmpty ? set.inbound : set.outbound
    // charon takes both SAs of a pair down when one expires.
    effects.append(.clear(id, tunnel: tunnel.name, first.values.sorted { $0.key.spi < $1.key.spi }))
  }

  mutating func clearAgain(_ id: MonitorID) {
    guard let monitor = monitors[id], let name = tunnels[monitor.tunnel]?.name else { return }
    let left = remaining(of: monitor)
    monitors[id]?.clearing = []
    monitors[id]?.clearAgainAt = nil
    if !left.isEmpty { effects.append(.clear(id, tunnel: name, left)) }
  }

  /// Stops looking after SAs that are gone.
  mutating func forgetCleared(_ id: MonitorID) {
    guard let monitor = monitors[id], !monitor.clearing.isEmpty, remaining(of: monitor).isEmpty
    else { return }
    monitors[id]?.clearing = []
    monitors[id]?.clearAgainAt = nil
    schedule(id)
  }

  private func remaining(of monitor: SetMonitor) -> [SecurityAssociation] {
    guard let set = sas.sets[monitor.key] else { return [] }
    return monitor.clearing.filter { set.inbound[$0.key] != nil || set.outbound[$0.key] != nil }
  }
}
