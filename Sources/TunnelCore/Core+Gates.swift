/// What a tunnel's state means for its link.
extension Core {
  private static let assertionLimit = 10

  /// Works a tunnel's state out from its sets, and its link's gate from that.
  mutating func reconcile(_ id: TunnelID, because given: Reason? = nil, at now: Instant) {
    guard let tunnel = tunnels[id] else { return }
    let (state, reason) = stateFromSets(tunnel, because: given, at: now)
    let isObserved = reason == .observedOnly
    if state != tunnel.state || state == .down && reason != tunnel.reason
      || state == .up && isObserved != tunnel.isOnlyObserved
    {
      let isNews = tunnel.monitors.contains { monitors[$0]?.phase.isDown == true }
      transition(id, to: state, because: reason, isNews: isNews, at: now)
      if state == .up, let peer = tunnel.endpoints?.remote {
        hearPeer(peer, "a tunnel to it is up", at: now)
      }
      // What is to be brought up is seen by the next list.
      if state == .absent || state == .idle { wantList(at: now) }
    }
    reconcileBlindness(id, at: now)
    reconcilePeerHold(id)
    reconcileSets(id, at: now)
    updateFailureCensus(id, at: now)
    reconcileCommand(id, at: now)
    reconcileTrigger(id, at: now)
    if isForgettable(tunnel) {
      forget(id)
    } else if let link = tunnel.link {
      reconcileGate(link, at: now)
    }
  }

  private mutating func stateFromSets(
    _ tunnel: Tunnel, because given: Reason?, at now: Instant
  ) -> (TunnelState, Reason) {
    let all = tunnel.monitors.compactMap { monitors[$0] }
    if isStandby, tunnel.monitor != nil {
      return all.contains { $0.phase == .standby }
        ? (.standby, .standby) : (stateWithoutSAs(tunnel), .noSA)
    }
    if all.contains(where: { $0.phase == .up }) { return (.up, given ?? .negotiated) }
    if let verifying = all.first(where: { $0.phase == .verifying }) {
      return (.verifying, verifying.isAdopted ? .adopted : .negotiated)
    }
    for case .down(let reason) in all.map(\.phase) { return (.down, reason) }
    if all.contains(where: { $0.phase == .observed }) { return (.up, .observedOnly) }
    if tunnel.waitsForProof, let failure = tunnel.failedBy {
      return (.down, tunnel.state == .down ? tunnel.reason : failure)
    }
    guard tunnel.state == .down else { return (stateWithoutSAs(tunnel), .noSA) }
    guard tunnel.isOnTraffic else { return (.down, tunnel.reason) }
    // Down without an SA: held for a while, then traffic may trigger negotiation again.
    if let until = tunnel.heldUntil, until > now {
      out.timers.set(.tunnel(tunnel.id), to: until)
      return (.down, tunnel.reason)
    }
    return (stateWithoutSAs(tunnel), .backOffOver)
  }

  /// No traffic brings up what is there already, where it is of no use.
  private func stateWithoutSAs(_ tunnel: Tunnel) -> TunnelState {
    let isMisplaced = tunnel.monitors.contains { monitors[$0]?.obstacle?.isMisplaced == true }
    return isMisplaced ? .absent : tunnel.stateWithoutSAs
  }

  // MARK: Gates

  /// Brings a link to what its tunnels ask for.
  mutating func reconcileGate(_ name: String, at now: Instant) {
    judge(name, at: now)
    let users = guardedTunnels(on: name)
    guard !users.isEmpty, hasStarted, !isEnding else { return }
    var gate = gates[name] ?? Gate()
    let demand = combined(users)
    if gates[name] == nil, let link = kernel.link(named: name) { noteScope(of: link) }
    if gate.demand != demand || gates[name] == nil {
      log(.info, users[0].name, "link=\(name) gate=\(demand.rawValue)")
      gate.assertions = 0
      gate.isWaitingForLink = false
      gate.retries = 0
      gate.isRaisedByOperator = false
    }
    gate.demand = demand
    gates[name] = gate
    switch demand {
    case .asFound:
      let steps = routes.adopt(guardRequest(name, users, at: now))
      if !steps.isEmpty { out.send(.changeGate(GatePlan(link: name, steps: steps))) }
    case .held, .down: changeGate(name, users, opening: false, at: now)
    case .inService:
      // Without the link, or with the operator's admin down, owned prefixes must not leak.
      changeGate(name, users, opening: isUpOrRaised(name), at: now)
    }
  }

  private func combined(_ users: [Tunnel]) -> GateDemand {
    if users.allSatisfy(\.isHeldForPeer), isUsedUnmonitored(users[0].link) { return .inService }
    let demands = users.map { tunnel in
      let sets = tunnel.monitors.lazy.compactMap { monitors[$0] }
      return tunnel.gateDemand(
        isAdopted: sets.contains { $0.isAdopted && ($0.phase == .verifying || $0.phase.isDown) },
        wasOpen: sets.contains { $0.isVerified && $0.phase.isDown }, role: role)
    }
    if demands.contains(.inService) { return .inService }
    if demands.contains(.asFound) { return .asFound }
    return demands.contains(.held) ? .held : .down
  }

  private mutating func changeGate(
    _ name: String, _ users: [Tunnel], opening: Bool, at now: Instant
  ) {
    let request = guardRequest(name, users, at: now)
    let before = record
    var steps = bringUp(name)
    steps += opening ? routes.open(request) : routes.hold(request)
    warnOfContests(name, users[0].name)
    if let step = operstateStep(name) { steps.append(step) }
    steps += lower(name, request)
    let after = record
    // A plan that withdraws carries its record always: the last one may have failed unheard.
    let withdraws = steps.contains(where: \.withdraws)
    let writes = after != recorded || withdraws
    guard !steps.isEmpty || writes else { return }
    if writes { recorded = after }
    out.send(
      .changeGate(
        GatePlan(
          link: name,
          recordBefore: writes && !opening || withdraws ? before.union(after) : nil,
          steps: steps, recordAfter: writes && opening ? after : nil)))
  }

  private mutating func operstateStep(_ name: String) -> GateStep? {
    guard let link = kernel.link(named: name), let gate = gates[name], !gate.isWaitingForLink,
      gate.assertions < Self.assertionLimit
    else { return nil }
    let dormant = gate.demand == .held || gate.demand == .down
    let isSo =
      dormant
      ? link.isLinkModeDormant && (!link.isAdminUp || link.operationalState == .dormant)
      : !link.isLinkModeDormant && link.operationalState != .dormant
    guard !isSo else { return nil }
    gates[name]?.isWaitingForLink = true
    gates[name]?.assertions += 1
    if gate.assertions + 1 == Self.assertionLimit {
      log(.error, "-", "link=\(name) does not keep its operstate: something else sets it")
    }
    return .setDormant(linkIndex: link.index, dormant)
  }

  private func guardRequest(
    _ name: String, _ users: [Tunnel], at now: Instant
  ) -> RouteGuard.Request {
    let link = kernel.link(named: name)
    // At the end everything is put back, a dead set's routes too.
    let monitored = users.filter { $0.monitor != nil }
    let (held, served) = isEnding ? ([], []) : prefixes(of: monitored, at: now)
    let vpns = users.compactMap(\.vpn)
    // A link that is down takes no route: at the end what would go by it stays on record, and what
    // stands in for it goes, since nobody would remove it when the link comes up.
    let isUp = isUpOrRaised(name)
    let takesRoutes = isUp || !isEnding
    return RouteGuard.Request(
      link: name, index: link?.index, isAdminUp: isUp,
      table: kernel.links.table(of: link),
      guardProtocols: vpns.reduce(into: []) { $0.formUnion($1.guardProtocols) },
      owned: takesRoutes ? monitored.compactMap(\.vpn).flatMap(\.routes) : [],
      heldRoute: takesRoutes && vpns.contains { $0.heldRoute == .unreachable }
        ? .unreachable : .none,
      // Nobody probes any more when the agent ends.
      probeDestinations: isEnding ? [] : Set(users.flatMap(probeDestinations)),
      heldPrefixes: held, servedPrefixes: served, takesRoutes: takesRoutes)
  }

  /// Where a tunnel's probes go. Never an outer endpoint of the tunnel's: a route to it through the
  /// link would send ESP into the tunnel.
  private func probeDestinations(_ tunnel: Tunnel) -> [IPAddress] {
    let gateway = tunnel.gateway.flatMap { configuration.gateways[$0] }
    let unknown = IPAddress(family: .ipv4, bits: 0)
    var keys = tunnel.monitors.compactMap { monitors[$0]?.key }
    if keys.isEmpty {
      keys = [tunnel.endpoints ?? SASetKey(local: unknown, remote: unknown, reqid: 0)]
    }
    return keys.flatMap { key in
      [Purpose.verifyPath, .vpnMonitor].compactMap {
        guard case .success(let path) = path(of: tunnel, through: key, for: $0),
          path.destination != key.remote,
          gateway?.addresses.contains(path.destination) != true
        else { return nil }
        return path.destination
      }
    }
  }

  private mutating func warnOfContests(_ name: String, _ tunnel: String) {
    let contested = routes.contested(on: name)
    let known = gates[name]?.contested ?? 0
    gates[name]?.contested = contested.count
    guard contested.count > known, let route = contested.last else { return }
    log(
      .warning, tunnel,
      "link=\(name) another program keeps adding \(route.destination) while the link is held; "
        + "left alone: take its protocol out of guard-protocols or stop that program")
  }

  // MARK: Failures and the end

  mutating func gateFailed(_ failure: GateFailure, at now: Instant) {
    counters.gateFailures += 1
    let name: String
    switch failure {
    case .record(let link, let message):
      name = link
      recorded = nil
      out.timers.set(.record, to: now.advanced(by: Self.recordRetry))
      recordFailed(link, message)
    case .step(let link, let step, let message):
      name = link
      log(.error, "-", "link=\(link) cannot \(step): \(message)")
      routes.undo(step, link: link)
      adminFailed(step, link)
      if step.putsBack { writeRecord(for: link) }
      if case .setDormant = step {
        gates[link]?.isWaitingForLink = false
        // The kernel refused; nobody set it back.
        gates[link]?.assertions -= 1
      }
    }
    retryGate(name, at: now)
  }

  private mutating func recordFailed(_ link: String, _ message: String) {
    guard recordFailure != message else { return }
    recordFailure = message
    log(
      .error, "-",
      "link=\(link) VPN_RECORD_FAILED: the record of held links cannot be written: \(message). "
        + "Links are held without it; multipath routes, nexthop groups and admin flags stay as they are"
    )
  }

  mutating func recordWritten() {
    guard recordFailure != nil else { return }
    recordFailure = nil
    log(.info, "-", "the record of held links is written again")
  }

  /// A route that is not back goes on record again at once: a plan of another link may have
  /// written one without it.
  private mutating func writeRecord(for link: String) {
    recorded = record
    out.send(.changeGate(GatePlan(link: link, recordBefore: record, steps: [])))
  }

  /// Tries again after 1, 2, 4 ... 64 seconds; failures of one plan count once.
  private mutating func retryGate(_ name: String, at now: Instant) {
    let gate = gates[name] ?? Gate()
    guard gate.retryAt.map({ $0 <= now }) ?? true else { return }
    gates[name] = gate
    let deadline = now.advanced(by: .seconds(1 << gate.retries))
    gates[name]?.retries = min(gate.retries + 1, 6)
    gates[name]?.retryAt = deadline
    out.timers.set(.gate(name), to: deadline)
  }

  mutating func shutDown(release: Bool, at now: Instant) {
    isEnding = true
    guard release else { return }
    removeOwnLinks()
    // A gate in service too: with its link away or down it is closed all the same.
    for (name, gate) in gates.sorted(by: { $0.key < $1.key }) where gate.demand != .asFound {
      let users = guardedTunnels(on: name)
      gates[name]?.demand = .inService
      gates[name]?.isWaitingForLink = false
      gates[name]?.assertions = 0
      if !users.isEmpty { changeGate(name, users, opening: true, at: now) }
    }
  }

  /// Opens a gate that no tunnel asks for: an earlier run left it, or its tunnel was forgotten.
  mutating func releaseGate(_ name: String, because why: String) {
    let link = kernel.link(named: name).flatMap { mayRestore($0) ? $0 : nil }
    if link == nil, kernel.links.named(name) != nil { forgetAdmin(name) }
    let request = RouteGuard.Request(
      link: name, index: link?.index, isAdminUp: link?.isAdminUp ?? false, guardProtocols: [],
      owned: [], heldRoute: .none, probeDestinations: [])
    var steps = bringUp(name) + routes.open(request)
    if let link, link.isLinkModeDormant || link.operationalState == .dormant {
      steps.append(.setDormant(linkIndex: link.index, false))
    }
    guard !steps.isEmpty || record != recorded else { return }
    recorded = record
    log(.info, "-", "link=\(name) \(why): released")
    out.send(.changeGate(GatePlan(link: name, steps: steps, recordAfter: record)))
  }
}

extension Tunnel {
  /// Whether the agent changes this tunnel's link.
  var isGuarded: Bool {
    link != nil && (monitor != nil || isHeldForPeer)
      && vpn.map { $0.linkControl != .none } ?? false
  }
}
