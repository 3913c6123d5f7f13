/// strongSwan's own DPD in the place of the agent's questions (`transport = "charon"` or `"auto"`).
///
/// charon asks when nothing came in for `dpd_delay`, and destroys an IKE SA whose request,
/// whichever, stayed unanswered through all retransmissions. VICI says that an IKE SA is down, not
/// why; but a delete, whoever sent it, makes it DELETING first or waits in its queue, and a rekeyed
/// one is not reported at all (strongSwan: ike_sa.c, `retransmit`, `delete_`; tasks/ike_delete.c).
/// What is left is a peer that does not answer, or one that came back and replaced it
/// (INITIAL_CONTACT): then another IKE SA is up by the next list.
extension Core {
  /// Whether strongSwan asks a peer, and not the agent.
  func isAskedByDaemon(_ watch: PeerWatch) -> Bool {
    guard let policy = deadPeerDetection(of: watch.key.remote) else { return false }
    return isAskedByDaemon(policy, connection(of: watch))
  }

  private func isAskedByDaemon(
    _ policy: DeadPeerDetection, _ connection: @autoclosure () -> IKEConnection?
  ) -> Bool {
    switch policy.transport {
    case .ikePing: false
    case .charon: true
    case .auto:
      policy.mode == .probeIdleTunnel && ike.isConnected && (connection()?.dpdDelay ?? 0) > 0
    }
  }

  /// strongSwan's connection with a peer: its IKE SA's, else the one to its address.
  private func connection(of watch: PeerWatch) -> IKEConnection? {
    guard let sa = dpd.ikeSAs.first(where: { $0.id == watch.key.ikeID }) else {
      return ike.connections?.first { $0.remote.contains(watch.key.remote) }
    }
    return connection(named: sa.connection)
  }

  // MARK: Whether it fits

  /// What is known of strongSwan's DPD with a peer that it is to ask.
  func daemonDPD(of watch: PeerWatch) -> DaemonDPD {
    guard let policy = deadPeerDetection(of: watch.key.remote), ike.isConnected else {
      return .unknown(
        ike.obstacle.map { _ in "without VICI nobody tells when strongSwan gives it up" })
    }
    // The first list is under way.
    if ike.connections?.isEmpty ?? true { return .unknown(nil) }
    guard let connection = connection(of: watch) else {
      return .unknown("strongSwan lists no connection with it")
    }
    guard connection.dpdDelay > 0 else {
      return .off(
        "connection \(connection.name) has dpd_delay = 0, so nobody asks; "
          + "wanted: dpd_delay = \(policy.interval)s")
    }
    guard connection.dpdDelay <= policy.interval else {
      return .on(
        "connection \(connection.name) has dpd_delay = \(connection.dpdDelay)s; "
          + "wanted: \(policy.interval)s or less")
    }
    return .on(nil)
  }

  /// Says once what keeps strongSwan from asking as the configuration wants.
  mutating func reviewDaemonDPD() {
    for (peer, ids) in dpd.ofPeer.sorted(by: { $0.key < $1.key }) {
      let watches = ids.compactMap { dpd.watches[$0] }
      let complaint = watches.filter { isAskedByDaemon($0) }
        .compactMap { daemonDPD(of: $0).complaint }.first
      guard dpd.complaints[peer] != complaint else { continue }
      dpd.complaints[peer] = complaint
      guard let complaint, let gateway = dpd.gateways[peer] else { continue }
      log(.warning, "-", "gateway=\(gateway) peer=\(peer) dpd: \(complaint)")
    }
  }

  // MARK: What it finds

  /// An IKE SA is down. Whether its peer is dead is seen in the next list.
  mutating func noteFall(of sa: IKESA, at now: Instant) {
    guard let peer = sa.remote, let policy = deadPeerDetection(of: peer),
      isAskedByDaemon(policy, connection(named: sa.connection)),
      !sa.isBeingDeleted, sa.state == "ESTABLISHED" || sa.state == "REKEYING"
    else { return }
    let children = dpd.ikeSAs.first { $0.id == sa.id }?.children ?? []
    dpd.fallen.append(
      FallenIKE(sa: sa, sas: Set(children.flatMap(\.sas)), at: now))
    wantListNow(at: now)
  }

  /// A list that was asked for after an IKE SA went tells what became of it.
  mutating func judgeFallen(by list: [IKESA], at now: Instant) {
    let due = dpd.fallen.filter { ike.askedAt >= $0.at }
    dpd.fallen.removeAll { ike.askedAt >= $0.at }
    for fallen in due {
      let sa = fallen.sa
      let others = list.filter { $0.remote == sa.remote && $0.id != sa.id }
      // An older one, or one of another connection, is about to be given up too.
      let isReplaced = others.contains {
        $0.connection == sa.connection && $0.id > sa.id
          && ($0.state == "ESTABLISHED" || $0.state == "REKEYING")
      }
      // A request to make or rekey a CHILD_SA moves to the IKE SA that charon tries instead.
      let isTriedAgain = others.contains { $0.state == "CONNECTING" && $0.isInitiator }
      if !isReplaced, sa.isWaiting || sa.version == 1 || isTriedAgain {
        declareFallen(fallen, at: now)
      } else {
        log(
          .info, "-",
          "IKE SA \(sa.id) of \(sa.connection) went without a delete"
            + (isReplaced ? ": another one is up" : ", and no request of it was unanswered"))
      }
    }
  }

  /// strongSwan has taken the IKE SA and its SAs away, or is about to: what is left is the rest.
  private mutating func declareFallen(_ fallen: FallenIKE, at now: Instant) {
    guard let peer = fallen.sa.remote, let gateway = dpd.gateways[peer] else { return }
    log(
      .warning, "-",
      "gateway=\(gateway) peer=\(peer) dpd=dead reason=\"\(Reason.peerDead)\" "
        + "(strongSwan got no answer)")
    for id in tunnelIndex.ofPeer[peer] ?? [] {
      let sets = (tunnels[id]?.monitors ?? []).compactMap { monitors[$0] }
        .filter { $0.key.remote == peer && fallen.had($0) }
      for set in sets {
        setLosesPeer(set.id, at: now)
        if kernel.sas.sets[set.key] == nil {
          setVanished(set.id, at: now)
        } else {
          awaitRemoval(set.id, at: now)
        }
      }
      markDead(id, with: fallen.sa, at: now)
      reconcile(id, at: now)
    }
    failOver(gateway, from: peer, at: now)
  }

  /// strongSwan is about to take SAs away: if it does not, they are expired like all that it left.
  private mutating func awaitRemoval(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], !monitor.isBeingCleared, isToBeCleared(monitor),
      mayClear([id], at: now)
    else { return }
    clearWithinAttempt(id, isTerminated: true, at: now)
    schedule(id)
  }

  /// A tunnel whose SAs were gone before the list came: its state says why all the same.
  private mutating func markDead(_ id: TunnelID, with sa: IKESA, at now: Instant) {
    guard let tunnel = tunnels[id], tunnel.state == .absent || tunnel.state == .idle,
      tunnel.endpoints?.remote == sa.remote,
      tunnel.ike?.name.connection == sa.connection,
      let policy = sa.remote.flatMap({ deadPeerDetection(of: $0) })
    else { return }
    let interval = tunnel.monitor?.interval ?? .seconds(policy.interval)
    tunnels[id]?.heldUntil = now.advanced(by: max(interval, Self.absentGrace))
    transition(id, to: .down, because: .peerDead, at: now)
  }
}

/// An IKE SA that went without a delete.
struct FallenIKE: Hashable, Sendable {
  /// As it was then.
  let sa: IKESA
  /// SAs of its children, as last listed.
  let sas: Set<SAID>
  let at: Instant

  /// Whether a set between its endpoints was its own. One whose children are not known had all.
  func had(_ set: SetMonitor) -> Bool {
    set.key.local == sa.local && (sas.isEmpty || !set.sas.isDisjoint(with: sas))
  }
}

/// strongSwan's own DPD with one peer. Each with what is wrong with it; nil: nothing.
enum DaemonDPD: Hashable, Sendable {
  case on(String?)
  case off(String)
  case unknown(String?)

  var complaint: String? {
    switch self {
    case .on(let text), .unknown(let text): text
    case .off(let text): text
    }
  }

  /// As status shows it.
  var support: String {
    switch self {
    case .on: "supported"
    case .off: "unsupported"
    case .unknown: "unknown"
    }
  }
}
