/// How long a tunnel's replies take, and what that makes of the time that its probes are given.
extension Core {
  /// The first retransmission of many protocols: a reply that takes longer is none to hope for.
  private static let firstAnswer = Duration.seconds(3)

  /// How long a probe may take: `timeout`, or the interval, but never under three smoothed round trips.
  func timeout(of tunnel: Tunnel, _ policy: Monitor) -> Duration {
    tunnel.roundTrip.timeout(atLeast: ownTimeout(policy.timeout, policy.interval))
  }

  /// Likewise, as the tunnel's settings are; nil when nobody monitors it.
  mutating func timeout(of id: TunnelID) -> Duration? {
    guard let (known, roundTrip) = tunnels.with(id, { ($0.probeSettings, $0.roundTrip) }),
      let settings = known
    else { return nil }
    return roundTrip.timeout(atLeast: ownTimeout(settings.timeout, settings.interval))
  }

  /// What the configuration says.
  private func ownTimeout(_ timeout: Duration?, _ interval: Duration) -> Duration {
    timeout ?? punctuality.pace(interval)
  }

  /// A probe was answered, in time or late. What of the round trip fell into a pause of the agent's
  /// own is no round trip.
  mutating func noteRoundTrip(_ roundTrip: Duration, of reply: ProbeReply, on id: TunnelID) {
    let sample = roundTrip - pause(in: roundTrip, before: reply.arrivedAt)
    let stretch = punctuality.stretch
    let change = tunnels.with(id) { tunnel -> (longer: Duration?, isOther: Bool)? in
      guard let settings = tunnel.probeSettings else { return nil }
      let own = settings.timeout ?? Punctuality.pace(settings.interval, stretch)
      let wasDegraded = tunnel.isDegraded
      // By itself: the whole tunnel would be copied to ask for it.
      var memory = tunnel.roundTrip
      let before = memory.timeout(atLeast: own)
      memory.note(sample)
      tunnel.roundTrip = memory
      let after = memory.timeout(atLeast: own)
      return (
        before < after ? after : nil, memory.isDegraded(own, was: wasDegraded) != wasDegraded
      )
    }
    guard let change = change ?? nil else { return }
    if let longer = change.longer {
      for monitor in tunnels.with(id, { $0.monitors }) ?? [] {
        monitors[monitor]?.window.allow(longer)
        schedule(monitor)
      }
    }
    if change.isOther { reportDegraded(id) }
  }

  /// How long the agent itself did not run, of a time that ended then.
  private func pause(in time: Duration, before end: Instant) -> Duration {
    guard let last = punctuality.lastPause, last.from < end else { return .zero }
    return Pause(from: last.from, to: min(last.to, end))
      .lived(since: end.advanced(by: .zero - time)) ?? .zero
  }

  /// How long SAs are left to a set for its first reply, whatever the interval: where none has come
  /// yet, or the last SAs failed, it is not known how long it takes.
  func answerTime(of set: SetMonitor) -> Duration {
    guard let tunnel = tunnels[set.tunnel], tunnel.monitor != nil else { return .zero }
    let isKnown = tunnel.roundTrip.smoothed != nil && tunnel.attempts.count == 0
    return isKnown ? .zero : Self.firstAnswer
  }

  /// Replies that come later than the configuration waits are life, and said.
  private mutating func reportDegraded(_ id: TunnelID) {
    guard let tunnel = tunnels[id], let policy = tunnel.monitor,
      let roundTrip = tunnel.roundTrip.smoothed
    else { return }
    let own = ownTimeout(policy.timeout, policy.interval)
    tunnels[id]?.isDegraded = !tunnel.isDegraded
    if !tunnel.isDegraded {
      log(.warning, tunnel.name, "path is degraded: \(degradation(roundTrip, own))")
    } else {
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
    return degradation(roundTrip, ownTimeout(policy.timeout, policy.interval))
  }

  /// "1.4 s", "35 ms".
  private static func seconds(_ duration: Duration) -> String {
    let milliseconds = duration.nanoseconds / 1_000_000
    guard milliseconds >= 1000 else { return "\(milliseconds) ms" }
    return "\(milliseconds / 1000).\(milliseconds / 100 % 10) s"
  }
}
