/// Most tunnels fail at once: then it is not their SAs that are at fault, and clearing them all
/// would only make the IKE daemon's work harder when the underlay is back.
///
/// Each tunnel's state, gate and routes are as ever; what stops is clearing and the alarm of each.
extension Core {
  /// A tunnel's sets or their losses changed.
  mutating func updateFailureCensus(_ id: TunnelID, at now: Instant) {
    guard let tunnel = tunnels[id] else { return }
    if let interval = watchInterval(of: tunnel), !isStandby {
      // Down comes two intervals after a tunnel begins to fail; others may be two more behind.
      clearPolicy.mass.note(id, condition(of: tunnel), window: interval * 4, at: now)
    } else {
      clearPolicy.mass.forget(id)
    }
    endMassFailure(at: now)
  }

  /// The longest interval in which somebody looks at a tunnel; nil when nobody does.
  private func watchInterval(of tunnel: Tunnel) -> Duration? {
    let remote = tunnel.isConfigured ? tunnel.endpoints?.remote : nil
    let detection = remote.flatMap(deadPeerDetection).map { Duration.seconds($0.interval) }
    return [tunnel.monitor?.interval, detection].compactMap(\.self).max()
  }

  private func condition(of tunnel: Tunnel) -> MassFailure.Condition? {
    var isFailing = false
    let least = tunnel.probeSettings?.failingFrom ?? .max
    for id in tunnel.monitors {
      guard let set = monitors[id] else { continue }
      let losesMany = set.window.consecutiveLosses >= least
      switch set.phase {
      case .up where tunnel.isConfigured && peers.failing.contains(set.key.remote): isFailing = true
      case .up where set.isNeverAnswered || isUnanswered(set, tunnel): continue
      case .up where !losesMany: return .well
      case .up, .verifying: isFailing = isFailing || losesMany
      case .down(.replyInClear), .down(.clearedByOperator): continue
      case .down: isFailing = true
      case .incomplete, .observed, .standby: continue
      }
    }
    return isFailing ? .failing : nil
  }

  /// A tunnel's threshold fell: perhaps it is one of many.
  mutating func beginMassFailure(with id: TunnelID, at now: Instant) {
    updateFailureCensus(id, at: now)
    guard clearPolicy.mass.beginIfMost(at: now) else { return }
    out.timers.set(.mass, to: nil)
    out.counters.massFailures += 1
    out.send(
      .tell(
        .massAlarm(
          MassAlarm(
            isOver: false, failing: clearPolicy.mass.victims.count, total: clearPolicy.mass.total)))
    )
  }

  /// Fewer tunnels fail, or fewer are there: perhaps it is over.
  mutating func endMassFailure(at now: Instant) {
    let total = clearPolicy.mass.total
    guard let left = clearPolicy.mass.endUnlessMost() else { return }
    out.send(.tell(.massAlarm(MassAlarm(isOver: true, failing: left.count, total: total))))
    var longest = Duration.zero
    for tunnel in left.sorted().compactMap({ tunnels[$0] }) {
      for set in tunnel.monitors.compactMap({ monitors[$0] }) {
        // They have the time of a threshold to answer, too.
        let patience = patience(of: set)
        longest = max(longest, patience)
        guard set.clearAt != nil else { continue }
        monitors[set.id]?.planClear(at: now.advanced(by: patience))
        schedule(set.id)
      }
    }
    out.timers.set(.mass, to: now.advanced(by: longest + Punctuality.tolerance))
  }

  /// Tunnels that did not come back with the others have an alarm of their own.
  mutating func raiseSilenced() {
    for tunnel in clearPolicy.mass.takeSilenced().compactMap({ tunnels[$0] })
    where tunnel.state != .up {
      let path = tunnel.monitors.compactMap { monitors[$0]?.path }.first
      raiseAlarm(.down(tunnel.lastFailure?.reason ?? tunnel.reason), for: tunnel, path)
    }
  }

  /// What status says of a mass failure; nil when there is none.
  public func massFailure(at now: Instant) -> MassFailureStatus? {
    clearPolicy.mass.since.map { since in
      MassFailureStatus(
        since: since.duration(to: now).inSeconds, failing: clearPolicy.mass.victims.count,
        total: clearPolicy.mass.total,
        test: clearPolicy.mass.test.flatMap { tunnels[$0.tunnel]?.name })
    }
  }
}

/// A mass failure at one moment.
public struct MassFailureStatus: Codable, Hashable, Sendable {
  /// Seconds since it began.
  public var since: Double
  /// Tunnels that fail.
  public var failing: Int
  /// Tunnels that live, those included.
  public var total: Int
  /// The tunnel that was cleared as a test; null while none is.
  public var test: String?
}
