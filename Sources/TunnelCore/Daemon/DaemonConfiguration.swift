/// The IKE daemon's connections, as it listed them last, found by what is asked for: names and peers. A
/// tunnel's name is looked up at each use, so that none of it may cost as much as all connections.
struct DaemonConfiguration: Sendable {
  /// nil while they are not known.
  private(set) var connections: [IKEConnection]?
  /// Those to host names alone, which may be anybody's.
  private(set) var toHostNames: [IKEConnection] = []
  /// All children that could be initiated, sorted.
  private(set) var initiable: [ChildName] = []
  private var byName: [String: IKEConnection] = [:]
  private var byRemote: [IPAddress: [IKEConnection]] = [:]
  private var children: [ChildName: IKEConnection.Child] = [:]

  /// The connection of this name.
  func connection(named name: String) -> IKEConnection? { byName[name] }

  /// The child of this name.
  func child(named name: ChildName) -> IKEConnection.Child? { children[name] }

  /// The connections that have an address as the peer's, in the daemon's order.
  func connections(to peer: IPAddress) -> [IKEConnection] { byRemote[peer] ?? [] }

  /// They were listed; nil: they are not known any more.
  mutating func replace(_ list: [IKEConnection]?) {
    connections = list
    (byName, byRemote, children) = ([:], [:], [:])
    for connection in list ?? [] {
      byName[connection.name] = connection
      for peer in Set(connection.remote) { byRemote[peer, default: []].append(connection) }
      for child in connection.children {
        children[ChildName(connection: connection.name, child: child.name)] = child
      }
    }
    toHostNames = (list ?? []).filter { $0.remote.isEmpty && $0.hasDestination }
    let names = children.filter(\.value.isNegotiated).keys.sorted()
    // Who keeps the old ones compares them at once.
    if names != initiable { initiable = names }
  }
}
