/// Gateways with several addresses: which one is tried next.
///
/// Each address has a connection of its own in strongSwan's configuration, since charon initiates
/// to the first of `remote_addrs` only. To try an address is to initiate the child there.
extension Core {
  /// A peer died: every tunnel through its gateway is negotiated anew at once, with the next address
  /// where there is one.
  mutating func failOver(_ name: String, from peer: IPAddress, at now: Instant) {
    guard let gateway = configuration.gateways[name] else { return }
    guard lists.isConnected || hasCommand(gateway, towards: peer) else {
      return sayThatNobodyFailsOver(gateway)
    }
    if gatewayAddresses.current(of: gateway) == peer { gatewayAddresses.rotate(gateway, &out) }
    guard lists.isConnected else { return }
    for id in tunnelIndex.ofPeer[peer] ?? [] {
      guard let tunnel = tunnels[id], let vpn = tunnel.vpn, !hasLivingSet(tunnel) else { continue }
      // Another IKE SA with the same peer died a moment ago, and the child is being negotiated.
      if isBeingInitiated(tunnel) { continue }
      if let old = tunnel.ike?.name { renegotiator.forget(old) }
      guard vpn.establishTunnels != .responderOnly,
        case .success(let child) = childName(of: tunnel)
      else { continue }
      renegotiator.begin(
        Renegotiation(of: tunnel, cause: .deadPath, step: .awaited, dueAt: now), as: child)
    }
    lists.want(at: now, &out)
  }

  private func isBeingInitiated(_ tunnel: Tunnel) -> Bool {
    guard case .success(let child) = childName(of: tunnel),
      case .asked(.initiate)? = renegotiator[child]?.step
    else { return false }
    return true
  }

  /// Whether there is another address, and a command that would try it where there is no VICI.
  private func hasCommand(_ gateway: Gateway, towards peer: IPAddress) -> Bool {
    let users = tunnelIndex.ofPeer[peer] ?? []
    return gateway.addresses.count > 1
      && users.contains { tunnels[$0]?.vpn?.renegotiateCommand != nil }
  }

  private mutating func sayThatNobodyFailsOver(_ gateway: Gateway) {
    guard gateway.addresses.count > 1 else { return }
    log(
      .warning, "-",
      "gateway=\(gateway.name) without VICI and renegotiate-command no other address is tried")
  }

  /// A run of the `renegotiate-command` brought no SAs: this one tries the next address.
  mutating func tryNextAddress(of tunnel: Tunnel) {
    if let gateway = tunnel.gateway.flatMap({ configuration.gateways[$0] }) {
      gatewayAddresses.rotate(gateway, &out)
    }
  }

  private func hasLivingSet(_ tunnel: Tunnel) -> Bool {
    tunnel.monitors.contains { id in
      guard let monitor = monitors[id] else { return false }
      return !monitor.isBeingCleared && kernel.sas.sets[monitor.key]?.isComplete ?? false
    }
  }

  /// A peer does not answer the negotiation of a child: that of the next address comes in its place.
  mutating func tryNextAddress(instead name: ChildName, at now: Instant) {
    // Of the same attempt, since the peer is silent and charon would go on asking it.
    tryNextAddress(instead: name, atOnce: true)
    lists.want(at: now, &out)
  }

  /// A peer answered the negotiation of a child, and nothing came of it: each address is tried
  /// once, and then, when the back-off is over, the first of them again.
  mutating func refused(_ name: ChildName, at now: Instant) {
    guard let work = renegotiator[name], let tunnel = tunnels[work.tunnel],
      let gateway = tunnel.gateway.flatMap({ configuration.gateways[$0] }),
      gateway.addresses.count > 1
    else { return }
    log(.info, tunnel.name, "\(name) was refused")
    let isRoundOver = work.refusals.isMultiple(of: gateway.addresses.count)
    tryNextAddress(instead: name, atOnce: !isRoundOver)
    if !isRoundOver { lists.want(at: now, &out) }
  }

  private mutating func tryNextAddress(instead name: ChildName, atOnce: Bool) {
    guard let work = renegotiator[name], work.mayInitiate, let tunnel = tunnels[work.tunnel],
      let gateway = tunnel.gateway.flatMap({ configuration.gateways[$0] }),
      gateway.addresses.count > 1
    else { return }
    gatewayAddresses.rotate(gateway, &out)
    switch childName(of: tunnel) {
    case .success(let next): renegotiator.replace(name, by: next, atOnce: atOnce)
    case .failure(let obstacle): note(obstacle, of: tunnel)
    }
  }
}
