/// What is done to SAs whose path is dead: how they are cleared.
///
/// `authorizeClear` is the one question that guards answer (`ClearPolicy`), unless an operator clears;
/// `beginLadder` is the one place from which SAs are taken away.
extension Core {
  /// Clears the SAs of a set if the guards let it; if not, they have said when to ask again.
  mutating func requestClear(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], kernel.sas.sets[monitor.key] != nil else { return }
    monitors[id]?.endClearPlan()
    if monitor.phase == .down(.peerDead) { return clearPeer(of: monitor, at: now) }
    guard authorizeClear(of: [id], at: now) else { return }
    clearWithinAttempt(id, at: now)
  }

  /// Clears the SAs of a set in an attempt on its tunnel, now that the guards have let it.
  ///
  /// - Parameter isTerminated: as `performClear` has it.
  mutating func clearWithinAttempt(_ id: MonitorID, isTerminated: Bool = false, at now: Instant) {
    if let tunnel = monitors[id]?.tunnel { note(.cleared, of: tunnel, at: now) }
    let wait = beginAttempt(with: id, at: now)
    performClear(id, isTerminated: isTerminated, holding: wait, at: now)
  }

  /// Clears the SAs of a set whatever the guards say; the link stays held for `wait`, or an interval.
  ///
  /// - Parameters:
  ///   - isTerminated: whether the IKE daemon is told to forget the peer's IKE SA.
  ///   - cause: for metrics; nil: what the set went down by.
  mutating func performClear(
    _ id: MonitorID, isTerminated: Bool = false, because cause: TunnelCounters.ClearCause? = nil,
    holding wait: Duration = .zero, at now: Instant
  ) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel],
      let set = kernel.sas.sets[monitor.key]
    else { return }
    monitors[id]?.endClearPlan()
    monitors[id]?.clears += 1
    count(id) { $0.clears[cause ?? monitor.clearCause, default: 0] += 1 }
    monitors[id]?.clearedAt = now
    monitors[id]?.isNeverAnswered = false
    if cause == .command {
      // An order stands, whatever answers.
      monitors[id]?.window.restart()
    } else {
      monitors[id]?.window.recount()
    }
    if let interval = tunnel.monitor?.interval {
      monitors[id]?.nextProbe = now.advanced(by: interval)
      keepHeld(id, max(interval, wait), at: now)
    }
    beginLadder(
      id, set, of: tunnel, isTerminated: isTerminated, isOrdered: cause == .command, at: now)
  }

  // MARK: The ladder

  /// Takes the SAs of a set away, so that the tunnel is negotiated anew: through the IKE daemon
  /// when it answers, else by the kernel's own EXPIRE. A clear of the same SAs that is under way
  /// goes on; SAs that it does not cover have not been asked for, and begin at the top.
  private mutating func beginLadder(
    _ id: MonitorID, _ set: SASet, of tunnel: Tunnel, isTerminated: Bool, isOrdered: Bool,
    at now: Instant
  ) {
    if let ladder = monitors[id]?.ladder, ladder.covers(set.all) {
      if isTerminated { monitors[id]?.ladder?.leaveToDaemon() }
      if isOrdered { monitors[id]?.ladder?.order() }
    } else if lists.isConnected {
      monitors[id]?.ladder = .throughDaemon(
        set, isTerminated: isTerminated, isOrdered: isOrdered, at: now)
      lists.want(at: now, &out)
    } else {
      let (ladder, act) = ClearLadder.byKernel(set, isOrdered: isOrdered, at: now)
      monitors[id]?.ladder = ladder
      perform(act, on: id, of: tunnel, at: now)
    }
  }

  /// The next rung, for SAs that the last one left.
  mutating func ladderOverdue(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], var ladder = monitor.ladder,
      let tunnel = tunnels[monitor.tunnel]
    else { return }
    let left = remaining(of: monitor)
    guard !left.isEmpty, ladder.isOrdered || isToBeCleared(monitor) else {
      endClearing(id)
      // Nobody says any more that its peer is dead.
      return reviveSet(monitor.key, at: now)
    }
    let act = ladder.overdue(left, at: now)
    monitors[id]?.ladder = ladder
    perform(act, on: id, of: tunnel, at: now)
    schedule(id)
  }

  private mutating func perform(
    _ act: ClearLadder.Act, on id: MonitorID, of tunnel: Tunnel, at now: Instant
  ) {
    switch act {
    case .expire(let list):
      awaitRestoration(of: tunnel, at: now)
      tunnels[tunnel.id]?.owesNegotiation = tunnel.vpn?.establishTunnels != .responderOnly
      out.send(.sa(.clear(id, tunnel: tunnel.name, list)))
    case .delete(let list):
      out.send(.sa(.delete(id, tunnel: tunnel.name, list)))
      endClearing(id)
    }
  }

  mutating func clearFailed(_ id: MonitorID, _ sa: SAKey, _ message: String) {
    out.counters.clearFailures += 1
    let name = monitors[id].flatMap { tunnels[$0.tunnel]?.name } ?? "-"
    log(.warning, name, "cannot clear \(sa): \(message)")
  }

  /// Stops looking after SAs that are gone.
  mutating func forgetCleared(_ id: MonitorID) {
    guard let monitor = monitors[id], monitor.ladder != nil, remaining(of: monitor).isEmpty
    else { return }
    endClearing(id)
    schedule(id)
  }

  /// A clear is over, or is not to go on.
  mutating func endClearing(_ id: MonitorID) { monitors[id]?.ladder = nil }

  /// A set whose SAs were to go shows life, or is not to be cleared any more: nothing more is taken
  /// from it, also not with the IKE SA of a peer that was thought dead.
  ///
  /// What an operator has ordered goes all the same; returns whether it does not.
  @discardableResult
  mutating func spare(_ id: MonitorID, at now: Instant) -> Bool {
    guard monitors[id]?.ladder?.isOrdered != true else { return false }
    monitors[id]?.endClearPlan()
    endClearing(id)
    for other in renegotiator.terminations.spare(id) {
      monitors[other]?.ladder?.askDaemon(at: now)
    }
    return true
  }

  /// Settings are others: what they would not clear is not cleared, unless an operator asked for it.
  mutating func spareUnwanted(of tunnel: TunnelID, at now: Instant) {
    for set in (tunnels[tunnel]?.monitors ?? []).compactMap({ monitors[$0] }) {
      guard let ladder = set.ladder, !ladder.isOrdered, !isToBeCleared(set) else { continue }
      spare(set.id, at: now)
      schedule(set.id)
    }
  }

  /// Sets whose children the IKE daemon is to terminate.
  var setsForDaemon: [(set: SetMonitor, ladder: ClearLadder, since: Instant)] {
    monitors.values.compactMap { set in
      guard let ladder = set.ladder, let since = ladder.askedSince else { return nil }
      return (set, ladder, since)
    }.sorted { $0.set.id < $1.set.id }
  }

  private func remaining(of monitor: SetMonitor) -> [SecurityAssociation] {
    guard let set = kernel.sas.sets[monitor.key], let ladder = monitor.ladder else { return [] }
    return ladder.sas.filter { set.inbound[$0.key] != nil || set.outbound[$0.key] != nil }
  }
}
