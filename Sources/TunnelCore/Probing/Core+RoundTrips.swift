/// How long a tunnel's replies take, and what that makes of the time that its probes are given.
extension Core {
  /// The first retransmission of many protocols: a reply that takes longer is none to hope for.
  private static let firstAnswer = Duration.seconds(3)

  /// How long a probe may take: `timeout`, or the interval, but never under three smoothed round trips.
  func timeout(of tunnel: Tunnel, _ policy: Monitor) -> Duration {
    tunnel.roundTrip.timeout(atLeast: ownTimeout(policy))
  }

  /// What the configuration says.
  private func ownTimeout(_ policy: Monitor) -> Duration {
    policy.timeout ?? punctuality.pace(of: policy)
  }

  /// A probe was answered, in time or late. What of the round trip fell into a pause of the agent's
  /// own is no round trip.
  mutating func noteRoundTrip(_ roundTrip: Duration, of reply: ProbeReply) {
    guard let id = monitors[reply.monitor]?.tunnel, let tunnel = tunnels[id],
      let policy = tunnel.monitor
    else { return }
    let sentAt = reply.arrivedAt.advanced(by: .zero - roundTrip)
    let paused = punctuality.lastPause.flatMap {
      Pause(from: $0.from, to: min($0.to, reply.arrivedAt)).lived(since: sentAt)
    }
    let before = timeout(of: tunnel, policy)
    tunnels[id]?.roundTrip.note(roundTrip - (paused ?? .zero))
    guard let changed = tunnels[id] else { return }
    let after = timeout(of: changed, policy)
    if after > before {
      for monitor in tunnel.monitors {
        monitors[monitor]?.window.allow(after)
        schedule(monitor)
      }
    }
    reportDegraded(id, policy)
  }

  /// How long SAs are left to a set for its first reply, whatever the interval: where none has come
  /// yet, or the last SAs failed, it is not known how long it takes.
  func answerTime(of set: SetMonitor) -> Duration {
    guard let tunnel = tunnels[set.tunnel], tunnel.monitor != nil else { return .zero }
    let isKnown = tunnel.roundTrip.smoothed != nil && tunnel.attempts.count == 0
    return isKnown ? .zero : Self.firstAnswer
  }

  /// Replies that come later than the configuration waits are life, and said.
  private mutating func reportDegraded(_ id: TunnelID, _ policy: Monitor) {
    guard let tunnel = tunnels[id], let roundTrip = tunnel.roundTrip.smoothed else { return }
    let own = ownTimeout(policy)
    // Half of it is well below: a path at its edge does not flap.
    if !tunnel.isDegraded, roundTrip > own {
      tunnels[id]?.isDegraded = true
      log(.warning, tunnel.name, "path is degraded: \(degradation(roundTrip, own))")
    } else if tunnel.isDegraded, roundTrip * 2 < own {
      tunnels[id]?.isDegraded = false
      log(
        .info, tunnel.name,
        "path is no longer degraded: round trip \(Self.seconds(roundTrip))")
    }
  }

  private func degradation(_ roundTrip: Duration, _ own: Duration) -> String {
    "round trip \(Self.seconds(roundTrip)), longer than the \(Self.seconds(own)) configured; replies "
      + "are waited for \(Self.seconds(roundTrip * RoundTripMemory.patience))"
  }

  /// Why a path that carries packets is not as it should be; nil when it is.
  func degradation(of tunnel: Tunnel) -> String? {
    guard tunnel.isDegraded, let policy = tunnel.monitor, tunnel.state == .up,
      let roundTrip = tunnel.roundTrip.smoothed
    else { return nil }
    return degradation(roundTrip, ownTimeout(policy))
  }

  /// "1.4 s", "35 ms".
  private static func seconds(_ duration: Duration) -> String {
    let milliseconds = duration.nanoseconds / 1_000_000
    guard milliseconds >= 1000 else { return "\(milliseconds) ms" }
    return "\(milliseconds / 1000).\(milliseconds / 100 % 10) s"
  }
}
