/// What is done to SAs whose path is dead: how they are cleared.
///
/// `mayClear` is the one question that guards answer (`Core+Guards`), unless an operator clears;
/// `beginClearing` is the one place from which SAs are taken away.
extension Core {
  /// SAs that are still there this long after they were cleared are cleared one by one.
  private static let clearPatience = Duration.seconds(2)

  mutating func clear(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], sas.sets[monitor.key] != nil else { return }
    monitors[id]?.clearAt = nil
    guard mayClear(id, at: now) else { return }
    note(.cleared, of: monitor.tunnel, at: now)
    takeAway(id, holding: beginAttempt(with: id, at: now), at: now)
  }

  /// Clears the SAs of a set whatever the guards say; the link stays held for `wait`, or an interval.
  mutating func takeAway(_ id: MonitorID, holding wait: Duration = .zero, at now: Instant) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel],
      let set = sas.sets[monitor.key]
    else { return }
    monitors[id]?.clearAt = nil
    monitors[id]?.clears += 1
    monitors[id]?.clearedAt = now
    monitors[id]?.clearing = set.all
    monitors[id]?.clearAgainAt = now.advanced(by: Self.clearPatience)
    monitors[id]?.window.restart()
    if let interval = tunnel.monitor?.interval {
      monitors[id]?.nextProbe = now.advanced(by: interval)
      backOff(id, max(interval, wait), at: now)
    }
    beginClearing(id, set, of: tunnel)
  }

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
