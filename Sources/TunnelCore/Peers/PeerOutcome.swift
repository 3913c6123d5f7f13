/// What the core is told of a peer.
enum PeerOutcome: Sendable {
  /// The threshold was reached.
  case dead(PeerWatch, PeerDetector.Finding)
  /// It answers again after losses, or after it was found dead.
  case alive(PeerWatch)
  /// Packets of a peer's came in through this set since the last reading.
  case received(SASetKey)
  /// It answers; nothing comes through its SAs: one authenticated exchange is to be made.
  case mustExchange(PeerWatch)
  /// A sign of life, in words.
  case heard(IPAddress, String)
  /// It will be dead within two intervals, or will not any more (`failing`).
  case failingChanged(IPAddress)
  /// Somebody goes by what the daemon's connections say.
  case readsConnections
}
