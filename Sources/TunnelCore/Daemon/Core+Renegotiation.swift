/// What the renegotiator is fed with, and what follows from what it does.
extension Core {
  /// Children that are acted upon after one list; the others come after the next.
  private static let mostActs = 32

  /// An SA is new.
  mutating func noteArrival(of sa: SAKey, at now: Instant) {
    renegotiator.departures.arrived(sa.id)
    lists.want(at: now, &out)
    guard !lists.isConnected else { return }
    for id in renegotiator.busyTunnels where hasWholeSet(id) { renegotiator.restored(id) }
  }

  func hasWholeSet(_ id: TunnelID) -> Bool {
    (tunnels[id]?.monitors ?? []).contains {
      monitors[$0].flatMap { kernel.sas.sets[$0.key]?.isComplete } ?? false
    }
  }

  /// An SA of a set has left the kernel. Of a hard expiry the daemon is told by the kernel.
  mutating func noteDeparture(
    of sa: SAKey, from set: SASetKey, isExpired: Bool, at now: Instant
  ) {
    // What leaves while the connection is lost for a while may be believed in after it too, and
    // what leaves in standby by who becomes active.
    guard lists.hasBeenConnected else { return }
    if !isExpired, let id = tunnelOfSet(set),
      tunnels[id]?.monitor != nil
    {
      renegotiator.departures.left(sa.id, id)
    }
    lists.want(at: now, &out)
  }

  /// Compares what the daemon believes in with the kernel, and takes the next steps.
  mutating func renegotiate(_ list: [IKESA], at now: Instant) {
    let condemned = setsForDaemon.flatMap { $0.ladder.sas.map(\.key.id) }
    let lost = judgeMissing(list, at: now)
    let view = DaemonView(
      list, isInKernel: kernel.sas.contains, lost: lost, condemned: Set(condemned))
    guard !isStandby else { return forgetDepartures(view) }
    let orphans = judgeOrphans(view, at: now)
    condemn(view, at: now)
    renegotiator.suspectLost(view, tunnels, at: now)
    followNames(view, at: now)
    awaitAbsent(view, orphans, at: now)
    var acts = 0
    // What would be negotiated on an IKE SA that is about to be terminated waits for the next list.
    let doomed = Set(list.filter { isToBeTerminated($0.id) }.map(\.connection))
    if !doomed.isEmpty { lists.want(at: now, &out) }
    let renamed = tunnelsUnderOldNames(view)
    for name in renegotiator.namesInTurn
    where acts < Self.mostActs && !doomed.contains(name.connection) {
      var child = view[name]
      if let tunnel = renegotiator[name]?.tunnel {
        child.isWhole = child.isWhole || renamed[name.child]?.contains(tunnel) ?? false
      }
      guard step(name, child, at: now) else { continue }
      acts += 1
      renegotiator.actedUpon(name)
    }
    forgetDepartures(view)
    if let next = renegotiator.nextLook({ self[attemptsFor: $0] }, at: now) {
      lists.want(by: next, at: now, &out)
    }
  }

  /// Tunnels whose whole children the daemon lists under a connection that it has no more, by child.
  /// One that was negotiated on an IKE SA from before its connection was renamed is listed under the
  /// old name for as long as that IKE SA lives (docs/facts/strongswan.md, "Names").
  private func tunnelsUnderOldNames(_ view: DaemonView) -> [String: Set<TunnelID>] {
    var found: [String: Set<TunnelID>] = [:]
    for child in view.wholeOnes where daemon.connection(named: child.name.connection) == nil {
      guard let tunnel = monitor(of: child.inbound)?.tunnel else { continue }
      found[child.name.child, default: []].insert(tunnel)
    }
    return found
  }

  // MARK: Causes

  /// Sets whose path is dead: their children are terminated at once, by a list that was asked for
  /// after that was decided. SAs that the daemon does not know are expired.
  private mutating func condemn(_ view: DaemonView, at now: Instant) {
    let dying = setsForDaemon.filter { lists.askedAt >= $0.since }
    guard !dying.isEmpty else { return }
    var names: [SAID: Set<ChildName>] = [:]
    for child in view.childrenToDelete.values.joined() {
      for sa in child.sas { names[sa, default: []].insert(child.name) }
    }
    for (set, ladder, decidedAt) in dying {
      let mine = Set(ladder.sas.map(\.key.id))
      if mine.isDisjoint(with: view.sas) {
        ladderOverdue(set.id, at: now)
        continue
      }
      for name in Set(mine.flatMap { names[$0] ?? [] }).sorted() {
        guard let tunnel = tunnels[set.tunnel] else { continue }
        renegotiator.condemn(
          name, of: tunnel, because: ladder.isOrdered ? .command : .deadPath, decidedAt: decidedAt)
      }
    }
  }

  /// A child that the daemon's configuration has no more is negotiated under the name that it has
  /// now, once the daemon believes in nothing of the old one.
  private mutating func followNames(_ view: DaemonView, at now: Instant) {
    for (name, work) in renegotiator.negotiating(view) {
      let tunnel = tunnels[work.tunnel]
      let gateway = tunnel?.gateway.flatMap { configuration.gateways[$0] }
      guard !isLoaded(name, for: gateway) else {
        if work.isNameless {
          renegotiator.takeName(name, at: now)
          tunnels[work.tunnel]?.nameObstacle = nil
        }
        continue
      }
      guard let tunnel else { abandon(name, work, at: now); continue }
      switch childName(of: tunnel) {
      case .success(let next):
        tunnels[work.tunnel]?.nameObstacle = nil
        log(.info, work.name, "strongSwan has no \(name) any more: negotiating \(next)")
        renegotiator.rename(name, to: next, at: now)
      case .failure(let obstacle):
        note(obstacle, of: tunnel)
        awaitName(name, at: now)
      }
    }
  }

  /// Nothing is known of a tunnel that is forgotten but the name that it had.
  private mutating func abandon(_ name: ChildName, _ work: Renegotiation, at now: Instant) {
    guard work.isNameless, daemon.connections?.isEmpty == false else {
      return awaitName(name, at: now)
    }
    log(.warning, work.name, "strongSwan has no \(name) any more: not negotiated")
    renegotiator.forget(name)
  }

  private mutating func awaitName(_ name: ChildName, at now: Instant) {
    renegotiator.awaitName(name, until: now.advanced(by: DaemonLists.connectionsPause))
    lists.wantConnections(at: now, &out)
  }

  /// Tunnels that are to be there always, and are not, or not for long.
  private mutating func awaitAbsent(
    _ view: DaemonView, _ orphans: Set<TunnelID>, at now: Instant
  ) {
    let busy = renegotiator.busyTunnels
    for id in tunnelIndex.withoutSAs.union(orphans).sorted() {
      guard let tunnel = tunnels[id], isWanted(tunnel) else { continue }
      let isUp = tunnel.state == .up || tunnel.state == .verifying
      guard tunnel.isOrphaned || !isUp && !hasWholeSet(tunnel.id) else {
        tunnels[tunnel.id]?.nameObstacle = nil
        continue
      }
      guard !busy.contains(tunnel.id) else { continue }
      switch childName(of: tunnel) {
      case .success(let name):
        tunnels[tunnel.id]?.nameObstacle = nil
        // What the daemon believes in has to go first.
        if view.childrenToDelete[name] == nil { initiateChild(name, tunnel, at: now) }
      case .failure(let obstacle):
        note(obstacle, of: tunnel)
        if obstacle != .noGateway { lists.wantConnections(at: now, &out) }
      }
    }
  }

  private func isWanted(_ tunnel: Tunnel) -> Bool {
    switch tunnel.vpn?.establishTunnels {
    case .immediately: true
    // It was there, and what it has ends with its lifetime.
    case .onTraffic: tunnel.isOrphaned
    case .responderOnly, nil: false
    }
  }

  private mutating func initiateChild(_ name: ChildName, _ tunnel: Tunnel, at now: Instant) {
    // What has waited for this very moment waits no longer.
    let grace = hasHeardNews(tunnel, at: now) ? .zero : initiationGrace(tunnel)
    renegotiator.await(name, of: tunnel, until: now.advanced(by: grace))
  }

  /// The daemon and the peer may be about to bring it up. Two agents must not do it at once: the
  /// end with the higher address waits twice as long.
  private func initiationGrace(_ tunnel: Tunnel) -> Duration {
    let gateway = tunnel.gateway.flatMap { configuration.gateways[$0] }
    let local = tunnel.endpoints?.local ?? gateway?.localAddress
    guard let remote = tunnel.endpoints?.remote ?? gateway?.addresses.first else {
      return Self.absentGrace
    }
    let isHigher =
      (local ?? kernel.localAddresses.filter { $0.family == remote.family }.min())
      .map { $0 > remote } ?? false
    return Self.absentGrace * (isHigher ? 2 : 1)
  }

  private mutating func forgetDepartures(_ view: DaemonView) {
    if !lists.isWanted { renegotiator.departures.forget { view.sas.contains($0) } }
  }

  // MARK: Steps

  /// Whether the daemon is asked for something.
  private mutating func step(_ name: ChildName, _ view: ChildView, at now: Instant) -> Bool {
    guard let work = renegotiator[name] else { return false }
    var attempts = self[attemptsFor: work]
    if let tunnel = tunnels[work.tunnel] { attempts.adopt(backoffLimits(of: tunnel), at: now) }
    let outcome = renegotiator.step(
      name, view, &attempts, askedAt: lists.askedAt, at: now, &out)
    self[attemptsFor: work] = attempts
    switch outcome {
    case .nothing: return false
    case .asked: break
    case .initiated: count(work.tunnel) { $0.initiations += 1 }
    case .silent: tryNextAddress(instead: name, at: now)
    case .refused:
      refused(name, at: now)
      return false
    }
    return true
  }

  /// A request was carried out or refused. Either way the next list says what to do.
  mutating func finish(_ request: VICIRequest, _ failure: String?, at now: Instant) {
    let isKnown = renegotiator.finished(request, failure, at: now, &out)
    // What cannot be initiated may have another name by now.
    if case .initiate = request, failure != nil { lists.distrustConnections() }
    switch request {
    case .listSAs: lists.failed(at: now, &out)
    case .listConnections:
      lists.connectionsFailed()
      daemon.replace(nil)
    case .rekeyChild: lists.want(at: now, &out)
    case .terminateChild, .terminateIKE, .initiate:
      if isKnown { lists.want(at: now, &out) }
    }
  }

  /// The connection to the daemon is lost: what was to be cleared through it is expired.
  mutating func suspendRenegotiations(at now: Instant) {
    renegotiator.suspend()
    for id in monitors.keys.sorted() where monitors[id]?.ladder?.rung == .daemon {
      ladderOverdue(id, at: now)
    }
  }
}
