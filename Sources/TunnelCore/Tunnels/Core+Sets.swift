/// Sets appear, are rekeyed and vanish.
extension Core {
  /// Looks at a set whose SAs changed.
  mutating func refresh(_ key: SASetKey, at now: Instant) {
    let before = owner(of: key)
    refreshSet(key, at: now)
    let after = owner(of: key)
    if let before { noteWholeness(before) }
    if let after, after != before { noteWholeness(after) }
  }

  /// The tunnel that a set is one of; nil while nobody monitors the set.
  func tunnelOfSet(_ key: SASetKey) -> TunnelID? {
    monitorOfSet[key].flatMap { monitors[$0]?.tunnel }
  }

  /// Likewise; nothing of the set is copied to be asked.
  private mutating func owner(of key: SASetKey) -> TunnelID? {
    monitorOfSet[key].flatMap { id in monitors.with(id) { $0.tunnel } }
  }

  /// Keeps what is known of tunnels without SAs.
  mutating func noteWholeness(_ id: TunnelID) {
    let found = tunnels.with(id) { ($0.monitors, $0.nameObstacle != nil && !$0.isOrphaned) }
    guard let (sets, hasObstacle) = found else { return }
    let isWhole = sets.contains { set in
      monitors.with(set) { $0.key }.flatMap { kernel.sas.sets[$0]?.isComplete } ?? false
    }
    tunnelIndex.note(id, hasWholeSet: isWhole)
    if isWhole, hasObstacle { tunnels.with(id) { $0.nameObstacle = nil } }
  }

  /// The monitor of a set that is there, made where it is new in this tunnel.
  private mutating func monitor(of key: SASetKey, in tunnel: TunnelID, at now: Instant) -> MonitorID
  {
    if let id = monitorOfSet[key] {
      let old = monitors.with(id) { set -> TunnelID in
        set.knownPath = nil
        return set.tunnel
      }
      guard let old, old != tunnel else { return id }
      drop(id, at: now)
      reconcile(old, at: now)
    }
    let id = monitorOfSet[key] ?? addMonitor(for: key, in: tunnel)
    if tunnels.with(tunnel, { $0.vpn == nil }) == true {
      judgeLinks(towards: key.remote, at: now)
    }
    return id
  }

  private mutating func refreshSet(_ key: SASetKey, at now: Instant) {
    guard let set = kernel.sas.sets[key] else {
      if let id = monitorOfSet[key] { becameIncomplete(id, at: now) }
      return
    }
    guard let tunnel = tunnel(for: set, at: now) else { return }
    let id = monitor(of: key, in: tunnel, at: now)
    let isLinkless = tunnels.with(tunnel) { tunnel -> Bool in
      tunnel.endpoints = key
      return tunnel.link == nil
    }
    if isLinkless == true { ownLinks.touch(key.ifID) }
    let isWaiting = monitors.with(id) { $0.phase == .incomplete || $0.absentUntil != nil }
    guard let isWaiting else { return }
    let misplaced = misplacement(of: set, in: tunnel)
    noteMisplacement(misplaced, of: id, at: now)
    let isUsable = set.isComplete && misplaced == nil
    if set.isComplete { rememberHome(of: set, in: tunnel) }
    if isUsable, isWaiting {
      becameComplete(id, at: now)
    } else if isUsable, mustLookAnew(id) {
      startFresh(id, because: .probeable, at: now)
      reconcile(tunnel, at: now)
    } else if !isUsable, !isWaiting {
      becameIncomplete(id, at: now)
    }
    if set.isComplete { monitors.with(id) { $0.sas = set.list } }
    forgetCleared(id)
  }

  private mutating func addMonitor(for key: SASetKey, in tunnel: TunnelID) -> MonitorID {
    let id = newMonitorID()
    monitors[id] = SetMonitor(id: id, tunnel: tunnel, key: key)
    setSelectors(lastSelectors(of: key, in: tunnel), of: id)
    monitorOfSet[key] = id
    tunnels[tunnel]?.monitors.append(id)
    tunnels[tunnel]?.hasCarried = true
    return id
  }

  /// A pair of SAs is there: a set comes back or was moved, or is new.
  private mutating func becameComplete(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], let set = kernel.sas.sets[monitor.key] else { return }
    out.timers.set(.restoration(monitor.tunnel), to: nil)
    if let earlier = predecessor(of: monitor, with: set) {
      if earlier.id != id {
        monitors[id]?.enter(earlier.phase, because: .continued, on: earlier.grounds)
        monitors[id]?.isVerified = earlier.isVerified
        monitors[id]?.isAdopted = earlier.isAdopted
        monitors[id]?.provenDestination = earlier.provenDestination
        monitors[id]?.isNeverAnswered = earlier.isNeverAnswered
        monitors[id]?.window = earlier.window
        monitors[id]?.pathMTU = earlier.pathMTU
        drop(earlier.id, at: now)
      }
      continueProven(id, asMoved: earlier.isMoved(to: set), at: now)
    } else {
      monitors[id]?.absentUntil = nil
      startFresh(id, at: now)
      sayUnrestorable(monitor.tunnel)
    }
    reconcile(monitor.tunnel, at: now)
  }

  /// The set that went a moment ago while its path was proven, and that this one continues: the
  /// same SAs between other endpoints (MOBIKE), or others between the same ones (reauthentication;
  /// where losses had begun, that is no coincidence and no continuation).
  private func predecessor(of monitor: SetMonitor, with set: SASet) -> SetMonitor? {
    let waiting = (tunnels[monitor.tunnel]?.monitors ?? []).compactMap { monitors[$0] }
      .filter { $0.absentUntil != nil }
    return waiting.first { $0.isMoved(to: set) }
      ?? waiting.first { $0.key == set.key && $0.isHealthy }
      ?? waiting.first {
        $0.isHealthy && $0.key.local == set.key.local && $0.key.remote == set.key.remote
          && (monitor.selectors.isEmpty || $0.selectors.isEmpty
            || monitor.selectors == $0.selectors)
      }
  }

  private mutating func continueProven(_ id: MonitorID, asMoved isMoved: Bool, at now: Instant) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel] else { return }
    monitors[id]?.absentUntil = nil
    monitors[id]?.window.restart()
    monitors[id]?.pathMTU.reconsider()
    monitors[id]?.bornAt = now
    monitors[id]?.nextProbe = tunnel.monitor == nil ? nil : now
    note(isMoved ? .moved : .reauthenticated, of: tunnel.id, at: now)
    let what =
      isMoved
      ? "SAs were moved, now between \(monitor.key.local) and \(monitor.key.remote)"
      : "SAs are back (reauthentication)"
    log(.info, tunnel.name, "\(what), path stays verified")
    schedule(id)
  }

  /// A set that nobody has verified: the window starts at zero with a probe at once.
  ///
  /// - Parameters:
  ///   - isSpread: many sets start at once.
  ///   - grounds: why, unless it is the agent's start or a reload.
  mutating func startFresh(
    _ id: MonitorID, isSpread: Bool = false, because grounds: Reason = .negotiated, at now: Instant
  ) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel] else { return }
    let wasThere = !hasStarted || isReloading
    let isAdopted = wasThere && !wasHeld(monitor)
    let isFoundHeld = !isAdopted && tunnel.monitor != nil
    let grounds = wasThere ? groundsOfFound(isHeld: isFoundHeld) : grounds
    guard let policy = tunnel.monitor else {
      monitors[id]?.enter(.up, because: .begun, on: grounds)
      monitors[id]?.bornAt = now
      // Nobody will prove more.
      tunnels[tunnel.id]?.attempts.succeed()
      return
    }
    if isStandby { return standBy(id) }
    if let mark = unmatchedMark(tunnel, monitor.key) { return observe(id, mark) }
    monitors[id]?.obstacle = nil
    let needsProof = policy.verifyPath != nil
    let mustRecover = mustRecover(tunnel, at: now)
    monitors[id]?.isAdopted = isAdopted
    monitors[id]?.isVerified = !needsProof
    monitors[id]?.provenDestination = nil
    monitors[id]?.isNeverAnswered = false
    monitors[id]?.enter(needsProof || mustRecover ? .verifying : .up, because: .begun, on: grounds)
    monitors[id]?.window.restart()
    monitors[id]?.bornAt = now
    startMeter(id)
    let spread = hasStarted && !isSpread ? .zero : startSpread(id, policy)
    monitors[id]?.nextProbe = now.advanced(by: spread)
    schedule(id)
  }

  private func groundsOfFound(isHeld: Bool) -> Reason {
    isHeld ? .foundHeld : isReloading ? .reloaded : .adopted
  }

  /// Nothing can be sent through the set, so nothing is made of silence either.
  private mutating func observe(_ id: MonitorID, _ mark: Mark) {
    guard let tunnel = monitors[id].flatMap({ tunnels[$0.tunnel] }) else { return }
    tunnels[tunnel.id]?.attempts.succeed()
    monitors[id]?.enter(.observed, because: .noWay)
    monitors[id]?.obstacle = .marked(mark)
    monitors[id]?.nextProbe = nil
    monitors[id]?.endClearPlan()
    monitors[id]?.window.forgetOutstanding()
    log(.warning, tunnel.name, "not probed: \(ProbeObstacle.marked(mark))")
    schedule(id)
  }

  /// An SA joined a set without a proven one: it is no rekey but a new negotiation, and must not be
  /// judged, let alone cleared, by what the older SAs lost.
  mutating func restartForNewSAs(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id] else { return }
    monitors[id]?.endClearPlan()
    if monitor.phase == .verifying {
      monitors[id]?.window.restart()
      monitors[id]?.bornAt = now
      monitors[id]?.nextProbe = now
      schedule(id)
    } else {
      startFresh(id, at: now)
    }
    reconcile(monitor.tunnel, at: now)
  }

  /// Other settings apply to a set from now on.
  mutating func restartForNewSettings(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], monitor.phase != .incomplete, monitor.absentUntil == nil
    else { return }
    monitors[id]?.window.restart()
    monitors[id]?.nextProbe = nil
    monitors[id]?.endClearPlan()
    startFresh(id, at: now)
    schedule(id)
  }

  /// At start thousands of sets appear at once: their first probes are spread over an interval,
  /// a second at most. The golden ratio keeps neighbours apart whatever their number.
  private func startSpread(_ id: MonitorID, _ policy: Monitor) -> Duration {
    let fraction = (Double(id.rawValue - 1) * 0.618_033_988_749_895)
      .truncatingRemainder(dividingBy: 1)
    return min(policy.interval, .seconds(1)) * fraction
  }

  /// A direction has no SA any more: wait if the path was proven, else forget the set.
  private mutating func becameIncomplete(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id] else { return }
    if monitor.phase == .incomplete || monitor.absentUntil != nil {
      if kernel.sas.sets[monitor.key] == nil, monitor.absentUntil == nil {
        setVanished(id, at: now)
        reconcile(monitor.tunnel, at: now)
      }
      return
    }
    monitors[id]?.window.forgetOutstanding()
    monitors[id]?.nextProbe = nil
    monitors[id]?.endClearPlan()
    if monitor.phase == .up {
      let grace = monitor.isHealthy ? Self.absentGrace : Self.moveGrace
      monitors[id]?.absentUntil = now.advanced(by: grace)
      schedule(id)
    } else if kernel.sas.sets[monitor.key] == nil {
      setVanished(id, at: now)
    } else {
      monitors[id]?.enter(.incomplete, because: .gone)
      schedule(id)
    }
    reconcile(monitor.tunnel, at: now)
  }

  /// The set did not come back in time.
  mutating func endAbsence(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id] else { return }
    if kernel.sas.sets[monitor.key] == nil {
      setVanished(id, at: now)
    } else {
      monitors[id]?.absentUntil = nil
      monitors[id]?.enter(.incomplete, because: .gone)
      schedule(id)
    }
    reconcile(monitor.tunnel, at: now)
  }

  mutating func drop(_ id: MonitorID, at now: Instant) {
    setSelectors([], of: id)
    guard let monitor = monitors.removeValue(forKey: id) else { return }
    if monitor.path?.way.needsSocket == true { out.send(.probe(.end(id))) }
    if tunnels[monitor.tunnel]?.link == nil { ownLinks.touch(monitor.key.ifID) }
    if monitorOfSet[monitor.key] == id { monitorOfSet[monitor.key] = nil }
    out.setTimers.dropStale(&monitors)
    tunnels[monitor.tunnel]?.monitors.removeAll { $0 == id }
    noteWholeness(monitor.tunnel)
    guard let tunnel = tunnels[monitor.tunnel], tunnel.vpn == nil else { return }
    if tunnel.monitors.isEmpty { forget(tunnel.id) }
    if let link = tunnel.link { reconcileGate(link, at: now) }
    judgeLinks(towards: monitor.key.remote, at: now)
  }
}
