/// What follows from what a detector finds.
extension Core {
  /// An IKE daemon that answers need not have the SAs any more. A rekey proves them, or not: the
  /// new SAs come from an exchange that only the right peer can take part in.
  mutating func askForExchange(_ watch: PeerWatch) {
    let children = dpd.ikeSAs.first { $0.id == watch.key.ikeID }?.children
    let child = children?.filter { $0.state == .installed }.max { $0.childID < $1.childID }
    let sas = sets(of: watch).flatMap(\.outbound.values)
    let newest = sas.max { ($0.addedAt, $0.key.spi) < ($1.addedAt, $1.key.spi) }
    guard child != nil || newest != nil else { return }
    log(
      .info, "-",
      "gateway=\(watch.gateway) peer=\(watch.key.remote) answers, but nothing comes "
        + "through its SAs: having them rekeyed")
    if ike.isConnected, let child {
      effects.append(.vici(.rekeyChild(id: child.childID)))
    } else if let newest {
      effects.append(.rekey(newest))
    }
  }

  /// The threshold was reached: SAs cleared, links held, the gateway's next address tried. The peer is
  /// counted on only when it was heard again.
  mutating func declareDead(
    _ watch: PeerWatch, _ finding: PeerDetector.Finding, at now: Instant
  ) {
    let peer = watch.key.remote
    dpd.answers[peer]?.isSupported = false
    ledger.count(gateway: watch.gateway) { $0.deaths += 1 }
    log(
      .warning, "-",
      "gateway=\(watch.gateway) peer=\(peer) dpd=dead reason=\"\(Reason.peerDead)\" (\(finding))")
    let ikeID = ike.isConnected ? watch.key.ikeID : nil
    let monitors = sets(of: watch).filter { isWhole($0, in: watch) }.compactMap {
      monitorOfSet[$0.key]
    }
    for id in monitors { setLosesPeer(id, isTerminated: ikeID != nil, at: now) }
    let isSpared = monitors.contains { self.monitors[$0]?.clearing.isEmpty ?? true }
    guard !isSpared || monitors.isEmpty else { return }
    if let ikeID {
      for id in monitors { ike.condemned[id] = nil }
      effects.append(.vici(.terminateIKE(id: ikeID)))
    }
    failOver(watch.gateway, from: peer, at: now)
  }

  /// Whether all SAs of a set are this peer's: another IKE SA with it may live on.
  private func isWhole(_ set: SASet, in watch: PeerWatch) -> Bool {
    spis(of: watch).map { set.spis.isSubset(of: $0) } ?? true
  }

  /// A set of a dead peer. When verify-path or vpn-monitor have found the same death already, its
  /// SAs are being cleared, and once is enough.
  mutating func setLosesPeer(_ id: MonitorID, isTerminated: Bool, at now: Instant) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel], tunnel.isConfigured,
      monitor.clearing.isEmpty
    else { return }
    monitors[id]?.phase = .down(.peerDead)
    monitors[id]?.isAdopted = false
    monitors[id]?.absentUntil = nil
    let interval = Duration.seconds(deadPeerDetection(of: monitor.key.remote)?.interval ?? 0)
    backOff(id, tunnel.monitor?.interval ?? interval, at: now)
    settle(monitor.tunnel, at: now)
    // Guards are about paths that may be well; this peer has answered nothing at all.
    note(.cleared, of: tunnel.id, at: now)
    let wait = beginAttempt(with: id, at: now)
    takeAway(id, isTerminated: isTerminated, holding: wait, at: now)
    schedule(id)
  }

  /// Without vpn-monitor a link is held from its peer's death until there are SAs again or,
  /// on-traffic, the back-off is over; and never for another reason.
  mutating func settlePeerHold(_ id: TunnelID) {
    guard let tunnel = tunnels[id] else { return }
    let isHeld =
      tunnel.monitor == nil && tunnel.state == .down && tunnel.reason == .peerDead
      && isWatched(tunnel)
    guard tunnel.isHeldForPeer != isHeld else { return }
    tunnels[id]?.isHeldForPeer = isHeld
    if !isHeld, tunnel.monitor == nil, let link = tunnel.link {
      abandonGate(link, because: "is no longer held for a dead peer")
    }
  }

  /// Whether a link serves a tunnel that lives and that nobody monitors.
  func isUsedUnmonitored(_ link: String?) -> Bool {
    link.map { tunnels(on: $0).contains { $0.monitor == nil && $0.state == .up } } ?? false
  }

  /// Traffic came through a set that was given up with its peer and that nobody probes.
  mutating func reviveSet(_ key: SASetKey, at now: Instant) {
    guard let id = monitorOfSet[key], let monitor = monitors[id],
      monitor.phase == .down(.peerDead), tunnels[monitor.tunnel]?.monitor == nil
    else { return }
    monitors[id]?.phase = .up
    settle(monitor.tunnel, because: .answered, at: now)
  }
}

extension PeerDetector.Finding: CustomStringConvertible {
  /// Which half is dead, for the log and status.
  var description: String {
    switch self {
    case .silent: "neither IKE nor its SAs give a sign of life"
    case .daemonSilent: "its IKE daemon is silent, packets still come through its SAs"
    case .pathSilent: "its IKE daemon answers, nothing comes through its SAs"
    }
  }
}
