/// SAs of monitored tunnels that left the kernel while the daemon may still believe in them: not by a
/// hard expiry, of which it is told.
struct Departures: Sendable {
  /// Departures that are remembered while no list can be had.
  private static let most = 65_536

  private var owners: [SAID: TunnelID] = [:]

  /// The tunnel that an SA left.
  func owner(of sa: SAID) -> TunnelID? { owners[sa] }

  mutating func left(_ sa: SAID, _ tunnel: TunnelID) {
    if owners.count >= Self.most { owners = [:] }
    owners[sa] = tunnel
  }

  /// It is there again, or another one that has its name.
  mutating func arrived(_ sa: SAID) { owners[sa] = nil }

  mutating func forget(_ tunnels: Set<TunnelID>) {
    owners = owners.filter { !tunnels.contains($0.value) }
  }

  /// Departures that a list made after them does not contradict are over.
  mutating func forget(unless isListed: (SAID) -> Bool) {
    if !owners.isEmpty { owners = owners.filter { isListed($0.key) } }
  }
}

/// INSTALLED children with an SA that is not in the kernel, by the daemon's number.
struct MissingChildren: Sendable {
  private var children: [UInt32: MissingChild] = [:]
  /// Whether a child that the daemon lists was seen in this namespace's kernel.
  private(set) var sharesKernel = false

  subscript(childID: UInt32) -> MissingChild? { children[childID] }

  mutating func noteShared() { sharesKernel = true }
  mutating func replace(_ all: [UInt32: MissingChild]) { children = all }
}

/// A child that the daemon believes in and the kernel has not, or not whole.
struct MissingChild: Hashable, Sendable {
  /// The tunnel that misses it.
  var tunnel: TunnelID
  /// When the first list that showed it was asked for.
  var since: Instant
}
