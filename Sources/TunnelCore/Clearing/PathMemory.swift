/// What is known of tunnels by their names, in this run and the ones before: it stands in the record.
struct PathMemory: Hashable, Sendable {
  /// Destinations of vpn-monitor that have answered.
  private(set) var answered: [String: Set<IPAddress>]
  /// What monitored tunnels went down by whose path is not proven since.
  private(set) var failures: [String: Reason]

  /// What a record says of tunnels that there are or may be.
  init(_ record: GateRecord, for configuration: Configuration) {
    (answered, failures) = (record.answered, record.failed)
    guard configuration.templates.isEmpty else { return }
    let names = Set(configuration.vpns.map(\.name))
    answered = answered.filter { names.contains($0.key) }
    failures = failures.filter { names.contains($0.key) }
  }

  func hasAnswered(_ destination: IPAddress, of tunnel: String) -> Bool {
    answered[tunnel]?.contains(destination) == true
  }

  mutating func noteAnswer(from destination: IPAddress, of tunnel: String) {
    answered[tunnel, default: []].insert(destination)
  }

  /// nil: its path is proven, or nobody monitors it.
  mutating func note(failure: Reason?, of tunnel: String) { failures[tunnel] = failure }

  mutating func rename(_ old: String, to new: String) {
    answered[new] = answered.removeValue(forKey: old)
    failures[new] = failures.removeValue(forKey: old)
  }
}
