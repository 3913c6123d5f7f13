@testable import TunnelCore

/// What must hold for both ends whatever happens. It keeps its own account of probes and answers
/// and looks at the model kernels; of a core it reads which set an SA belongs to, and what its gate
/// is said to be.
struct TwoEndedOracle {
  /// What one end's agent has sent and was answered, by set.
  struct Account {
    var sent: [MonitorID: [(sequence: UInt64, at: Instant)]] = [:]
    /// The newest probe that was answered, late or not.
    var answered: [MonitorID: UInt64] = [:]
    var hasStarted = false
    /// Events, dumps and effects in the present second.
    var second: Int64 = 0
    var events = 0
    var dumps = 0
    var requests = 0
  }

  /// More effects than these for one event are a loop, whatever it is.
  static let mostEffects = 80
  static let mostEventsInASecond = 400
  static let mostDumpsInASecond = 12
  static let mostRequestsInASecond = 25

  let scenario: TwoEndedScenario
  var violation: String?
  private var accounts = [Account(), Account()]

  init(_ scenario: TwoEndedScenario) { self.scenario = scenario }

  mutating func require(_ condition: Bool, _ text: @autoclosure () -> String) {
    if !condition, violation == nil { violation = text() }
  }

  /// Another run of an agent's begins: it knows nothing of what the last one sent.
  mutating func begin(_ end: Int) {
    let hasStarted = accounts[end].hasStarted
    accounts[end] = Account()
    accounts[end].hasStarted = hasStarted
  }

  /// From its first look at the kernel on an agent vouches for the routes that it owns.
  mutating func noteStarted(_ end: inout End, at now: Instant) {
    accounts[end.number].hasStarted = true
    for tunnel in scenario.tunnels.indices where scenario.tunnels[tunnel].ownsRoute {
      let prefix = scenario.ownPrefix(tunnel)
      let isThere = end.kernel.table.keys.contains { $0.destination == prefix }
      if isThere { end.kernel.sheltered.insert(prefix) }
    }
  }

  // MARK: Nothing in clear

  mutating func checkLeak(_ end: End) {
    guard violation == nil, let leak = end.kernel.leak else { return }
    violation = "gw-\(end.number): \(leak)"
  }

  // MARK: Bounded work

  mutating func check(_ event: Event, _ end: End, at now: Instant) {
    let second = now.nanoseconds / 1_000_000_000
    if accounts[end.number].second != second {
      accounts[end.number].second = second
      (accounts[end.number].events, accounts[end.number].dumps) = (0, 0)
      accounts[end.number].requests = 0
    }
    accounts[end.number].events += 1
    let count = accounts[end.number].events
    require(count <= Self.mostEventsInASecond, "gw-\(end.number): \(count) events in a second")
  }

  mutating func check(
    _ effects: [Effect], after event: Event, _ end: End, at now: Instant
  ) {
    let name = "gw-\(end.number)"
    require(effects.count <= Self.mostEffects, "\(name): \(effects.count) effects of one event")
    let dumps = effects.count { $0 == .gate(.readRoutes) }
    accounts[end.number].dumps += dumps
    let allDumps = accounts[end.number].dumps
    require(
      allDumps <= Self.mostDumpsInASecond, "\(name): \(allDumps) dumps in a second")
    let requests = effects.count { if case .daemon = $0 { true } else { false } }
    accounts[end.number].requests += requests
    let asked = accounts[end.number].requests
    require(
      asked <= Self.mostRequestsInASecond, "\(name): \(asked) requests of the daemon in a second")
    let changes = effects.contains { if case .gate(.change) = $0 { true } else { false } }
    switch event {
    case .routes: require(dumps == 0 || changes, "\(name): a dump asks for the next one")
    case .routesNotRead: require(dumps == 0, "\(name): a dump that failed asks for the next one")
    default: break
    }
  }

  // MARK: What lives is not cleared

  mutating func noteProbe(_ probe: ProbeRequest, at end: Int, _ now: Instant) {
    accounts[end].sent[probe.monitor, default: []].append((probe.sequence, now))
    if accounts[end].sent[probe.monitor]?.count ?? 0 > 64 {
      accounts[end].sent[probe.monitor]?.removeFirst(16)
    }
  }

  mutating func noteReply(_ reply: ProbeReply, at end: Int) {
    let newest = accounts[end].answered[reply.monitor] ?? 0
    accounts[end].answered[reply.monitor] = max(newest, reply.sequence)
  }

  /// Whether fewer probes than the threshold have left since the newest one that was answered.
  private func isAnswering(_ id: MonitorID, _ end: End) -> Bool {
    guard let core = end.core, let monitor = core.monitors[id],
      let policy = core.tunnels[monitor.tunnel]?.monitor,
      let answered = accounts[end.number].answered[id]
    else { return false }
    let since = accounts[end.number].sent[id, default: []].count { $0.sequence > answered }
    return since < policy.threshold
  }

  /// Before an effect is performed: what is taken away, and whether it may be.
  mutating func check(_ effect: Effect, _ end: End, at now: Instant) {
    switch effect {
    case .sa(.clear(let id, _, let list)), .sa(.delete(let id, _, let list)):
      if list.isEmpty || !list.allSatisfy(end.isLeftover) { checkClear(id, effect, end) }
    case .daemon(.terminateChild(let child)):
      if let (_, child) = end.daemon.find({ $0.id == child }) {
        checkTermination(of: [child], effect, end)
      }
    case .daemon(.terminateIKE(let id)):
      checkTermination(
        of: end.daemon.sas.first { $0.id == id }?.children ?? [], effect, end)
    case .gate(.change(let plan)): checkPlan(plan, end)
    case .probe, .gate, .sa, .daemon, .negotiate, .peer, .badSPI, .tell: break
    }
  }

  private mutating func checkPlan(_ plan: GatePlan, _ end: End) {
    let name = "gw-\(end.number)"
    let isTunnel = scenario.tunnels.indices.contains {
      scenario.linkName($0) == plan.link || scenario.otherName($0) == plan.link
    }
    require(
      isTunnel || plan.link == RouteGuard.nobody, "\(name): a plan for \(plan.link)")
    let strangers = end.kernel.links.keys.filter { scenario.tunnel(onLink: $0) == nil }
    for step in plan.steps where strangers.contains(where: { step.names($0) }) {
      require(false, "\(name): \(step) for \(plan.link) names what is no tunnel")
    }
  }

  private mutating func checkTermination(
    of children: [ModelDaemon.Child], _ effect: Effect, _ end: End
  ) {
    for child in children {
      let key = SAKey(destination: scenario.address(of: end.number), spi: child.spiIn)
      // A child that has lost one of its SAs carries nothing, whatever older ones beside it do.
      guard child.state == .installed, end.hasBoth(of: child),
        let set = end.core?.kernel.sas.home(of: SAID(destination: key.destination, spi: key.spi)),
        end.core?.kernel.sas.sets[set]?.isComplete == true, let id = end.core?.monitorOfSet[set]
      else { continue }
      checkClear(id, effect, end)
    }
  }

  private mutating func checkClear(_ id: MonitorID, _ effect: Effect, _ end: End) {
    guard let core = end.core, let monitor = core.monitors[id],
      let tunnel = core.tunnels[monitor.tunnel]
    else { return }
    let name = "gw-\(end.number) \(tunnel.name)"
    // Dead peer detection asks the IKE daemon, not the path.
    if monitor.phase != .down(.peerDead), tunnel.reason != .peerDead {
      require(!isAnswering(id, end), "\(name): \(effect) though its path answers")
    }
    require(end.role == .active, "\(name): \(effect) in standby")
    guard let link = tunnel.link, let gate = core.gates[link], gate.retryAt == nil,
      !core.isWholeOtherwise(tunnel, than: id)
    else { return }
    let isHeld = end.kernel.link(named: link)?.isLinkModeDormant ?? true
    require(isHeld, "\(name): \(effect) before \(link) is held")
  }

  // MARK: The end

  mutating func checkRecovered(_ ends: [End], at now: Instant) {
    for end in ends {
      for tunnel in scenario.tunnels.indices {
        let known = end.core?.status(of: "t\(tunnel)", at: now)
        require(
          known?.state == "up" && known?.gate == "in-service" && end.isInService(tunnel),
          "gw-\(end.number) t\(tunnel) is not back: \(known?.state ?? "-")/\(known?.gate ?? "-"), "
            + "\(known?.reason ?? "-")")
      }
    }
  }
}

extension Core {
  /// Whether another set of the tunnel is up, so that its link stays in service.
  fileprivate func isWholeOtherwise(_ tunnel: Tunnel, than id: MonitorID) -> Bool {
    tunnel.monitors.contains { $0 != id && monitors[$0]?.phase == .up }
  }
}
