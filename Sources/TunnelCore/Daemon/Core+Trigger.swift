/// On-traffic tunnels that failed. Their links stay held until the path is proven, so that users'
/// packets stay with the backup, and no traffic can trigger negotiation: a packet of the agent's own
/// does, at the back-off's pace. The IKE daemon's trap policy takes it, as it would take any, and the
/// kernel asks the daemon for SAs (ACQUIRE) and drops it.
///
/// It is sent only where such a policy is known: through the link, or without one by a socket whose
/// policies name the SAs, so that it can never leave in clear. Without a trap policy no packet of
/// anybody's brings the tunnel back; it stays held and says so. A negotiation that comes of it is
/// pursued through VICI like any other.
extension Core {
  /// A daemon that is bringing the tunnel back is looked after again after this.
  private static let triggerPause = Duration.seconds(5)

  /// Whether a packet is needed may have changed.
  mutating func reconcileTrigger(_ id: TunnelID, at now: Instant) {
    guard let tunnel = tunnels[id], tunnel.trigger != nil || tunnel.isOnTraffic else { return }
    switch (tunnel.trigger, needsTrigger(tunnel)) {
    case (nil, true):
      // The daemon or the peer may bring it up by itself.
      wakeTrigger(id, at: now.advanced(by: Self.absentGrace), TriggerWork(dueAt: now))
    case (.some, false):
      tunnels[id]?.trigger = nil
      out.timers.set(.trigger(id), to: nil)
    case (nil, false), (.some, true): break
    }
  }

  private func needsTrigger(_ tunnel: Tunnel) -> Bool {
    guard hasStarted, !isEnding, !isStandby, tunnel.isOnTraffic, let policy = tunnel.monitor,
      policy.action != .warn
    else { return false }
    return tunnel.lost.contains(where: \.hasFailed)
      || tunnel.state == .down && tunnel.failedBy != nil && !hasWholeSet(tunnel.id)
  }

  private mutating func wakeTrigger(_ id: TunnelID, at due: Instant, _ work: TriggerWork) {
    var work = work
    work.dueAt = due
    tunnels[id]?.trigger = work
    out.timers.set(.trigger(id), to: due)
  }

  /// The time for a packet has come.
  mutating func trigger(_ id: TunnelID, at now: Instant) {
    guard let tunnel = tunnels[id], var work = tunnel.trigger else { return }
    guard needsTrigger(tunnel) else { return reconcileTrigger(id, at: now) }
    if let due = tunnel.attempts.due(after: work.joined), due > now {
      return wakeTrigger(id, at: due, work)
    }
    guard !isBeingBroughtBack(tunnel) else {
      work.obstacle = nil
      return wakeTrigger(id, at: now.advanced(by: Self.triggerPause), work)
    }
    let packets = triggerPackets(of: tunnel)
    note(packets.isEmpty ? .noTrap : nil, in: &work, of: tunnel)
    guard !packets.isEmpty else {
      // A policy that comes is seen at once; addresses and links are not.
      return wakeTrigger(id, at: now.advanced(by: backoffLimits(of: tunnel).maximum), work)
    }
    var attempts = tunnel.attempts
    attempts.adopt(backoffLimits(of: tunnel), at: now)
    work.joined = attempts.join(at: now, using: &out.random)
    storeAttempts(attempts, of: tunnel)
    count(id) { $0.initiations += 1 }
    log(.info, tunnel.name, "triggering negotiation by a packet to \(packets[0].destination)")
    for packet in packets { out.send(.negotiate(.trigger(id, packet))) }
    let next = attempts.nextAt ?? now
    wakeTrigger(id, at: max(next, now.advanced(by: Self.triggerPause)), work)
    pursue(tunnel, until: next, at: now)
  }

  /// Whether the daemon is bringing the tunnel back already, or a command is.
  private func isBeingBroughtBack(_ tunnel: Tunnel) -> Bool {
    guard tunnel.command == nil else { return true }
    return lists.isConnected
      && renegotiator.works(of: tunnel.id).contains { $0.work.step != .restored }
  }

  /// A negotiation that is under way, as one that the daemon was told to begin: it is begun anew when
  /// the peer is silent, and by VICI when the next attempt is due.
  private mutating func pursue(_ tunnel: Tunnel, until due: Instant, at now: Instant) {
    guard lists.isConnected, case .success(let name) = childName(of: tunnel) else { return }
    if let known = renegotiator[name], known.step != .restored { return }
    var work = Renegotiation(of: tunnel, cause: .deadPath, step: .initiated, dueAt: due)
    work.noteTrigger(at: now)
    renegotiator.begin(work, as: name)
    lists.want(at: now, &out)
  }

  // MARK: Packets

  /// One for each set that failed and for which a trap policy waits.
  private func triggerPackets(of tunnel: Tunnel) -> [TriggerPacket] {
    let isDown = tunnel.state == .down && !hasWholeSet(tunnel.id)
    let failed = tunnel.lost.filter(\.hasFailed)
    return triggerable(tunnel).compactMap { key in
      guard kernel.sas.sets[key] == nil else { return nil }
      let selectors = kernel.policies.selectors(of: key)
      guard isDown || failed.contains(where: { selectors.cover($0.selectors) }) else { return nil }
      return triggerPacket(of: tunnel, for: key)
    }
  }

  /// The sets that the tunnel may have, by policies towards its peer.
  private func triggerable(_ tunnel: Tunnel) -> [SASetKey] {
    let gateway = tunnel.gateway.flatMap { configuration.gateways[$0] }
    var remotes = gateway?.addresses ?? []
    if let last = tunnel.endpoints?.remote, !remotes.contains(last) { remotes.append(last) }
    if case .vti(_, let remote, _, _)? = kernel.link(named: tunnel.link)?.kind,
      !remotes.contains(remote)
    {
      remotes.append(remote)
    }
    return remotes.flatMap(kernel.policies.keys(towards:)).filter { key in
      gateway?.localAddress.map { $0 == key.local } ?? true
    }
  }

  private func triggerPacket(of tunnel: Tunnel, for key: SASetKey) -> TriggerPacket? {
    for purpose in [Purpose.verifyPath, .vpnMonitor] {
      var packet: TriggerPacket?
      switch path(of: tunnel, through: key, for: purpose) {
      case .success(let path):
        packet = TriggerPacket(
          way: path.way, source: path.source, destination: path.destination)
      case .failure(.linkAdminDown): packet = packetBesideLink(of: tunnel, for: key)
      case .failure: break
      }
      guard let packet else { continue }
      let (mark, ifID) = tie(of: tunnel.link)
      let isTrapped = kernel.policies.traps(
        pingFrom: packet.source, to: packet.destination, mark: mark, ifID: ifID, for: key)
      if isTrapped { return packet }
    }
    return nil
  }

  /// While the link is down by us (`link-control = "admin"`) nothing goes through it. A socket whose
  /// policies name the SAs makes the kernel ask for them all the same.
  private func packetBesideLink(of tunnel: Tunnel, for key: SASetKey) -> TriggerPacket? {
    guard let link = kernel.link(named: tunnel.link), gates.isDownByUs(link.name),
      let own = kernel.addresses[link.index]?.first(where: { !$0.address.isLinkLocal })
    else { return nil }
    let wishes = tunnel.monitor.map { $0.destinations + ($0.verifyPath?.destinations ?? []) } ?? []
    let destination = wishes.first { $0.family == own.address.family } ?? own.otherEnd
    return destination.map {
      TriggerPacket(way: .policy(key), source: own.address, destination: $0)
    }
  }

  /// What the kernel looks for policies by: a VTI marks its packets with its output key.
  private func tie(of link: String?) -> (mark: UInt32, ifID: UInt32) {
    switch kernel.link(named: link)?.kind {
    case .vti(_, _, _, let outputKey): (outputKey, 0)
    case .xfrm(let ifID): (0, ifID)
    case .other, nil: (0, 0)
    }
  }

  // MARK: What stands in the way

  /// A policy is there now: who waited for it need not wait any longer.
  mutating func noteTrap(for key: SASetKey, at now: Instant) {
    for id in tunnelIndex.ofPeer[key.remote] ?? [] {
      guard let work = tunnels[id]?.trigger, work.obstacle != nil else { continue }
      wakeTrigger(id, at: now, work)
    }
  }

  /// The kernel did not take the packet.
  mutating func triggerFailed(_ id: TunnelID, _ errno: Int32) {
    guard let tunnel = tunnels[id], var work = tunnel.trigger else { return }
    note(.kernel(errno), in: &work, of: tunnel)
    tunnels[id]?.trigger = work
  }

  /// Says it once.
  private mutating func note(
    _ obstacle: TriggerObstacle?, in work: inout TriggerWork, of tunnel: Tunnel
  ) {
    guard work.obstacle != obstacle else { return }
    work.obstacle = obstacle
    guard let obstacle else { return }
    log(.warning, tunnel.name, "cannot be triggered: \(obstacle)")
    if obstacle == .noTrap, !work.isAlarmed {
      work.isAlarmed = true
      raiseAlarm(.unproven("\(obstacle)"), for: tunnel, nil)
    }
  }
}

/// The packet that triggers the negotiation of a tunnel that failed.
struct TriggerWork: Hashable, Sendable {
  /// When the next one is due.
  var dueAt: Instant
  /// When the tunnel's attempt was begun that it took part in last.
  var joined: Instant?
  /// Why the last one could not be sent; nil when it was.
  var obstacle: TriggerObstacle?
  /// Whether an alarm says that there is no trap policy.
  var isAlarmed = false
}

/// Why no packet can trigger a tunnel's negotiation.
enum TriggerObstacle: Hashable, Sendable {
  /// No policy of the IKE daemon's waits for one.
  case noTrap
  /// The kernel did not take it: errno.
  case kernel(Int32)
}

extension TriggerObstacle: CustomStringConvertible {
  /// One line for log, alarm and status.
  var description: String {
    switch self {
    case .noTrap:
      "no trap policy is installed, so no traffic can bring it back and it stays held: use "
        + "establish-tunnels = \"immediately\", or start_action = trap in strongSwan"
    case .kernel(let errno):
      "the kernel does not send the packet: "
        + SendError(errno).description(of: "ICMP echo requests")
    }
  }
}
