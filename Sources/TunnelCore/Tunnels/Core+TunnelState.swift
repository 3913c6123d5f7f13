/// A tunnel's state, worked out of its sets: the one place through which every change goes on to the
/// link, the alarms and what brings it back.
extension Core {
  /// Works a tunnel's state out from its sets, and its link's gate from that.
  mutating func reconcile(_ id: TunnelID, because given: Reason? = nil, at now: Instant) {
    guard !pending.puts(off: id, because: given), let tunnel = tunnels[id] else { return }
    let (state, reason) = stateFromSets(tunnel, because: given, at: now)
    let isObserved = reason == .observedOnly
    if state != tunnel.state || state == .down && reason != tunnel.reason
      || state == .up && isObserved != tunnel.isOnlyObserved
    {
      let isNews = tunnel.monitors.contains { monitors[$0]?.phase.isDown == true }
      transition(id, to: state, because: reason, isNews: isNews, at: now)
      if state == .up, let peer = tunnel.endpoints?.remote {
        hearPeer(peer, "a tunnel to it is up", at: now)
      }
      // What is to be brought up is seen by the next list.
      if state == .absent || state == .idle { lists.want(at: now, &out) }
    }
    reconcileBlindness(id, at: now)
    reconcilePeerHold(id)
    reconcileSets(id, at: now)
    updateFailureCensus(id, at: now)
    reconcileCommand(id, at: now)
    reconcileTrigger(id, at: now)
    if isForgettable(tunnel) {
      forget(id)
    } else if let link = tunnel.link {
      reconcileGate(link, at: now)
    }
  }

  private mutating func stateFromSets(
    _ tunnel: Tunnel, because given: Reason?, at now: Instant
  ) -> (TunnelState, Reason) {
    let all = tunnel.monitors.compactMap { monitors[$0] }
    if isStandby, tunnel.monitor != nil {
      return all.contains { $0.phase == .standby }
        ? (.standby, .standby) : (stateWithoutSAs(tunnel), .noSA)
    }
    if let up = all.first(where: { $0.phase == .up }) { return (.up, given ?? up.grounds) }
    if let verifying = all.first(where: { $0.phase == .verifying }) {
      return (.verifying, verifying.grounds)
    }
    for case .down(let reason) in all.map(\.phase) { return (.down, reason) }
    if all.contains(where: { $0.phase == .observed }) { return (.up, .observedOnly) }
    if tunnel.waitsForProof, let failure = tunnel.failedBy {
      return (.down, tunnel.state == .down ? tunnel.reason : failure)
    }
    guard tunnel.state == .down else { return (stateWithoutSAs(tunnel), .noSA) }
    guard tunnel.isOnTraffic else { return (.down, tunnel.reason) }
    // Down without an SA: held for a while, then traffic may trigger negotiation again.
    if let until = tunnel.heldUntil, until > now {
      out.timers.set(.tunnel(tunnel.id), to: until)
      return (.down, tunnel.reason)
    }
    return (stateWithoutSAs(tunnel), .backOffOver)
  }

  /// No traffic brings up what is there already, where it is of no use.
  private func stateWithoutSAs(_ tunnel: Tunnel) -> TunnelState {
    let isMisplaced = tunnel.monitors.contains { monitors[$0]?.obstacle?.isMisplaced == true }
    return isMisplaced ? .absent : tunnel.stateWithoutSAs
  }
}
