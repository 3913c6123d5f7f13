/// What follows when strongSwan gave an IKE SA up for lack of an answer (`DaemonDPDMonitor`).
extension Core {
  /// A list of the daemon's tells what became of IKE SAs that went without a delete.
  mutating func judgeFallen(by list: [IKESA], at now: Instant) {
    for fallen in daemonDPD.judge(by: list, askedAt: lists.askedAt, &out) {
      declareFallen(fallen, at: now)
    }
  }

  /// strongSwan has taken the IKE SA and its SAs away, or is about to: what is left is the rest.
  private mutating func declareFallen(_ fallen: FallenIKE, at now: Instant) {
    guard let peer = fallen.sa.remote, let gateway = gatewayAddresses[peer]?.name else { return }
    log(
      .warning, "-",
      "gateway=\(gateway) peer=\(peer) dpd=dead reason=\"\(Reason.peerDead)\" "
        + "(strongSwan got no answer)")
    let carriers = tunnelIndex.ofPeer[peer] ?? []
    let sets = Dictionary(
      grouping: carriers.flatMap { tunnels[$0]?.monitors ?? [] }.compactMap { monitors[$0] }
        .filter { $0.key.remote == peer && fallen.had($0) }, by: \.tunnel)
    // The agent's own questions may have found it already.
    if !sets.values.joined().contains(where: { $0.phase == .down(.peerDead) }) {
      out.counters.count(gateway: gateway) { $0.deaths += 1 }
    }
    for id in carriers {
      for set in sets[id] ?? [] {
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
      authorizeClear(of: [id], at: now)
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
