/// IKE SAs that are to be terminated, by the daemon's number: of dead peers, and those whose SAs were
/// moved to where they are of no use. Only a list that was asked for after that was decided counts.
struct IKETerminations: Sendable {
  private var pending: [UInt32: DeadPeer] = [:]

  /// When that was decided of an IKE SA; nil: it was not.
  func decidedAt(_ ikeID: UInt32) -> Instant? { pending[ikeID]?.decidedAt }

  /// Whether one is terminated by a list that was asked for at `askedAt`.
  func isDue(_ ikeID: UInt32, askedAt: Instant) -> Bool {
    pending[ikeID].map { askedAt >= $0.decidedAt } ?? false
  }

  mutating func decide(_ ikeID: UInt32, _ peer: DeadPeer) { pending[ikeID] = peer }

  /// Takes out those that are due.
  mutating func takeDue(askedAt: Instant) -> [(ikeID: UInt32, peer: DeadPeer)] {
    let due = pending.filter { askedAt >= $0.value.decidedAt }.sorted { $0.key < $1.key }
    for (ikeID, _) in due { pending[ikeID] = nil }
    return due.map { ($0.key, $0.value) }
  }

  /// A set shows life: the IKE SAs that it would go with stay. Returns all sets of theirs.
  mutating func spare(_ set: MonitorID) -> [MonitorID] {
    let spared = pending.filter { $0.value.sets.contains(set) }
    for ikeID in spared.keys { pending[ikeID] = nil }
    return spared.values.flatMap(\.sets)
  }
}

/// A peer whose IKE SA is to be terminated.
struct DeadPeer: Sendable {
  /// Name of the gateway, and its address.
  var gateway: String
  var address: IPAddress
  /// Sets that go with the IKE SA.
  var sets: [MonitorID]
  /// When that was decided.
  var decidedAt: Instant
}
