/// Between which addresses a set is probed.
extension Core {
  /// What a probe is to prove: verify-path and vpn-monitor have destinations of their own.
  enum Purpose { case verifyPath, vpnMonitor }

  /// Where a tunnel's probes go: `destination-ip` where given; with
  /// a remote selector that is one host (a road warrior's virtual address); with
  /// `probe-source = "link"` the link's address and its only neighbour; else the endpoints. A set
  /// with traffic selectors is probed inside them or not at all.
  func path(
    of tunnel: Tunnel, through key: SASetKey, for purpose: Purpose
  ) -> Result<ProbePath, ProbeObstacle> {
    guard let policy = tunnel.monitor else { return .failure(.noLink) }
    let way: ProbeWay
    switch self.way(of: tunnel, through: key) {
    case .success(let found): way = found
    case .failure(let obstacle): return .failure(obstacle)
    }
    let given: [IPAddress]
    let size: Int
    switch purpose {
    case .verifyPath:
      (given, size) = (policy.verifyPath?.destinations ?? [], policy.verifyPath?.packetSize ?? 64)
    case .vpnMonitor: (given, size) = (policy.destinations, 64)
    }
    let own = policy.probeSource == .link ? addresses(on: way) : []
    let usual = given.isEmpty ? [onlyHost(behind: key)].compactMap(\.self) : given
    var obstacle: ProbeObstacle?
    for wish in usual.isEmpty ? [nil] : usual.map(Optional.some) {
      let numbered = wish.map { wish in own.filter { $0.address.family == wish.family } } ?? own
      let best = numbered.first { $0.otherEnd != nil } ?? numbered.first { !$0.address.isLinkLocal }
      let destination = wish ?? best?.otherEnd ?? key.remote
      let wanted = usualSource(
        best?.address ?? key.local, to: destination, policy, for: purpose, by: tunnel.link)
      switch source(wanted, to: destination, through: key, policy.sourceInterface) {
      case .failure(let reason): obstacle = obstacle ?? reason
      case .success(let source):
        return .success(
          ProbePath(way: way, source: source, destination: destination, size: size))
      }
    }
    return .failure(obstacle ?? .noLink)
  }

  /// The host that a set alone leads to; nil when its remote selectors are nets.
  private func onlyHost(behind key: SASetKey) -> IPAddress? {
    let pinged = selectors(of: key).filter(\.carriesPing).map(\.remote)
    return pinged.allSatisfy(\.isHost) ? pinged.min()?.address : nil
  }

  private func addresses(on way: ProbeWay) -> [InterfaceAddress] {
    switch way {
    case .link(let index): kernel.addresses[index] ?? []
    case .policy: []
    }
  }

  private func usualSource(
    _ source: IPAddress, to destination: IPAddress, _ policy: Monitor, for purpose: Purpose,
    by link: String?
  ) -> Result<IPAddress, ProbeObstacle> {
    if let name = policy.sourceInterface, policy.probeSource == .link || purpose == .vpnMonitor {
      return address(on: name, like: destination).map { .success($0) } ?? .failure(.noSource(name))
    }
    return source.family == destination.family ? .success(source) : .failure(.noSource(link))
  }

  /// Where probes to `destination` come from, so that they go through this set: the usual address,
  /// else that of `source-interface`, else one of this host's.
  private func source(
    _ usual: Result<IPAddress, ProbeObstacle>, to destination: IPAddress, through key: SASetKey,
    _ interface: String?
  ) -> Result<IPAddress, ProbeObstacle> {
    let selectors = selectors(of: key)
    let isBound =
      !selectors.isEmpty
      && !selectors.contains { $0.isAny && $0.remote.contains(destination) }
    guard isBound else { return usual }
    let pinged = selectors.filter(\.carriesPing)
    guard !pinged.isEmpty else { return .failure(.noPing) }
    let fitting = pinged.filter { $0.remote.contains(destination) }
    guard !fitting.isEmpty else { return .failure(.noDestination(pinged.map(\.remote))) }
    func fits(_ source: IPAddress) -> Bool {
      fitting.contains { $0.local.contains(source) }
        && !kernel.policies.isTaken(from: key, source: source, destination: destination)
    }
    let wishes = [try? usual.get(), interface.flatMap { address(on: $0, like: destination) }]
    let found = wishes.lazy.compactMap(\.self).first(where: fits) ?? hostAddress(where: fits)
    return found.map { .success($0) } ?? .failure(.noAddress(fitting.map(\.local)))
  }

  /// An address of this host, of the first link that has one.
  private func hostAddress(where fits: (IPAddress) -> Bool) -> IPAddress? {
    var found: (index: Int32, address: IPAddress)?
    for (index, list) in kernel.addresses where index < found?.index ?? .max {
      let address = list.map(\.address).first {
        !$0.isLinkLocal && !$0.isLoopback && fits($0)
      }
      if let address { found = (index, address) }
    }
    return found?.address
  }

  /// An interface's address for talking to `destination`: of its family, and the loopback net
  /// only when there is nothing else.
  private func address(on name: String, like destination: IPAddress) -> IPAddress? {
    let list = (kernel.link(named: name).flatMap { kernel.addresses[$0.index] } ?? []).map(
      \.address
    )
    .filter { $0.family == destination.family && !$0.isLinkLocal }
    return list.first { !$0.isLoopback } ?? list.first
  }

  /// Whether a reply came the way that what a set's SAs decrypt comes.
  func arrives(by way: ProbeWay, _ monitor: SetMonitor) -> Bool {
    if way == monitor.path?.way { return true }
    guard case .link(let index) = way else { return false }
    return arrives(on: index, monitor)
  }

  /// Whether what comes out of a set's SAs arrives on this link: the tunnel's own; where each
  /// direction has an if_id, the XFRM interface that has the inbound one; of VTIs with the same ends
  /// any, for the kernel does not look at keys there (net/ipv4/ip_vti.c, `vti_input`).
  func arrives(on index: Int32, _ monitor: SetMonitor) -> Bool {
    guard let link = kernel.links[index] else { return false }
    let own = kernel.link(named: tunnels[monitor.tunnel]?.link)
    if link.index == own?.index { return true }
    if let own, link.hasEnds(of: own) { return true }
    guard case .xfrm(let ifID) = link.kind, ifID != 0 else { return false }
    return kernel.sas.sets[monitor.key]?.inbound.values.contains { $0.ifID == ifID } ?? false
  }
}
