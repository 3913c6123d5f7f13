/// Good news: something happened by which a negotiation may succeed that failed before. What waits for
/// its next attempt need not wait any longer: a new address or carrier, a route to the peer, a
/// connection that was loaded, a sign of life from the peer.
///
/// Attempts are not forgotten by it, and news that keep coming are believed at growing distances
/// (`Attempts.hasten`). Only tunnels without SAs are meant: of those that have them probes tell.
extension Core {
  /// Events that come together are one piece of news: an address, its subnet and the default route.
  private static let newsDelay = Duration.milliseconds(300)
  /// How often connections are looked for while a tunnel waits: no event says when they are loaded.
  private static let pollPause = Duration.seconds(1)
  /// How many times as long as that list took the daemon is left alone after it.
  private static let pollRest = 20
  /// For how long a tunnel that was told need not leave negotiation to the daemon and the peer.
  private static let newsAge = Duration.seconds(10)

  /// What was heard and is to be passed on.
  struct News: Sendable {
    /// Of all peers.
    var underlay: String?
    var peers: [IPAddress: String] = [:]
    var connections: Set<String> = []
    /// When the daemon was asked for its connections alone; nil once it has answered.
    var polledAt: Instant?
    /// How long it took the last time.
    var lastPoll = Duration.zero
    /// Whether connections were listed before in this run.
    var hasConnections = false
  }

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
      for peer in dpd.peers(in: destination) { hearPeer(peer, "new route to it", at: now) }
    }
  }

  private func isThroughTunnel(_ route: Route) -> Bool {
    route.linkIndex.flatMap { kernel.links[$0] }?.kind.isTunnel ?? false
  }

  private mutating func hearUnderlay(_ what: String, at now: Instant) {
    guard hasStarted else { return }
    news.underlay = news.underlay ?? what
    passOnSoon(at: now)
  }

  /// A peer gives a sign of life.
  mutating func hearPeer(_ peer: IPAddress, _ what: String, at now: Instant) {
    guard hasStarted, tunnelIndex.ofPeer[peer] != nil else { return }
    news.peers[peer] = what
    passOnSoon(at: now)
  }

  /// The daemon's list of connections: those that are new or others are news, and all of them are
  /// when the daemon is. The first list of this run is none: nothing has failed yet.
  mutating func hearConnections(insteadOf old: [IKEConnection]?, at now: Instant) {
    if let polledAt = news.polledAt { news.lastPoll = polledAt.duration(to: now) }
    news.polledAt = nil
    let isFirst = !news.hasConnections
    news.hasConnections = true
    guard !isFirst else { return }
    let known = Dictionary((old ?? []).map { ($0.name, $0) }) { first, _ in first }
    let changed = (ike.connections ?? []).filter { known[$0.name] != $0 }
    guard !changed.isEmpty else { return }
    news.connections.formUnion(changed.map(\.name))
    out.timers.set(.news, to: now)
  }

  /// IKE SAs that were not there in the last list, and that this end did not begin: the peer lives.
  mutating func hearIKESAs(_ list: [IKESA], insteadOf old: [IKESA]?, at now: Instant) {
    guard let old else { return }
    let known = Set(old.map(\.id))
    for sa in list where sa.state == "ESTABLISHED" && !sa.isInitiator && !known.contains(sa.id) {
      if let peer = sa.remote { hearPeer(peer, "it began an IKE SA", at: now) }
    }
  }

  private mutating func passOnSoon(at now: Instant) {
    guard out.timers.deadline(of: .news) == nil else { return }
    out.timers.set(.news, to: now.advanced(by: Self.newsDelay))
  }

  // MARK: What follows

  mutating func passOnNews(at now: Instant) {
    let heard = news
    (news.underlay, news.peers, news.connections) = (nil, [:], [])
    guard !isStandby, !isEnding else { return }
    var hastened: [TunnelID: Instant] = [:]
    if let what = heard.underlay {
      for id in Array(tunnels.keys) { hastened[id] = hasten(id, because: what, at: now) }
    }
    for (peer, what) in heard.peers.sorted(by: { $0.key < $1.key }) {
      for id in tunnelIndex.ofPeer[peer] ?? [] where hastened[id] == nil {
        hastened[id] = hasten(id, because: "peer \(peer): \(what)", at: now)
      }
    }
    var isRenamed = false
    if !heard.connections.isEmpty {
      for tunnel in tunnels.values where hastened[tunnel.id] == nil {
        guard case .success(let name) = childName(of: tunnel),
          heard.connections.contains(name.connection)
        else { continue }
        guard !takesNewName(tunnel) else { isRenamed = true; continue }
        hastened[tunnel.id] = hasten(
          tunnel.id, because: "connection \(name.connection) was loaded", at: now)
      }
    }
    guard !hastened.isEmpty || isRenamed else { return }
    for (name, work) in ike.renegotiations {
      guard let due = hastened[work.tunnel] else { continue }
      ike.renegotiations[name]?.hasten(to: due)
    }
    wantListNow(at: now)
    for due in hastened.values where due > now { wantList(by: due, at: now) }
  }

  /// Whether a tunnel's child is being negotiated by a name that is gone: by the next list it is
  /// under the new one, in the attempt that it is part of.
  private func takesNewName(_ tunnel: Tunnel) -> Bool {
    let gateway = tunnel.gateway.flatMap { configuration.gateways[$0] }
    return ike.renegotiations.contains { name, work in
      work.tunnel == tunnel.id && work.takesNameAtOnce && !isLoaded(name, for: gateway)
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
      log(.info, tunnel.name, "\(what): the next attempt does not wait \(Int(wait)) s more")
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
    guard out.timers.deadline(of: .connections) == nil, ike.isConnected else { return }
    if anyIsWaiting(at: now) {
      out.timers.set(.connections, to: now.advanced(by: Self.pollPause))
    }
  }

  mutating func pollConnections(at now: Instant) {
    guard ike.isConnected, !isStandby, !isEnding, anyIsWaiting(at: now) else { return }
    if news.polledAt == nil {
      news.polledAt = now
      out.send(.vici(.listConnections))
    }
    let rest = max(Self.pollPause, news.lastPoll * Self.pollRest)
    out.timers.set(.connections, to: now.advanced(by: rest))
  }

  private func anyIsWaiting(at now: Instant) -> Bool {
    // Nobody looks at connections for the moment that daemon and peer are given at first.
    let soon = now.advanced(by: Self.absentGrace * 2)
    let awaited = Set(
      ike.renegotiations.values.filter { $0.step == .awaited && $0.dueAt > soon }.map(\.tunnel))
    return tunnels.values.contains { tunnel in
      guard tunnel.vpn?.establishTunnels == .immediately, !hasWholeSet(tunnel.id) else {
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
