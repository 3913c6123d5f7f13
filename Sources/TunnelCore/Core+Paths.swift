/// Between which addresses a set is probed.
extension Core {
  /// What a probe is to prove: verify-path and vpn-monitor have destinations of their own.
  enum Purpose { case verifyPath, vpnMonitor }

  /// Where a tunnel's probes go, by design.md section 4: `destination-ip` where given; with
  /// `probe-source = "link"` the link's address and its only neighbour; else the endpoints.
  func path(
    of tunnel: Tunnel, through key: SASetKey, for purpose: Purpose
  ) -> Result<ProbePath, ProbeObstacle> {
    guard let policy = tunnel.monitor, let link = link(named: tunnel.link) else {
      return .failure(.noLink)
    }
    guard isUpOrRaised(link.name) else { return .failure(.linkAdminDown) }
    let given: IPAddress?
    let size: Int
    switch purpose {
    case .verifyPath:
      (given, size) = (policy.verifyPath?.destinationIP, policy.verifyPath?.packetSize ?? 64)
    case .vpnMonitor: (given, size) = (policy.destinationIP, 64)
    }
    let own = policy.probeSource == .link ? addresses[link.index] ?? [] : []
    let numbered = given.map { given in own.filter { $0.address.family == given.family } } ?? own
    let best = numbered.first { $0.otherEnd != nil } ?? numbered.first { !$0.address.isLinkLocal }
    let destination = given ?? best?.otherEnd ?? key.remote
    var source = best.map(\.address) ?? key.local
    if let name = policy.sourceInterface, policy.probeSource == .link || purpose == .vpnMonitor {
      guard let address = self.address(on: name, like: destination) else {
        return .failure(.noSource(name))
      }
      source = address
    }
    guard source.family == destination.family else { return .failure(.noSource(link.name)) }
    return .success(
      ProbePath(linkIndex: link.index, source: source, destination: destination, size: size))
  }

  /// An interface's address for talking to `destination`: of its family, and the loopback net
  /// only when there is nothing else.
  private func address(on name: String, like destination: IPAddress) -> IPAddress? {
    let list = (link(named: name).flatMap { addresses[$0.index] } ?? []).map(\.address)
      .filter { $0.family == destination.family && !$0.isLinkLocal }
    return list.first { !$0.isLoopback } ?? list.first
  }
}
