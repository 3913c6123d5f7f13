/// Good news: something happened by which a negotiation may succeed that failed before. What waits for
/// its next attempt need not wait any longer: a new address or carrier, a route to the peer, a
/// connection that was loaded, a sign of life from the peer.
///
/// Attempts are not forgotten by it, and news that keep coming are believed at growing distances
/// (`Attempts.hasten`). Only tunnels without SAs are meant: of those that have them probes tell.
extension Core {
  /// For how long a tunnel that was told need not leave negotiation to the daemon and the peer.
  private static let newsAge = Duration.seconds(10)

  // MARK: What is heard

  /// A link other than a tunnel's has its carrier back.
  mutating func hearLink(_ link: Link, insteadOf old: Link?, at now: Instant) {
    guard !link.kind.isTunnel, let old, link.canCarry, !old.canCarry else { return }
    hearUnderlay("link \(link.name) is up", at: now)
  }

  /// This host has a new address.
  mutating func hearAddress(_ address: InterfaceAddress, at now: Instant) {
    guard kernel.links[address.linkIndex]?.kind.isTunnel != true, !kernel.isLocal(address.address)
    else { return }
    hearUnderlay("new address \(address.address)", at: now)
  }

  /// A default route is new, or one that leads to a peer.
  mutating func hearRoute(_ route: Route, at now: Instant) {
    guard hasStarted, route.kind == .unicast, !isThroughTunnel(route) else { return }
    let destination = route.identity.destination
    if destination.length == 0 {
      hearUnderlay("new default route", at: now)
    } else {
      for peer in gatewayAddresses.addresses(in: destination) {
        hearPeer(peer, "new route to it", at: now)
      }
    }
  }

  private func isThroughTunnel(_ route: Route) -> Bool {
    route.linkIndex.flatMap { kernel.links[$0] }?.kind.isTunnel ?? false
  }

  private mutating func hearUnderlay(_ what: String, at now: Instant) {
    if hasStarted { news.hearUnderlay(what, at: now, &out) }
  }

  /// A peer gives a sign of life.
  mutating func hearPeer(_ peer: IPAddress, _ what: String, at now: Instant) {
    guard hasStarted, tunnelIndex.ofPeer[peer] != nil else { return }
    news.hear(peer, what, at: now, &out)
  }

  /// IKE SAs that were not there in the last list, and that this end did not begin: the peer lives.
  mutating func hearIKESAs(_ list: [IKESA], insteadOf old: [IKESA]?, at now: Instant) {
    guard let old else { return }
    let known = Set(old.map(\.id))
    for sa in list where sa.state == "ESTABLISHED" && !sa.isInitiator && !known.contains(sa.id) {
      if let peer = sa.remote { hearPeer(peer, "it initiated an IKE SA", at: now) }
    }
  }

  // MARK: What follows

  mutating func passOnNews(at now: Instant) {
    let heard = news.takeAll()
    guard !isStandby, !isEnding else { return }
    var hastened: [TunnelID: Instant] = [:]
    if let what = heard.underlay {
      for id in tunnelIndex.withoutSAs.sorted() {
        hastened[id] = hasten(id, because: what, at: now)
      }
    }
    for (peer, what) in heard.peers.sorted(by: { $0.key < $1.key }) {
      for id in tunnelIndex.ofPeer[peer] ?? [] where hastened[id] == nil {
        hastened[id] = hasten(id, because: "peer \(peer): \(what)", at: now)
      }
    }
    var isRenamed = false
    if !heard.connections.isEmpty {
      for id in tunnelIndex.withoutSAs.sorted() where hastened[id] == nil {
        guard let tunnel = tunnels[id], case .success(let name) = childName(of: tunnel),
          heard.connections.contains(name.connection)
        else { continue }
        guard !takesNewName(tunnel) else { isRenamed = true; continue }
        hastened[tunnel.id] = hasten(
          tunnel.id, because: "connection \(name.connection) was loaded", at: now)
      }
    }
    guard !hastened.isEmpty || isRenamed else { return }
    renegotiator.hasten(hastened)
    lists.wantNow(at: now, &out)
    for due in hastened.values where due > now { lists.want(by: due, at: now, &out) }
  }

  /// Whether a tunnel's child is being negotiated by a name that is gone: by the next list it is
  /// under the new one, in the attempt that it is part of.
  private func takesNewName(_ tunnel: Tunnel) -> Bool {
    let gateway = tunnel.gateway.flatMap { configuration.gateways[$0] }
    return renegotiator.works(of: tunnel.id).contains { name, work in
      work.takesNameAtOnce && !isLoaded(name, for: gateway)
    }
  }

  /// Returns when a tunnel's next attempt may be made, if it lacks SAs.
  private mutating func hasten(_ id: TunnelID, because what: String, at now: Instant) -> Instant? {
    guard let tunnel = tunnels[id], tunnel.vpn != nil, !hasWholeSet(id), tunnel.state != .up else {
      return nil
    }
    var attempts = tunnel.attempts
    let wait = attempts.nextAt?.since(now).inSeconds ?? 0
    let due = attempts.hasten(at: now)
    tunnels[id]?.attempts = attempts
    guard let due else { return nil }
    tunnels[id]?.heardNewsAt = now
    if wait > 1 {
      log(.info, tunnel.name, "\(what): next attempt now, \(Int(wait)) s early")
    }
    let held = max(due, now.advanced(by: Self.absentGrace))
    tunnels[id]?.heldUntil = tunnel.heldUntil.map { min($0, held) }
    hastenCommand(of: tunnel, to: due)
    reconcile(id, at: now)
    return due
  }

  private mutating func hastenCommand(of tunnel: Tunnel, to due: Instant) {
    guard let work = tunnel.command, !work.isRunning, work.dueAt > due else { return }
    tunnels[tunnel.id]?.command?.dueAt = due
    out.timers.set(.command(tunnel.id), to: due)
  }

  /// Whether good news have reached a tunnel a moment ago.
  func hasHeardNews(_ tunnel: Tunnel, at now: Instant) -> Bool {
    tunnel.heardNewsAt.map { $0.duration(to: now) < Self.newsAge } ?? false
  }

  // MARK: Connections

  /// After a list: while a tunnel waits that the daemon is to negotiate, connections are looked for.
  mutating func watchConnections(at now: Instant) {
    guard lists.mayPollSoon(out), anyIsWaiting(at: now) else { return }
    lists.pollSoon(at: now, &out)
  }

  mutating func pollConnections(at now: Instant) {
    guard lists.isConnected, !isStandby, !isEnding, anyIsWaiting(at: now) else { return }
    lists.poll(at: now, &out)
  }

  private func anyIsWaiting(at now: Instant) -> Bool {
    // Nobody looks at connections for the moment that daemon and peer are given at first.
    let soon = now.advanced(by: Self.absentGrace * 2)
    let awaited = renegotiator.awaiting(beyond: soon)
    return tunnelIndex.withoutSAs.contains { id in
      guard let tunnel = tunnels[id], tunnel.vpn?.establishTunnels == .immediately else {
        return false
      }
      return tunnel.nameObstacle != nil || awaited.contains(tunnel.id)
        || tunnel.attempts.nextAt.map { $0 > now } ?? false
    }
  }
}

extension Link {
  /// Whether packets could leave by it: administratively up, and its operational state does not say
  /// otherwise (RFC 2863).
  fileprivate var canCarry: Bool {
    isAdminUp && (operationalState == .up || operationalState == .unknown)
  }
}
