/// Children of the IKE daemon's that are brought back: what was deleted behind its back, what is
/// cleared because its path is dead, and what `establish-tunnels = "immediately"` misses.
///
/// `Renegotiation` decides; here it is fed and obeyed. Of a deletion in the kernel the daemon does
/// not hear (kernel-facts: XFRM messages) and goes on believing in the child. What it took away
/// itself is not in its list any more, or not as INSTALLED, and is not restored.
extension Core {
  /// Departures that are remembered while no list can be had.
  private static let mostDepartures = 65_536
  /// Children that are acted upon after one list; the others come after the next.
  private static let mostActs = 32

  /// An SA is new.
  mutating func noteArrival(of sa: SAKey, at now: Instant) {
    ike.gone[sa.id] = nil
    wantList(at: now)
    if !ike.isConnected { forgetWhatIsWhole() }
  }

  /// While no list can be had: a tunnel that came back by itself and is taken down later must not
  /// be brought back then.
  private mutating func forgetWhatIsWhole() {
    for (name, work) in ike.renegotiations where hasWholeSet(work.tunnel) {
      ike.renegotiations[name]?.step = .restored
    }
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
    guard ike.hasBeenConnected else { return }
    if ike.gone.count >= Self.mostDepartures { ike.gone = [:] }
    if !isExpired, let id = monitorOfSet[set].flatMap({ monitors[$0]?.tunnel }),
      tunnels[id]?.monitor != nil
    {
      ike.gone[sa.id] = id
    }
    wantList(at: now)
  }

  /// This gateway became standby: nothing more is brought back by it. What the daemon believes in
  /// in vain stays known, since only this end can bring that back once it is active again.
  mutating func forgetRenegotiations() {
    ike.renegotiations = [:]
    ike.pendingIKETerminations = [:]
    for id in tunnels.keys { tunnels[id]?.owesNegotiation = false }
  }

  /// Compares what the daemon believes in with the kernel, and takes the next steps.
  mutating func renegotiate(_ list: [IKESA], at now: Instant) {
    let condemned = setsForDaemon.flatMap { $0.ladder.sas.map(\.key.id) }
    let lost = judgeMissing(list, at: now)
    let view = DaemonView(
      list, isInKernel: kernel.sas.contains, lost: lost, condemned: Set(condemned))
    guard !isStandby else { return forgetDepartures(view) }
    judgeOrphans(view, at: now)
    condemn(view, at: now)
    suspectLost(view, at: now)
    followNames(view, at: now)
    awaitAbsent(view, at: now)
    var acts = 0
    // What would be negotiated on an IKE SA that is about to be terminated waits for the next list.
    let doomed = Set(list.filter { isToBeTerminated($0.id) }.map(\.connection))
    if !doomed.isEmpty { wantList(at: now) }
    let renamed = tunnelsUnderOldNames(view)
    for name in ike.renegotiations.keys.sorted()
    where acts < Self.mostActs && !doomed.contains(name.connection) {
      var child = view[name]
      if let tunnel = ike.renegotiations[name]?.tunnel {
        child.isWhole = child.isWhole || renamed[name.child]?.contains(tunnel) ?? false
      }
      if step(name, child, at: now) { acts += 1 }
    }
    forgetDepartures(view)
    let next = ike.renegotiations.values.map { $0.nextLook(self[attemptsFor: $0], at: now) }.min()
    if let next { wantList(by: next, at: now) }
  }

  /// Tunnels whose whole children the daemon lists under a connection that it has no more, by child.
  /// One that was negotiated on an IKE SA from before its connection was renamed is listed under the
  /// old name for as long as that IKE SA lives (measured).
  private func tunnelsUnderOldNames(_ view: DaemonView) -> [String: Set<TunnelID>] {
    var found: [String: Set<TunnelID>] = [:]
    for child in view.wholeOnes where ike.connectionsByName[child.name.connection] == nil {
      guard let tunnel = monitor(of: child.inbound)?.tunnel else { continue }
      found[child.name.child, default: []].insert(tunnel)
    }
    return found
  }

  // MARK: Causes

  private mutating func suspectLost(_ view: DaemonView, at now: Instant) {
    for (name, lost) in view.childrenToDelete where ike.renegotiations[name] == nil {
      let owners = lost.compactMap { ike.missing[$0.childID]?.tunnel }
      guard let tunnel = owners.first.flatMap({ tunnels[$0] }) else { continue }
      ike.renegotiations[name] = Renegotiation(
        of: tunnel, cause: .lost, step: .suspected,
        dueAt: now.advanced(by: Renegotiation.settleTime))
    }
  }

  /// Sets whose path is dead: their children are terminated at once, by a list that was asked for
  /// after that was decided. SAs that the daemon does not know are expired.
  private mutating func condemn(_ view: DaemonView, at now: Instant) {
    for (set, ladder, decidedAt) in setsForDaemon where ike.askedAt >= decidedAt {
      let mine = Set(ladder.sas.map(\.key.id))
      if mine.isDisjoint(with: view.sas) {
        ladderOverdue(set.id, at: now)
        continue
      }
      for (name, doomed) in view.childrenToDelete
      where doomed.contains(where: { !mine.isDisjoint(with: $0.sas) }) {
        condemn(name, of: set.tunnel, decidedAt)
      }
    }
  }

  private mutating func condemn(_ name: ChildName, of id: TunnelID, _ decidedAt: Instant) {
    guard let tunnel = tunnels[id] else { return }
    var work =
      ike.renegotiations[name]
      ?? Renegotiation(of: tunnel, cause: .deadPath, step: .restored, dueAt: decidedAt)
    switch work.step {
    case .suspected, .awaited, .initiated, .restored: break
    // The daemon may have been told of this already.
    case .asked, .cleared: return
    }
    work.condemn(
      at: decidedAt, mayInitiate: tunnel.vpn?.establishTunnels != .responderOnly)
    ike.renegotiations[name] = work
  }

  /// A child that the daemon's configuration has no more is negotiated under the name that it has
  /// now, once the daemon believes in nothing of the old one.
  private mutating func followNames(_ view: DaemonView, at now: Instant) {
    for (name, work) in ike.renegotiations.sorted(by: { $0.key < $1.key })
    where work.isNegotiating && view[name].isGone {
      let tunnel = tunnels[work.tunnel]
      let gateway = tunnel?.gateway.flatMap { configuration.gateways[$0] }
      guard !isLoaded(name, for: gateway) else {
        if work.isNameless {
          ike.renegotiations[name]?.takeName(at: now)
          tunnels[work.tunnel]?.nameObstacle = nil
        }
        continue
      }
      guard let tunnel else { abandon(name, work, at: now); continue }
      switch childName(of: tunnel) {
      case .success(let next): move(name, to: next, at: now)
      case .failure(let obstacle):
        note(obstacle, of: tunnel)
        ike.renegotiations[name]?.awaitName(until: now.advanced(by: Self.connectionsPause))
        wantConnections(at: now)
      }
    }
  }

  private mutating func move(_ name: ChildName, to next: ChildName, at now: Instant) {
    guard var work = ike.renegotiations.removeValue(forKey: name) else { return }
    tunnels[work.tunnel]?.nameObstacle = nil
    log(.info, work.name, "strongSwan has no \(name) any more: negotiating \(next)")
    work.takeName(at: now)
    let other = ike.renegotiations[next]
    if other.map({ $0.step == .restored }) ?? true { ike.renegotiations[next] = work }
  }

  /// Nothing is known of a tunnel that is forgotten but the name that it had.
  private mutating func abandon(_ name: ChildName, _ work: Renegotiation, at now: Instant) {
    guard work.isNameless, ike.connections?.isEmpty == false else {
      ike.renegotiations[name]?.awaitName(until: now.advanced(by: Self.connectionsPause))
      return wantConnections(at: now)
    }
    log(.warning, work.name, "strongSwan has no \(name) any more: not negotiated")
    ike.renegotiations[name] = nil
  }

  /// Tunnels that are to be there always, and are not, or not for long.
  private mutating func awaitAbsent(_ view: DaemonView, at now: Instant) {
    let busy = Set(ike.renegotiations.values.filter { $0.step != .restored }.map(\.tunnel))
    for tunnel in tunnels.values where isWanted(tunnel) {
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
        if obstacle != .noGateway { wantConnections(at: now) }
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
    let patience = now.advanced(by: grace)
    let known = ike.renegotiations[name]
    if let known, known.step != .restored || known.tunnel != tunnel.id { return }
    var work =
      known
      ?? Renegotiation(of: tunnel, cause: .absent, step: .awaited, dueAt: patience)
    work.cause = .absent
    work.step = .awaited
    work.mayInitiate = true
    work.dueAt = max(work.dueAt, patience)
    ike.renegotiations[name] = work
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

  /// Departures that a list made after them does not contradict are over.
  private mutating func forgetDepartures(_ view: DaemonView) {
    guard !ike.gone.isEmpty, ike.listAt == nil else { return }
    ike.gone = ike.gone.filter { view.sas.contains($0.key) }
  }

  // MARK: Steps

  /// Whether the daemon is asked for something.
  private mutating func step(_ name: ChildName, _ view: ChildView, at now: Instant) -> Bool {
    guard var work = ike.renegotiations[name] else { return false }
    var attempts = self[attemptsFor: work]
    if let tunnel = tunnels[work.tunnel] { attempts.adopt(backoffLimits(of: tunnel), at: now) }
    let act = work.next(view, &attempts, askedAt: ike.askedAt, at: now, using: &out.random)
    self[attemptsFor: work] = attempts
    ike.renegotiations[name] = work
    let tunnel = work.name
    switch act {
    case .nothing: return false
    case .report:
      log(.info, tunnel, "SAs of \(name) are \(work.cause == .absent ? "up" : "restored")")
      return false
    case .end:
      ike.renegotiations[name] = nil
      return false
    case .terminate(let doomed, let anew):
      let numbers = doomed.map { "\($0.childID)" }.joined(separator: ", ")
      log(
        .warning, tunnel,
        "\(work.cause.text(name)): terminating child \(numbers)"
          + (anew ? " and negotiating anew" : ""))
      for child in doomed { ask(.terminateChild(id: child.childID), about: name) }
      if view.isWhole { ike.renegotiations[name]?.step = .restored }
    case .forgetIKE(let id):
      // A peer that stays silent is no news.
      log(
        work.silences == 1 ? .warning : .debug, tunnel,
        "the peer does not answer: terminating IKE SA \(id) of \(name.connection)")
      ask(.terminateIKE(id: id), about: name)
      tryNextAddress(instead: name, at: now)
    case .refused:
      refused(name, at: now)
      return false
    case .initiate:
      log(work.silences <= 1 ? .info : .debug, tunnel, "initiating \(name)")
      count(work.tunnel) { $0.initiations += 1 }
      ask(.initiate(name), about: name)
    }
    return true
  }

  private mutating func ask(_ request: VICIRequest, about name: ChildName) {
    ike.renegotiations[name]?.step = .asked(request)
    out.send(.vici(request))
  }

  /// A request was carried out or refused. Either way the next list says what to do.
  mutating func finish(_ request: VICIRequest, _ failure: String?, at now: Instant) {
    let name = ike.renegotiations.first { $0.value.step == .asked(request) }?.key
    if let failure {
      let tunnel = name.flatMap { ike.renegotiations[$0]?.name }
      log(.warning, tunnel ?? "-", "vici: cannot \(request): \(failure)")
    }
    // What cannot be initiated may have another name by now.
    if case .initiate = request, failure != nil { ike.connectionsAskedAt = nil }
    switch request {
    case .listSAs: listFailed(at: now)
    case .listConnections: (ike.connections, news.polledAt) = (nil, nil)
    case .rekeyChild: wantList(at: now)
    case .terminateChild, .terminateIKE, .initiate:
      guard let name else { return }
      ike.renegotiations[name]?.finish(request, at: now)
      wantList(at: now)
    }
  }

  /// The connection to the daemon is lost: what was to be cleared through it is expired.
  mutating func suspendRenegotiations(at now: Instant) {
    for name in ike.renegotiations.keys { ike.renegotiations[name]?.suspend() }
    ike.pendingIKETerminations = [:]
    for id in monitors.keys.sorted() where monitors[id]?.ladder?.rung == .daemon {
      ladderOverdue(id, at: now)
    }
  }
}

extension Renegotiation.Cause {
  fileprivate func text(_ name: ChildName) -> String {
    switch self {
    case .lost: "SAs of \(name) are not in the kernel and strongSwan does not know"
    case .deadPath: "the path of \(name) is dead"
    case .absent: "\(name) is not there"
    }
  }
}
