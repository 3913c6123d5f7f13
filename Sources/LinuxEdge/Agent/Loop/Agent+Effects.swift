import TunnelCore

/// What the core asks for.
extension Agent {
  /// Does all that came of one event, in its order, but for gates: those that nothing else that changes
  /// the system stands between are changed together.
  func perform(_ effects: [Effect]) -> [Event] {
    var events: [Event] = []
    var plans: [GatePlan] = []
    func changeThem() {
      if !plans.isEmpty { events += changeGates(plans) }
      plans = []
    }
    for effect in effects {
      if case .gate(.change(let plan)) = effect, dryRun == nil {
        plans.append(plan)
      } else {
        if effect.mustFollowGates { changeThem() }
        events += perform(effect)
      }
    }
    changeThem()
    return events
  }

  func perform(_ effect: Effect) -> [Event] {
    if let events = dryRun?.events(insteadOf: effect, notify: notifier.command) { return events }
    switch effect {
    case .probe(let effect): return perform(effect)
    case .gate(let effect): return perform(effect)
    case .sa(let effect): return perform(effect)
    case .daemon(let request):
      return vici.request(request, at: monotonicNow()).map { .vici($0) }
    case .negotiate(let effect): return perform(effect)
    case .peer(let effect): return perform(effect)
    case .badSPI(let effect): return perform(effect)
    case .tell(let effect):
      perform(effect)
      return []
    }
  }

  // MARK: Probes and peers

  private func perform(_ effect: ProbeEffect) -> [Event] {
    switch effect {
    case .send(let probe):
      probes.enqueue(probe, at: monotonicNow())
      return []
    case .end(let monitor):
      probes.end(monitor)
      return []
    case .readCounters(let monitor, let keys):
      return probes.flush() + readProbes() + [.counters(monitor, readCounters(keys))]
    }
  }

  private func perform(_ effect: PeerEffect) -> [Event] {
    switch effect {
    case .ping(let target):
      return ask(target)
    case .readCounters(let detector, let keys):
      // What waits to be sent was counted as sent already.
      return probes.flush() + readProbes() + [.peerCounters(detector, readCounters(keys))]
    }
  }

  private func ask(_ target: IKEPing.Target) -> [Event] {
    let failures = pinger.ask(target)
    for descriptor in pinger.takeInterests() { watch(descriptor, for: .pinger) }
    return failures
  }

  /// Packets through each SA that is still there.
  func readCounters(_ keys: [SAKey]) -> [SAKey: UInt64] {
    var counts: [SAKey: UInt64] = [:]
    for key in keys {
      do {
        counts[key] = try requests.securityAssociation(key)?.packets
      } catch {
        log(.warning, "-", "cannot read the counters: \(error)")
      }
    }
    return counts
  }

  // MARK: Gates

  private func perform(_ effect: GateEffect) -> [Event] {
    switch effect {
    case .change(let plan):
      return changeGates([plan])
    case .readRoutes:
      return [readRoutes()]
    case .makeLink(let name, let ifID):
      return makeLink(name, ifID)
    case .removeLink(let index):
      removeLink(index)
      return []
    }
  }

  private func changeGates(_ plans: [GatePlan]) -> [Event] {
    let before = gateKeeper.failure
    let failures = gateKeeper.perform(plans, requests).map { Event.gateFailed($0) }
    if before != nil, gateKeeper.failure == nil { return failures + [.recordWritten] }
    return failures
  }

  private func makeLink(_ name: String, _ ifID: UInt32) -> [Event] {
    do {
      try requests.makeProbeLink(name, ifID: ifID)
      log(.info, "-", "created link \(name) for the probes of SAs with if_id \(ifID)")
      return []
    } catch {
      return [.ownLinkFailed(ifID: ifID, message: error.description)]
    }
  }

  private func removeLink(_ index: Int32) {
    do {
      try requests.deleteLink(index)
    } catch {
      log(.warning, "-", "cannot remove one of the agent's own links: \(error)")
    }
  }

  // MARK: SAs

  private func perform(_ effect: SAEffect) -> [Event] {
    switch effect {
    case .clear(let monitor, let tunnel, let sas):
      return sas.compactMap { clear($0, monitor, tunnel) }
    case .delete(let monitor, let tunnel, let sas):
      return sas.compactMap { clear($0, monitor, tunnel, deleting: true) }
    case .rekey(let sa):
      rekey(sa)
      return []
    case .readExpireListeners:
      return [readExpireListeners()]
    case .dumpCounters:
      return dumpCounters()
    }
  }

  /// Expires one SA, or deletes it as the last resort; it is read again and compared first.
  private func clear(
    _ sa: SecurityAssociation, _ monitor: MonitorID, _ tunnel: String, deleting: Bool = false
  ) -> Event? {
    do {
      let outcome =
        deleting
        ? try requests.delete(sa.key, checking: sa) : try requests.expire(sa.key, checking: sa)
      switch outcome {
      case .expired: log(.info, tunnel, "cleared \(sa.key)")
      case .deleted: log(.warning, tunnel, "deleted \(sa.key): expiring it did nothing")
      case .gone: log(.info, tunnel, "\(sa.key) was already gone")
      case .differs: log(.warning, tunnel, "\(sa.key) was replaced meanwhile; not cleared")
      }
      return nil
    } catch {
      return .clearFailed(monitor, sa.key, message: error.description)
    }
  }

  /// The kernel tells the IKE daemon that the SA is near its end; the SA stays.
  private func rekey(_ sa: SecurityAssociation) {
    do {
      _ = try requests.expire(sa.key, checking: sa, hard: false)
    } catch {
      log(.warning, "-", "cannot request a rekey of \(sa.key): \(error)")
    }
  }

  // MARK: Negotiation

  private func perform(_ effect: NegotiateEffect) -> [Event] {
    switch effect {
    case .run(let tunnel, let words):
      return run(tunnel, words)
    case .trigger(let tunnel, let packet):
      let errno = probes.send(packet)
      return errno == 0 ? [] : [.triggerFailed(tunnel, errno: errno)]
    }
  }

  /// Starts a `renegotiate-command`.
  private func run(_ tunnel: TunnelID, _ words: [String]) -> [Event] {
    do {
      let descriptor = try processes.start(
        tunnel, words, bound: .seconds(30), at: monotonicNow())
      watch(descriptor, for: .commands)
      return []
    } catch {
      return [.commandEnded(tunnel, .notStarted(error.reason))]
    }
  }

  // MARK: The operator

  private func perform(_ effect: TellEffect) {
    switch effect {
    case .answer(let request, let answer):
      let notes = notes.removeValue(forKey: request) ?? []
      reply(request, ControlAnswer(answer, after: notes).json())
    case .countersRead:
      makeReports()
    case .alarm(let alarm):
      log(alarm)
      notify(alarm.notice)
    case .massAlarm(let alarm):
      log(alarm)
      notify(alarm.notice)
    case .recordAlarm(let alarm):
      log(alarm)
      notify(alarm.notice)
    case .log(let level, let tunnel, let text):
      log(level, tunnel, text)
      if tunnel != "-" { service.tunnelsChanged(at: monotonicNow()) }
    }
  }

  /// Has the operator's program told of an alarm.
  private func notify(_ notice: Notice) {
    notifier.post(notice, at: monotonicNow())
    watchNotifier()
  }

  func watchNotifier() {
    for descriptor in notifier.takeInterests() { watch(descriptor, for: .notifier) }
  }
}

extension Effect {
  /// Whether gates that were asked for before it must have changed by then.
  fileprivate var mustFollowGates: Bool {
    switch self {
    case .probe, .peer, .badSPI: false
    case .gate, .sa, .daemon, .negotiate: true
    case .tell(let effect):
      switch effect {
      case .alarm, .massAlarm, .recordAlarm, .countersRead, .log: false
      case .answer: true
      }
    }
  }
}
