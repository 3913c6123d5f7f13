/// What strongSwan calls a tunnel: known by its SPIs once it has SAs, and before that by the one
/// connection to its gateway and the one child in it that fit.
extension Core {
  mutating func nameTunnels(_ list: [IKESA]) {
    for id in tunnels.keys { forgetNumbers(id) }
    let children = list.flatMap { ike in ike.children.map { (ike, $0) } }
      .filter { $0.1.state == .installed }.sorted { $0.1.childID < $1.1.childID }
    for (ike, child) in children {
      guard let set = child.inbound.flatMap(sas.home), let monitor = monitorOfSet[set],
        let tunnel = monitors[monitor]?.tunnel
      else { continue }
      // Both ends may have begun one, and each must come to the same answer.
      let last = tunnels[tunnel]?.ike
      let isAmbiguous = last?.childID != nil && last?.isInitiator != ike.isInitiator
      tunnels[tunnel]?.ike = IKENames(
        name: child.name, ikeID: child.ikeID, childID: child.childID,
        isInitiator: isAmbiguous ? nil : ike.isInitiator, version: ike.version)
    }
  }

  mutating func forgetNumbers(_ id: TunnelID) {
    tunnels[id]?.ike?.ikeID = nil
    tunnels[id]?.ike?.childID = nil
    tunnels[id]?.ike?.isInitiator = nil
    tunnels[id]?.ike?.version = nil
  }

  /// The child to initiate for a tunnel: as configured, as its SAs said, or the only one that fits.
  func childName(of tunnel: Tunnel) -> Result<ChildName, NameObstacle> {
    let gateway = tunnel.gateway.flatMap { configuration.gateways[$0] }
    let isNamed = gateway?.ikeConnection != nil || tunnel.vpn?.ikeChild != nil
    let hasChoice = (gateway?.addresses.count ?? 0) > 1
    if let known = tunnel.ike?.name, !isNamed, !hasChoice { return .success(known) }
    guard let gateway else { return .failure(.noGateway) }
    let connections = self.connections(to: gateway)
    if connections.isEmpty { return .failure(.noConnection(gateway)) }
    let fitting = connections.flatMap { connection in
      children(of: connection, for: tunnel).map {
        ChildName(connection: connection.name, child: $0.name)
      }
    }
    if fitting.count == 1 { return .success(fitting[0]) }
    // The connection to another address of the gateway has a child of the same name.
    if !isNamed, let known = tunnel.ike?.name {
      let alike = fitting.filter { $0.child == known.child }
      if alike.contains(known) { return .success(known) }
      if alike.count == 1 { return .success(alike[0]) }
    }
    let names = connections.map(\.name)
    if fitting.isEmpty { return .failure(.noChild(in: names, wanted: tunnel.vpn?.ikeChild)) }
    return .failure(.several(fitting.sorted()))
  }

  private func connections(to gateway: Gateway) -> [IKEConnection] {
    if let name = gateway.ikeConnection { return ike.connections.filter { $0.name == name } }
    let address = currentAddress(of: gateway)
    return ike.connections.filter { connection in
      (address.map { connection.remote.contains($0) } ?? false)
        && (gateway.localAddress.map { connection.local.isEmpty || connection.local.contains($0) }
          ?? true)
    }
  }

  /// The daemon's connection of this name.
  func connection(named name: String) -> IKEConnection? {
    ike.connections.first { $0.name == name }
  }

  /// The named child, or those that carry what the tunnel is for.
  private func children(
    of connection: IKEConnection, for tunnel: Tunnel
  ) -> [IKEConnection.Child] {
    let all = connection.children.filter(\.isNegotiated)
    if let name = tunnel.vpn?.ikeChild { return all.filter { $0.name == name } }
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

/// Why it is not known which child of the IKE daemon's to initiate.
enum NameObstacle: Error, Hashable, Sendable {
  /// A template's tunnel that never had SAs: its peer is not known.
  case noGateway
  /// The daemon has no connection to the gateway.
  case noConnection(Gateway)
  /// None of these connections has a child of this name, or one that fits.
  case noChild(in: [String], wanted: String?)
  /// Several children fit.
  case several([ChildName])
}

extension NameObstacle: CustomStringConvertible {
  /// One line for log and status.
  var description: String {
    switch self {
    case .noGateway: return "the tunnel's peer is not known before its first SA"
    case .noConnection(let gateway):
      if let name = gateway.ikeConnection { return "strongSwan has no connection \(name)" }
      let addresses = gateway.addresses.map(\.description).joined(separator: ", ")
      return "strongSwan has no connection with remote_addrs = \(addresses); "
        + "name one: ike-connection in gateway.\(gateway.name)"
    case .noChild(let connections, let name):
      let child = name.map { "child \($0)" } ?? "child that fits"
      return "strongSwan has no \(child) in \(connections.joined(separator: ", "))"
    case .several(let names):
      return "several children fit (\(names.map(\.description).joined(separator: ", "))): "
        + "name one by ike-connection and ike-child"
    }
  }
}
