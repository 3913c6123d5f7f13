import HashTreeCollections

/// What is known of tunnels by their names, in this run and the ones before: it stands in the record.
/// Each change says of which tunnels the record differs by it.
struct PathMemory: Hashable, Sendable {
  /// Destinations of vpn-monitor that have answered.
  private(set) var answered: TreeDictionary<String, Set<IPAddress>>
  /// What monitored tunnels went down by whose path is not proven since.
  private(set) var failures: TreeDictionary<String, Reason>

  /// What a record says of tunnels that there are or may be.
  init(_ record: GateRecord, for configuration: Configuration) {
    (answered, failures) = (record.answered, record.failed)
    guard configuration.templates.isEmpty else { return }
    let names = Set(configuration.vpns.map(\.name))
    answered = answered.filter { names.contains($0.key) }
    failures = failures.filter { names.contains($0.key) }
  }

  /// Tunnels that a record speaks of and this does not.
  func forgotten(of record: GateRecord) -> Set<String> {
    record.names.tunnels.subtracting(answered.keys).subtracting(failures.keys)
  }

  func hasAnswered(_ destination: IPAddress, of tunnel: String) -> Bool {
    answered[tunnel]?.contains(destination) == true
  }

  mutating func noteAnswer(from destination: IPAddress, of tunnel: String) -> Set<String> {
    answered[tunnel, default: []].insert(destination)
    return [tunnel]
  }

  /// nil: its path is proven, or nobody monitors it.
  mutating func note(failure: Reason?, of tunnel: String) -> Set<String> {
    guard failures[tunnel] != failure else { return [] }
    failures[tunnel] = failure
    return [tunnel]
  }

  mutating func rename(_ old: String, to new: String) -> Set<String> {
    answered[new] = answered.removeValue(forKey: old)
    failures[new] = failures.removeValue(forKey: old)
    return [old, new]
  }
}
