extension PeerMonitor {
  /// What others know and it goes by.
  struct Context: Sendable {
    let kernel: KernelState
    let gateways: GatewayAddresses
    let daemon: DaemonConfiguration
    /// Why there is no VICI; nil when there is or when nobody has tried yet.
    let obstacle: String?
    let isConnected: Bool
    /// Nobody is watched then.
    let isStandby: Bool

    /// The settings for a peer's address; nil where there are none, and in standby.
    func policy(of remote: IPAddress) -> DeadPeerDetection? {
      isStandby ? nil : gateways[remote]?.deadPeerDetection
    }
  }

  // MARK: What is known of a peer

  /// All addresses that are watched.
  var remotes: Set<IPAddress> { Set(watches.values.map(\.key.remote)) }

  /// One for each IKE SA that the daemon lists; else one for each pair of endpoints.
  func keys(of remote: IPAddress, _ context: Context) -> [PeerKey] {
    let own = context.gateways[remote]?.localAddress
    let listed = (ikeSAs[remote] ?? []).filter { own == nil || $0.local == own }
    let known = listed.compactMap { ike in
      ike.local.map { PeerKey(local: $0, remote: remote, ikeID: ike.id) }
    }
    let others = Set(context.kernel.sas.keys(towards: remote).map(\.local))
      .subtracting(known.map(\.local))
    return known
      + others.filter { own == nil || $0 == own }.sorted().map {
        PeerKey(local: $0, remote: remote)
      }
  }

  /// The IKE SA of a peer as listed last.
  func ikeSA(of watch: PeerWatch) -> IKESA? {
    ikeSAs[watch.key.remote]?.first { $0.id == watch.key.ikeID }
  }

  /// The sets of a peer.
  func sets(of watch: PeerWatch, _ kernel: KernelState) -> [SASet] {
    let mine = sas(of: watch)
    return kernel.sas.keys(towards: watch.key.remote).filter { $0.local == watch.key.local }
      .sorted { ($0.reqid, $0.ifID) < ($1.reqid, $1.ifID) }.compactMap { kernel.sas.sets[$0] }
      .filter { set in mine.map { !$0.isDisjoint(with: set.ids) } ?? true }
  }

  /// The SAs of its IKE SA, where another IKE SA has the same endpoints; nil: all are its.
  func sas(of watch: PeerWatch) -> Set<SAID>? {
    let alike = (ikeSAs[watch.key.remote] ?? []).filter { $0.local == watch.key.local }
    guard alike.count > 1, let mine = alike.first(where: { $0.id == watch.key.ikeID }) else {
      return nil
    }
    return Set(mine.children.flatMap(\.sas))
  }

  /// Where its IKE daemon is asked: the IKE SA's port, else 500, or the port that its ESP in UDP goes
  /// to.
  func port(of watch: PeerWatch, _ kernel: KernelState) -> UInt16 {
    if let port = ikeSA(of: watch)?.remotePort { return port }
    // The inbound SA of a pair comes first.
    let sets = sets(of: watch, kernel)
    let ports =
      sets.flatMap(\.outbound.values).compactMap(\.encapsulation?.destinationPort)
      + sets.flatMap(\.inbound.values).compactMap(\.encapsulation?.sourcePort)
    return ports.first ?? IKEPing.port
  }
}
