@testable import TunnelCore

/// What one call may ask for.
extension Oracle {
  mutating func check(
    _ event: Event, _ effects: [Effect], _ core: Core, _ kernel: ModelKernel, _ now: Instant
  ) {
    for effect in effects {
      switch effect {
      case .sendProbe(let probe): checkProbe(probe, core, now)
      case .changeGate(let plan): checkPlan(plan, core)
      case .clear(let id, let name, let list): checkClear(id, name, list, core, kernel, now)
      case .readCounters, .readRoutes, .alarm, .log: break
      }
    }
    checkThresholds(event, core, now)
  }

  private mutating func checkProbe(_ probe: ProbeRequest, _ core: Core, _ now: Instant) {
    let vpn = core.monitors[probe.monitor].flatMap { self.vpn(of: $0.key) }
    require(vpn?.monitor != nil, "a probe for a tunnel without monitoring")
    let name = core.links[probe.linkIndex]?.name
    require(name == vpn?.bindInterface, "a probe through \(name ?? "no link")")
    // A probe at the instant of the last one: the window was begun anew in between.
    streaks[probe.monitor, default: Streak()].unanswered.removeAll { $0.at == now }
    streaks[probe.monitor]?.unanswered.append((probe.sequence, now))
  }

  private mutating func checkPlan(_ plan: GatePlan, _ core: Core) {
    let vpn = scenario.vpns.first { $0.bindInterface == plan.link }
    require(
      vpn?.monitor != nil && vpn?.linkControl == .oper, "a gate of \(plan.link), which has none")
    for case .setDormant(let index, _) in plan.steps {
      require(core.links[index]?.name == plan.link, "operstate of another link")
    }
  }

  private mutating func checkClear(
    _ id: MonitorID, _ name: String, _ list: [SecurityAssociation], _ core: Core,
    _ kernel: ModelKernel, _ now: Instant
  ) {
    guard let monitor = core.monitors[id], let vpn = vpn(of: monitor.key),
      let policy = vpn.monitor
    else { return require(false, "a clear for a tunnel without monitoring") }
    require(vpn.name == name, "a clear for \(name) names a set of \(vpn.name)")
    for sa in list {
      let peer = sa.key.destination == scenario.local ? sa.source : sa.key.destination
      require(
        sa.reqid == monitor.key.reqid && peer == monitor.key.remote, "a clear of a foreign SA")
    }
    if list.allSatisfy({ condemned.contains($0.key) }) { return }
    condemned.formUnion(core.sas.sets[monitor.key]?.all.map(\.key) ?? [])
    guard case .down = monitor.phase else {
      return require(false, "SAs cleared of a set that is \(monitor.phase)")
    }
    guard !isBlind, let born = complete[monitor.key] else { return }
    require(
      born.duration(to: now) >= policy.interval * policy.threshold,
      "a set of age \(born.duration(to: now)) cleared")
  }

  // MARK: Thresholds

  private mutating func checkThresholds(_ event: Event, _ core: Core, _ now: Instant) {
    if case .reply(let reply) = event { noteAnswer(reply, core) }
    if case .probeNotSent(let id, let sequence, _) = event {
      streaks[id]?.unanswered.removeAll { $0.sequence == sequence }
    }
    for id in streaks.keys where core.monitors[id] == nil { streaks[id] = nil }
    for monitor in core.monitors.values { checkThreshold(monitor, core, now) }
  }

  private mutating func noteAnswer(_ reply: ProbeReply, _ core: Core) {
    guard reply.linkIndex != World.underlay,
      let window = core.monitors[reply.monitor]?.window, window.consecutiveLosses == 0
    else { return }
    streaks[reply.monitor]?.unanswered.removeAll { $0.sequence <= reply.sequence }
  }

  private mutating func checkThreshold(_ monitor: SetMonitor, _ core: Core, _ now: Instant) {
    guard let policy = vpn(of: monitor.key)?.monitor, policy.timeout == nil else { return }
    var streak = streaks[monitor.id] ?? Streak()
    let span = policy.interval * policy.threshold
    if streak.bornAt != monitor.bornAt {
      streak.unanswered.removeAll { $0.at < monitor.bornAt ?? now }
      streak.bornAt = monitor.bornAt
    }
    if case .down = monitor.phase {
      // Probes keep their pace when one leaves late.
      if !streak.isDown, let first = streak.unanswered.first {
        require(
          first.at.duration(to: now) >= span - Core.stallTolerance,
          "down \(first.at.duration(to: now)) after the first unanswered probe")
      }
      if !streak.isDown { streak.unanswered.removeAll { $0.at < now } }
      streak.isDown = true
    } else {
      streak.isDown = false
      let isNew = monitor.window.nextDeadline == nil && monitor.window.consecutiveLosses == 0
      if isNew || monitor.absentUntil != nil || monitor.phase == .incomplete {
        streak.unanswered = []
      }
      let smoothed = monitor.window.statistics.smoothedRTT ?? .zero
      if streak.unanswered.count >= policy.threshold, smoothed * 3 < policy.interval {
        let last = streak.unanswered[policy.threshold - 1].at
        require(
          last.duration(to: now) <= policy.interval * 2, "not down though threshold probes are lost"
        )
      }
    }
    streaks[monitor.id] = streak
  }
}
