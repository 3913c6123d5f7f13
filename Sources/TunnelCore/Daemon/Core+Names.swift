/// What strongSwan calls a tunnel: known by its SPIs once it has SAs, and before that by the one
/// connection to its gateway and the one child in it that fit.
extension Core {
  mutating func nameTunnels(_ list: [IKESA], at now: Instant) {
    for id in tunnels.keys { forgetNumbers(id) }
    tunnelIndex.forgetChildren()
    var moved: [SASetKey] = []
    let children = list.flatMap { ike in ike.children.map { (ike, $0) } }
      .filter { $0.1.state == .installed }.sorted { $0.1.childID < $1.1.childID }
    for (ike, child) in children {
      guard let monitor = monitor(of: child.inbound) else { continue }
      let tunnel = monitor.tunnel
      if tunnels[tunnel]?.vpn == nil, let key = claimMoved(child, monitor.key) { moved.append(key) }
      monitors[monitor.id]?.wasListed = true
      // Both ends may have begun one, and each must come to the same answer.
      let last = tunnels[tunnel]?.ike
      let isAmbiguous = last?.childID != nil && last?.isInitiator != ike.isInitiator
      let loaded = daemon.child(named: child.name)
      tunnelIndex.note(child.name, of: tunnel)
      tunnels[tunnel]?.ike = IKENames(
        name: child.name, child: loaded ?? (last?.name == child.name ? last?.child : nil),
        ikeID: child.ikeID, childID: child.childID,
        isInitiator: isAmbiguous ? nil : ike.isInitiator, version: ike.version)
    }
    for key in moved { refresh(key, at: now) }
  }

  /// The set that an SA is in; nil when none is known.
  func monitor(of sa: SAID?) -> SetMonitor? {
    sa.flatMap(kernel.sas.home).flatMap { monitorOfSet[$0] }.flatMap { monitors[$0] }
  }

  mutating func forgetNumbers(_ id: TunnelID) {
    tunnels[id]?.ike?.ikeID = nil
    tunnels[id]?.ike?.childID = nil
    tunnels[id]?.ike?.isInitiator = nil
    tunnels[id]?.ike?.version = nil
  }

  /// The child to initiate for a tunnel: as configured, as its SAs said, or the only one that fits.
  /// Looked up in the daemon's present configuration at each use, since `swanctl --load-all` renames
  /// what has SAs.
  func childName(of tunnel: Tunnel) -> Result<ChildName, NameObstacle> {
    let gateway = tunnel.gateway.flatMap { configuration.gateways[$0] }
    let known = isNamed(tunnel) ? nil : tunnel.ike?.name
    let hasChoice = (gateway?.addresses.count ?? 0) > 1
    if let known, !hasChoice, isLoaded(known, for: gateway) { return .success(known) }
    guard let peer = gateway.map(PeerName.gateway) ?? tunnel.endpoints.map({ .address($0.remote) })
    else { return .failure(.noGateway) }
    if daemon.connections?.isEmpty == true { return .failure(.nothingLoaded) }
    var connections = self.connections(to: peer)
    var fitting = connections.flatMap { children(of: $0, for: tunnel) }
    if connections.isEmpty, known != nil {
      connections = connectionsByName(to: peer)
      fitting = connections.flatMap { children(of: $0, for: tunnel) }
        .filter { isAlike($0, tunnel) }
    }
    let rest = narrowed(fitting, for: tunnel)
    if rest.count == 1 { return .success(rest[0]) }
    if rest.count > 1 { return .failure(.several(rest.sorted())) }
    let names = connections.map(\.name)
    guard names.isEmpty || known != nil && gateway?.ikeConnection == nil && fitting.isEmpty else {
      let others = connections.flatMap { connection in
        connection.children.filter(\.isNegotiated)
          .map { ChildName(connection: connection.name, child: $0.name) }
      }
      return .failure(.noChild(in: names, wanted: tunnel.vpn?.ikeChild, others.sorted()))
    }
    return .failure(.noConnection(peer, daemon.initiable))
  }

  private func isNamed(_ tunnel: Tunnel) -> Bool {
    let gateway = tunnel.gateway.flatMap { configuration.gateways[$0] }
    return gateway?.ikeConnection != nil || tunnel.vpn?.ikeChild != nil
  }

  /// Whether the daemon's configuration has this child, as far as that is known. One of another
  /// peer's that has the same name is another child.
  func isLoaded(_ name: ChildName, for gateway: Gateway? = nil) -> Bool {
    guard daemon.connections != nil else { return true }
    guard let connection = daemon.connection(named: name.connection),
      daemon.child(named: name)?.isNegotiated == true
    else { return false }
    guard let gateway, !connection.remote.isEmpty,
      Set(connection.remote).isDisjoint(with: gateway.addresses)
    else { return true }
    return connections(to: .gateway(gateway)).isEmpty
  }

  private func connections(to peer: PeerName) -> [IKEConnection] {
    switch peer {
    case .address(let address): return daemon.connections(to: address)
    case .gateway(let gateway):
      if let name = gateway.ikeConnection {
        return daemon.connection(named: name).map { [$0] } ?? []
      }
      guard let address = gatewayAddresses.current(of: gateway) else { return [] }
      return daemon.connections(to: address).filter { connection in
        gateway.localAddress.map {
          connection.local.isEmpty || connection.local.contains($0)
        } ?? true
      }
    }
  }

  /// Connections to host names, which may be anybody's: not those that lead elsewhere just now.
  private func connectionsByName(to peer: PeerName) -> [IKEConnection] {
    let addresses: [IPAddress]
    switch peer {
    case .address(let address): addresses = [address]
    case .gateway(let gateway):
      guard gateway.ikeConnection == nil else { return [] }
      addresses = gateway.addresses
    }
    return daemon.toHostNames.filter {
      listedSAs?.leadsElsewhere($0.name, than: addresses) != true
    }
  }

  /// Whether a child may be the one that had the tunnel's SAs.
  private func isAlike(_ name: ChildName, _ tunnel: Tunnel) -> Bool {
    guard let known = tunnel.ike else { return false }
    return known.name.child == name.child || known.child.map { isLike($0, name) } ?? false
  }

  private func isLike(_ child: IKEConnection.Child, _ name: ChildName) -> Bool {
    guard let other = daemon.child(named: name), !child.remote.isEmpty else { return false }
    return Set(other.remote) == Set(child.remote) && Set(other.local) == Set(child.local)
  }

  /// Of several children those that are most likely the tunnel's: that no other tunnel has, and that
  /// have the name or the selectors of the one that it had.
  private func narrowed(_ names: [ChildName], for tunnel: Tunnel) -> [ChildName] {
    guard names.count > 1 else { return names }
    var rest = Array(Set(names))
    func narrow(_ isFitting: (ChildName) -> Bool) {
      let fitting = rest.filter(isFitting)
      if !fitting.isEmpty { rest = fitting }
    }
    narrow { !tunnelIndex.hasOther(than: tunnel.id, named: $0) }
    guard !isNamed(tunnel), let known = tunnel.ike else { return rest }
    narrow { $0 == known.name }
    narrow { $0.child == known.name.child }
    narrow { name in known.child.map { isLike($0, name) } ?? false }
    narrow { $0.connection == known.name.connection }
    return rest
  }

  /// The named child, or those that carry what the tunnel is for.
  private func children(of connection: IKEConnection, for tunnel: Tunnel) -> [ChildName] {
    fittingChildren(of: connection, for: tunnel).map {
      ChildName(connection: connection.name, child: $0.name)
    }
  }

  private func fittingChildren(
    of connection: IKEConnection, for tunnel: Tunnel
  ) -> [IKEConnection.Child] {
    if let name = tunnel.vpn?.ikeChild {
      let child = daemon.child(named: ChildName(connection: connection.name, child: name))
      return child.map { $0.isNegotiated ? [$0] : [] } ?? []
    }
    let all = connection.children.filter(\.isNegotiated)
    guard all.count > 1, let vpn = tunnel.vpn else { return all }
    let monitor = vpn.monitor
    let hosts = (monitor?.destinations ?? []) + (monitor?.verifyPath?.destinations ?? [])
    let wanted = vpn.routes + hosts.map { IPPrefix(host: $0) }
    return all.filter { child in
      child.remote.isEmpty
        || wanted.allSatisfy { prefix in child.remote.contains { $0.contains(prefix) } }
    }
  }

  /// Says it once.
  mutating func note(_ obstacle: NameObstacle, of tunnel: Tunnel) {
    guard tunnel.nameObstacle != obstacle else { return }
    tunnels[tunnel.id]?.nameObstacle = obstacle
    log(.warning, tunnel.name, "cannot be initiated: \(obstacle)")
  }
}

/// Whose connection is looked for.
enum PeerName: Hashable, Sendable {
  /// A configured gateway's.
  case gateway(Gateway)
  /// That of a discovered tunnel's peer.
  case address(IPAddress)
}

/// Why it is not known which child of the IKE daemon's to initiate.
enum NameObstacle: Error, Hashable, Sendable {
  /// A template's tunnel that never had SAs: its peer is not known.
  case noGateway
  /// The daemon has started and nobody has given it a connection yet.
  case nothingLoaded
  /// The daemon has no connection to the peer, but these children.
  case noConnection(PeerName, [ChildName])
  /// None of these connections has a child of this name, or one that fits; there are these.
  case noChild(in: [String], wanted: String?, [ChildName])
  /// Several children fit.
  case several([ChildName])
}

extension NameObstacle: CustomStringConvertible {
  /// One line for log and status.
  var description: String {
    switch self {
    case .noGateway: return "the tunnel's peer is not known before its first SA"
    case .nothingLoaded: return "strongSwan has no connections loaded (swanctl --load-all)"
    case .noConnection(.gateway(let gateway), let candidates):
      if let name = gateway.ikeConnection {
        return "strongSwan has no connection \(name)\(Self.list(candidates))"
      }
      let addresses = gateway.addresses.map(\.description).joined(separator: ", ")
      return "strongSwan has no connection with remote_addrs = \(addresses)"
        + "\(Self.list(candidates)); name one: ike-connection in gateway.\(gateway.name)"
    case .noConnection(.address(let address), let candidates):
      return "strongSwan has no connection with remote_addrs = \(address)"
        + Self.list(candidates)
    case .noChild(let connections, let name, let candidates):
      let child = name.map { "child \($0)" } ?? "child that fits"
      return "strongSwan has no \(child) in \(connections.joined(separator: ", "))"
        + Self.list(candidates)
    case .several(let names):
      return "several children fit (\(names.map(\.description).joined(separator: ", "))): "
        + "name one by ike-connection and ike-child"
    }
  }

  /// What there is instead.
  private static func list(_ candidates: [ChildName]) -> String {
    guard !candidates.isEmpty else { return "" }
    let names = candidates.prefix(4).map(\.description) + (candidates.count > 4 ? ["..."] : [])
    return " (it has \(names.joined(separator: ", ")))"
  }
}
