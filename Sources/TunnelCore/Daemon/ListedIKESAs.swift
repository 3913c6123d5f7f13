/// The daemon's IKE SAs as listed at one moment.
struct ListedIKESAs: Sendable {
  let list: [IKESA]
  /// When the list was asked for.
  let at: Instant
  private let places: [UInt32: Int]

  init(_ list: [IKESA], askedAt: Instant) {
    self.list = list
    at = askedAt
    places = Dictionary(zip(list.map(\.id), list.indices)) { first, _ in first }
  }

  /// Numbers of all, by name of their connection.
  var idsByConnection: [UInt32] {
    list.map { (connection: $0.connection, id: $0.id) }
      .sorted { ($0.connection, $0.id) < ($1.connection, $1.id) }.map(\.id)
  }

  /// The one of this number; nil when none is listed.
  subscript(id: UInt32?) -> IKESA? { id.flatMap { places[$0] }.map { list[$0] } }
}
