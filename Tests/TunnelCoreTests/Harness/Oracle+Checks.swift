@testable import TunnelCore

/// What one call may ask for.
extension Oracle {
  mutating func check(
    _ event: Event, _ effects: [Effect], _ core: Core, _ kernel: ModelKernel, _ now: Instant
  ) {
    for effect in effects {
      switch effect {
      case .probe(.send(let probe)): checkProbe(probe, core, now)
      case .gate(.change(let plan)): checkPlan(plan, core)
      case .sa(.clear(let id, let name, let list)): checkClear(id, name, list, core, kernel, now)
      case .badSPI: require(false, "\(effect), though respond-bad-spi is off")
      case .gate(.makeLink), .gate(.removeLink), .probe(.end):
        require(false, "\(effect), though every tunnel has a link")
      case .peer, .sa(.rekey): require(false, "\(effect) without dead-peer-detection")
      case .negotiate(.trigger): require(false, "\(effect) without a trap policy")
      case .probe, .gate, .sa, .daemon, .negotiate, .tell: break
      }
    }
    checkThresholds(event, core, now)
  }

  private mutating func checkProbe(_ probe: ProbeRequest, _ core: Core, _ now: Instant) {
    let vpn = core.monitors[probe.monitor].flatMap { self.vpn(of: $0.key) }
    require(vpn?.monitor != nil, "a probe for a tunnel without monitoring")
    guard case .link(let index) = probe.way else { return require(false, "a probe by policy") }
    let link = core.kernel.links[index]
    require(
      vpn.map { scenario.mayProbe($0, through: link) } ?? false,
      "a probe through \(link?.name ?? "no link")")
    sent[probe.monitor, default: [:]][probe.sequence] = now
    account.noteProbe(probe)
    streaks[probe.monitor, default: Streak()].noteSent(probe.sequence, now)
  }

  private mutating func checkPlan(_ plan: GatePlan, _ core: Core) {
    // The record alone, with who has answered.
    if plan.link == RouteGuard.nobody, plan.steps.isEmpty { return }
    let vpn = scenario.vpns.first { $0.bindInterface == plan.link }
    // A link that is renamed gets back what was taken from it.
    if vpn == nil, plan.steps.allSatisfy(\.givesBack) { return }
    require(
      vpn?.monitor != nil && vpn?.linkControl == .oper, "a gate of \(plan.link), which has none")
    for case .setDormant(let index, _) in plan.steps {
      require(core.kernel.links[index]?.name == plan.link, "operstate of another link")
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
    condemned.formUnion(core.kernel.sas.sets[monitor.key]?.all.map(\.key) ?? [])
    guard case .down = monitor.phase else {
      return require(false, "SAs cleared of a set that is \(monitor.phase)")
    }
    if let broken = account.note(clearOf: monitor, vpn, cap: scenario.maxClearsPerMinute, now) {
      require(false, broken)
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
    guard reply.way != .link(RandomScenario.underlay),
      let window = core.monitors[reply.monitor]?.window, window.consecutiveLosses == 0
    else { return }
    streaks[reply.monitor]?.unanswered.removeAll { $0.sequence <= reply.sequence }
  }

  private mutating func checkThreshold(_ monitor: SetMonitor, _ core: Core, _ now: Instant) {
    guard let policy = vpn(of: monitor.key)?.monitor, policy.timeout == nil,
      !monitor.isNeverAnswered
    else { return }
    var streak = streaks[monitor.id] ?? Streak()
    streak.interval = policy.interval
    if streak.unanswered.isEmpty { streak.earliness = .zero }
    if streak.bornAt != monitor.bornAt {
      streak.unanswered.removeAll { $0.at < monitor.bornAt ?? now }
      streak.bornAt = monitor.bornAt
    }
    if case .down = monitor.phase {
      requireNotEarly(streak, policy, now)
      if !streak.isDown { streak.unanswered.removeAll { $0.at < now } }
      streak.isDown = true
    } else {
      streak.isDown = false
      let isNew = monitor.window.nextDeadline == nil && monitor.window.consecutiveLosses == 0
      let isIdle = monitor.phase == .incomplete || monitor.phase == .observed
      if isNew || monitor.absentUntil != nil || isIdle {
        streak.unanswered = []
      }
      let smoothed = core.tunnels[monitor.tunnel]?.roundTrip.smoothed ?? .zero
      if smoothed * 3 < policy.interval { requireNotOverdue(streak, policy, now) }
    }
    streaks[monitor.id] = streak
  }

  private mutating func requireNotEarly(_ streak: Streak, _ policy: Monitor, _ now: Instant) {
    guard !streak.isDown, let age = streak.unanswered.first?.at.duration(to: now) else { return }
    // Probes keep their pace when one leaves late.
    let least = policy.interval * policy.threshold - Punctuality.tolerance - streak.earliness
    require(age >= least, "down \(age) after the first unanswered probe")
  }

  private mutating func requireNotOverdue(_ streak: Streak, _ policy: Monitor, _ now: Instant) {
    guard streak.unanswered.count >= policy.threshold else { return }
    let age = streak.unanswered[policy.threshold - 1].at.duration(to: now)
    require(age <= policy.interval * 2, "not down though threshold probes are lost")
  }
}

extension GateStep {
  /// Whether nothing is taken, and nothing held, by it.
  fileprivate var givesBack: Bool {
    switch self {
    case .deleteUnreachable, .deleteLinkRoute, .deleteRule, .setDormant(_, false): true
    default: putsBack
    }
  }
}
