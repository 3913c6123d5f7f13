/// Which destinations of vpn-monitor have answered. Of one that has not, silence proves nothing: it
/// may drop ICMP. verify-path asks for proof, so its destinations are not looked at.
extension Core {
  /// Answers that come together are written at once.
  private static let recordDelay = Duration.seconds(5)

  /// A probe of a set was answered.
  mutating func noteAnswer(_ id: MonitorID, at now: Instant) {
    let news = monitors.with(id) { set -> IPAddress? in
      guard let destination = set.path?.destination else { return nil }
      if set.purpose == .verifyPath {
        set.provenDestination = destination
      } else if destination != set.provenDestination, destination != set.answeredDestination {
        return destination
      }
      set.isNeverAnswered = false
      return nil
    }
    guard let first = news ?? nil else { return }
    noteFirstAnswer(id, from: first, at: now)
    monitors[id]?.isNeverAnswered = false
  }

  private mutating func noteFirstAnswer(
    _ id: MonitorID, from destination: IPAddress, at now: Instant
  ) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel] else { return }
    guard isUnanswered(monitor, tunnel) else {
      // With `never-answered = "clear"` nothing is remembered: another setting may apply later.
      if memory.hasAnswered(destination, of: tunnel.name) {
        monitors[id]?.answeredDestination = destination
      }
      return
    }
    monitors[id]?.answeredDestination = destination
    gates.disk.mustSay(of: memory.noteAnswer(from: destination, of: tunnel.name))
    if monitor.isNeverAnswered {
      log(.info, tunnel.name, "\(destination) answers: losses count from now on")
    }
    if out.timers.deadline(of: .record) == nil {
      out.timers.set(.record, to: now.advanced(by: Self.recordDelay))
    }
  }

  /// Late, but an answer: silence of this destination counts from now on.
  mutating func noteLateAnswer(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], monitor.purpose == .vpnMonitor else { return }
    noteAnswer(id, at: now)
    if monitor.isNeverAnswered { monitors[id]?.window.restart() }
  }

  /// Whether a set is probed at a destination that has never answered, and must not be judged by it.
  func isUnanswered(_ monitor: SetMonitor, _ tunnel: Tunnel) -> Bool {
    guard tunnel.monitor?.neverAnswered == .warn, monitor.purpose == .vpnMonitor,
      let destination = monitor.path?.destination, destination != monitor.provenDestination
    else { return false }
    return !memory.hasAnswered(destination, of: tunnel.name)
  }

  /// A threshold fell, and nothing is made of it: the destination has never answered. That is said once.
  mutating func ignoreSilence(of id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel] else { return }
    monitors[id]?.isNeverAnswered = true
    noteGoodProbe(of: tunnel.id, at: now)
    if monitor.phase == .verifying || monitor.phase == .down(.clearedByOperator) {
      // It is held for a proof that an earlier destination gave, and this one may never give.
      monitors[id]?.enter(.up, because: .excused, on: .silenceIgnored)
      reconcile(tunnel.id, at: now)
    }
    let destination = monitor.path.map { $0.destination.description } ?? "-"
    let several = tunnel.monitors.count > 1 ? monitor.name : nil
    guard tunnels[tunnel.id]?.warnedOf.insert(destination).inserted == true else { return }
    raiseAlarm(
      .unproven(
        "\(destination) has never answered a probe: losses ignored (never-answered = warn); set a "
          + "destination-ip that answers ping, or never-answered = \"clear\""),
      for: tunnel, monitor.path, selectors: several)
  }

  /// `never-answered` has changed: losses count from zero, and nothing is held any more for silence
  /// that proves nothing now.
  mutating func judgeSilenceAnew(_ id: MonitorID) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel] else { return }
    monitors[id]?.isNeverAnswered = false
    monitors[id]?.window.restart()
    guard monitor.phase == .down(.monitorFailure), isUnanswered(monitor, tunnel) else { return }
    monitors[id]?.enter(.up, because: .excused, on: .silenceIgnored)
    monitors[id]?.endClearPlan()
  }
}
