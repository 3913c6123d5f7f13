/// The IKE daemon's connections, as it listed them last.
struct DaemonConfiguration: Sendable {
  /// nil while they are not known.
  private(set) var connections: [IKEConnection]?
  private var byName: [String: IKEConnection] = [:]

  /// The connection of this name.
  func connection(named name: String) -> IKEConnection? { byName[name] }

  /// They were listed; nil: they are not known any more.
  mutating func replace(_ list: [IKEConnection]?) {
    connections = list
    byName = Dictionary((list ?? []).map { ($0.name, $0) }) { $1 }
  }
}
