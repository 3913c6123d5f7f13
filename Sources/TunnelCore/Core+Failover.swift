/// Gateways with several addresses: which one is tried next.
///
/// Each address has a connection of its own in strongSwan's configuration, since charon initiates
/// to the first of `remote_addrs` only. To try an address is to initiate the child there.
extension Core {
  /// The address in use, or tried last.
  func currentAddress(of gateway: Gateway) -> IPAddress? {
    dpd.currentAddress[gateway.name] ?? gateway.addresses.first
  }

  /// SAs with an address came: it is the one in use, whoever chose it.
  mutating func noteAddress(_ remote: IPAddress) {
    guard let name = dpd.gateways[remote], let gateway = configuration.gateways[name],
      gateway.addresses.count > 1
    else { return }
    dpd.currentAddress[name] = remote
  }

  /// A peer died: every tunnel through its gateway is negotiated anew at once, with the next address
  /// where there is one.
  mutating func failOver(_ name: String, from peer: IPAddress, at now: Instant) {
    guard ike.isConnected, let gateway = configuration.gateways[name] else { return }
    if currentAddress(of: gateway) == peer { rotate(gateway) }
    for id in tunnelIndex.ofPeer[peer] ?? [] {
      guard let tunnel = tunnels[id], let vpn = tunnel.vpn, !hasLivingSet(tunnel) else { continue }
      if let old = tunnel.ike?.name { ike.renegotiations[old] = nil }
      guard vpn.establishTunnels != .responderOnly,
        case .success(let child) = childName(of: tunnel)
      else { continue }
      ike.renegotiations[child] = Renegotiation(
        of: tunnel, cause: .deadPath, step: .awaited, dueAt: now)
    }
    wantList(at: now)
  }

  private func hasLivingSet(_ tunnel: Tunnel) -> Bool {
    tunnel.monitors.contains { id in
      guard let monitor = monitors[id] else { return false }
      return monitor.clearing.isEmpty && sas.sets[monitor.key]?.isComplete ?? false
    }
  }

  /// A peer does not answer the negotiation of a child: that of the next address comes in its place.
  mutating func tryNextAddress(instead name: ChildName, at now: Instant) {
    guard var work = ike.renegotiations[name], work.mayInitiate, let tunnel = tunnels[work.tunnel],
      let gateway = tunnel.gateway.flatMap({ configuration.gateways[$0] }),
      gateway.addresses.count > 1
    else { return }
    rotate(gateway)
    guard case .success(let next) = childName(of: tunnel), next != name,
      ike.renegotiations[next] == nil
    else { return }
    ike.renegotiations[name] = nil
    // Of the same attempt, since the peer is silent and charon would go on asking it.
    work.step = .cleared
    ike.renegotiations[next] = work
    wantList(at: now)
  }

  private mutating func rotate(_ gateway: Gateway) {
    guard gateway.addresses.count > 1, let current = currentAddress(of: gateway),
      let index = gateway.addresses.firstIndex(of: current)
    else { return }
    let next = gateway.addresses[(index + 1) % gateway.addresses.count]
    dpd.currentAddress[gateway.name] = next
    log(.info, "-", "gateway=\(gateway.name) trying address \(next) after \(current)")
  }
}
