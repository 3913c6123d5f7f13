/// The daemon's IKE SAs, as it listed them last, found by what is asked for.
struct ListedSAs: Sendable {
  /// As they were listed.
  let list: [IKESA]
  /// When the list was asked for.
  let at: Instant
  /// Peers of each connection.
  private let peers: [String: Set<IPAddress>]
  /// Where in the list the IKE SA of an SA is.
  private let places: [SAID: Int]
  /// Where in the list the IKE SA of a number is.
  private let numbers: [UInt32: Int]

  init(_ list: [IKESA], at: Instant) {
    (self.list, self.at) = (list, at)
    var peers: [String: Set<IPAddress>] = [:]
    var places: [SAID: Int] = [:]
    for (place, ike) in list.enumerated() {
      if let peer = ike.remote { peers[ike.connection, default: []].insert(peer) }
      for sa in ike.children.lazy.flatMap(\.sas) where places[sa] == nil { places[sa] = place }
    }
    (self.peers, self.places) = (peers, places)
    numbers = Dictionary(zip(list.map(\.id), list.indices)) { first, _ in first }
  }

  /// Numbers of all, by name of their connection.
  var idsByConnection: [UInt32] {
    list.map { (connection: $0.connection, id: $0.id) }
      .sorted { ($0.connection, $0.id) < ($1.connection, $1.id) }.map(\.id)
  }

  /// The one of this number; nil when none is listed.
  subscript(id: UInt32?) -> IKESA? { id.flatMap { numbers[$0] }.map { list[$0] } }

  /// The first IKE SA that has one of these.
  func first(with sas: Set<SAID>) -> IKESA? { sas.compactMap { places[$0] }.min().map { list[$0] } }

  /// Whether a connection leads to a peer that has none of these addresses.
  func leadsElsewhere(_ connection: String, than addresses: [IPAddress]) -> Bool {
    peers[connection]?.contains { !addresses.contains($0) } ?? false
  }
}
