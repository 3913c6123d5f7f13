import TunnelCore

/// Effects that take more than one call.
extension Agent {
  func changeGate(_ plan: GatePlan) -> [Event] {
    let before = gateKeeper.failure
    let failures = gateKeeper.perform(plan, requests).map { Event.gateFailed($0) }
    if before != nil, gateKeeper.failure == nil { return failures + [.recordWritten] }
    return failures
  }

  func makeLink(_ name: String, _ ifID: UInt32) -> [Event] {
    do {
      try requests.makeProbeLink(name, ifID: ifID)
      log(.info, "-", "made link \(name) for the probes of SAs with if_id \(ifID)")
      return []
    } catch {
      return [.ownLinkFailed(ifID: ifID, message: error.description)]
    }
  }

  func removeLink(_ index: Int32) {
    do {
      try requests.deleteLink(index)
    } catch {
      log(.warning, "-", "cannot remove a link of the agent's: \(error)")
    }
  }

  func ask(_ target: IKEPing.Target) throws(EdgeError) -> [Event] {
    let failures = pinger.ask(target)
    for descriptor in pinger.takeInterests() { watch(descriptor) }
    return failures
  }

  /// The kernel tells the IKE daemon that the SA is near its end; the SA stays.
  func rekey(_ sa: SecurityAssociation) {
    do {
      _ = try requests.expire(sa.key, checking: sa, hard: false)
    } catch {
      log(.warning, "-", "cannot have \(sa.key) rekeyed: \(error)")
    }
  }

  /// Expires one SA, or deletes it as the last resort; it is read again and compared first.
  func clear(
    _ sa: SecurityAssociation, _ monitor: MonitorID, _ tunnel: String, deleting: Bool = false
  ) -> Event? {
    do {
      let outcome =
        deleting
        ? try requests.delete(sa.key, checking: sa) : try requests.expire(sa.key, checking: sa)
      switch outcome {
      case .expired: log(.info, tunnel, "cleared \(sa.key)")
      case .deleted: log(.warning, tunnel, "deleted \(sa.key): expiring it did nothing")
      case .gone: log(.info, tunnel, "\(sa.key) was gone already")
      case .differs: log(.warning, tunnel, "\(sa.key) is another SA by now: left alone")
      }
      return nil
    } catch {
      return .clearFailed(monitor, sa.key, message: error.description)
    }
  }

  /// Starts a `renegotiate-command`.
  func run(_ tunnel: TunnelID, _ words: [String]) -> [Event] {
    do {
      watch(
        try processes.start(tunnel, words, bound: .seconds(30), at: monotonicNow()))
      return []
    } catch {
      return [.commandEnded(tunnel, .notStarted(error.reason))]
    }
  }

  /// Has the operator's program told of an alarm.
  func notify(_ notice: Notice) throws(EdgeError) {
    notifier.post(notice, at: monotonicNow())
    try watchNotifier()
  }

  func watchNotifier() throws(EdgeError) {
    for descriptor in notifier.takeInterests() { watch(descriptor) }
  }
}
