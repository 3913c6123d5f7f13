/// strongSwan's own DPD in the place of the agent's questions (`transport = "charon"` or `"auto"`).
///
/// charon asks when nothing came in for `dpd_delay`, and destroys an IKE SA whose request,
/// whichever, stayed unanswered through all retransmissions. VICI says that an IKE SA is down, not
/// why; but a delete, whoever sent it, makes it DELETING first or waits in its queue, and a rekeyed
/// one is not reported at all (strongSwan: ike_sa.c, `retransmit`, `delete_`; tasks/ike_delete.c).
/// What is left is a peer that does not answer, or one that came back and replaced it
/// (INITIAL_CONTACT): then another IKE SA is up by the next list.
struct DaemonDPDMonitor: Sendable {
  /// IKE SAs that the daemon gave up, to be judged by its next list.
  private var fallen: [FallenIKE] = []
  /// What was last said of strongSwan's own DPD, by the peer's address.
  private var complaints: [IPAddress: String] = [:]

  /// Nobody will list what became of them.
  mutating func daemonDisconnected() { fallen = [] }

  /// Peers that are none any more are forgotten.
  mutating func adopt(_ gateways: GatewayAddresses) {
    complaints = complaints.filter { gateways[$0.key] != nil }
  }

  /// An IKE SA is down. Whether its peer is dead is seen in the next list. Returns whether that is to
  /// be asked for.
  mutating func ikeDown(
    _ sa: IKESA, _ peers: PeerMonitor, _ context: PeerMonitor.Context, at now: Instant
  ) -> Bool {
    guard let peer = sa.remote, let policy = context.policy(of: peer),
      context.isAskedByDaemon(policy, context.daemon.connection(named: sa.connection)),
      !sa.isBeingDeleted, sa.state == "ESTABLISHED" || sa.state == "REKEYING"
    else { return false }
    let children = peers.ikeSAs[peer]?.first { $0.id == sa.id }?.children ?? []
    fallen.append(FallenIKE(sa: sa, sas: Set(children.flatMap(\.sas)), at: now))
    return true
  }

  /// A list that was asked for after an IKE SA went tells what became of it. Returns those that
  /// strongSwan took away because it got no answer.
  mutating func judge(
    by list: [IKESA], askedAt: Instant, _ out: inout Outbox
  ) -> [FallenIKE] {
    let due = fallen.filter { askedAt >= $0.at }
    fallen.removeAll { askedAt >= $0.at }
    return due.filter { fallen in
      let sa = fallen.sa
      let others = list.filter { $0.remote == sa.remote && $0.id != sa.id }
      // An older one, or one of another connection, is about to be given up too.
      let isReplaced = others.contains {
        $0.connection == sa.connection && $0.id > sa.id
          && ($0.state == "ESTABLISHED" || $0.state == "REKEYING")
      }
      // A request to make or rekey a CHILD_SA moves to the IKE SA that charon tries instead.
      let isTriedAgain = others.contains { $0.state == "CONNECTING" && $0.isInitiator }
      if !isReplaced, sa.isWaiting || sa.version == 1 || isTriedAgain { return true }
      out.log(
        .info, "-",
        "IKE SA \(sa.id) of \(sa.connection) went without a delete"
          + (isReplaced ? ": another one is up" : ", and no request of it was unanswered"))
      return false
    }
  }

  /// Says once what keeps strongSwan from asking as the configuration wants.
  mutating func review(
    _ peers: PeerMonitor, _ context: PeerMonitor.Context, _ out: inout Outbox
  ) {
    for peer in peers.remotes.sorted() {
      let complaint = peers.watches(of: peer).filter { peers.isAskedByDaemon($0, context) }
        .compactMap { peers.daemonDPD(of: $0, context).complaint }.first
      guard complaints[peer] != complaint else { continue }
      complaints[peer] = complaint
      guard let complaint, let gateway = context.gateways[peer]?.name else { continue }
      out.log(.warning, "-", "gateway=\(gateway) peer=\(peer) dpd: \(complaint)")
    }
  }
}

// MARK: Whether strongSwan asks, and as it should

extension PeerMonitor.Context {
  /// Whether strongSwan asks a peer, and not the agent.
  func isAskedByDaemon(
    _ policy: DeadPeerDetection, _ connection: @autoclosure () -> IKEConnection?
  ) -> Bool {
    switch policy.transport {
    case .ikePing: false
    case .charon: true
    case .auto:
      policy.mode == .probeIdleTunnel && isConnected && (connection()?.dpdDelay ?? 0) > 0
    }
  }
}

extension PeerMonitor {
  /// Whether strongSwan asks a peer, and not the agent.
  func isAskedByDaemon(_ watch: PeerWatch, _ context: Context) -> Bool {
    guard let policy = context.policy(of: watch.key.remote) else { return false }
    return context.isAskedByDaemon(policy, connection(of: watch, context))
  }

  /// strongSwan's connection with a peer: its IKE SA's, else the one to its address.
  private func connection(of watch: PeerWatch, _ context: Context) -> IKEConnection? {
    guard let sa = ikeSA(of: watch) else {
      return context.daemon.connections(to: watch.key.remote).first
    }
    return context.daemon.connection(named: sa.connection)
  }

  /// What is known of strongSwan's DPD with a peer that it is to ask.
  func daemonDPD(of watch: PeerWatch, _ context: Context) -> DaemonDPD {
    guard let policy = context.policy(of: watch.key.remote), context.isConnected else {
      return .unknown(
        context.obstacle.map { _ in "without VICI strongSwan cannot report dead peers" })
    }
    // The first list is under way.
    if context.daemon.connections?.isEmpty ?? true { return .unknown(nil) }
    guard let connection = connection(of: watch, context) else {
      return .unknown("strongSwan lists no connection with it")
    }
    guard connection.dpdDelay > 0 else {
      return .off(
        "connection \(connection.name) has dpd_delay = 0, so DPD is off; "
          + "set dpd_delay = \(policy.interval)s")
    }
    guard connection.dpdDelay <= policy.interval else {
      return .on(
        "connection \(connection.name) has dpd_delay = \(connection.dpdDelay)s; "
          + "set \(policy.interval)s or less")
    }
    return .on(nil)
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
    set.key.local == sa.local && (sas.isEmpty || !sas.isDisjoint(with: set.sas))
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
