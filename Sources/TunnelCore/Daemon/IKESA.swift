/// One IKE SA as the IKE daemon lists it, with its CHILD_SAs.
public struct IKESA: Hashable, Sendable {
  /// Name of its connection.
  public var connection: String
  /// The daemon's number of it; never used twice while the daemon runs.
  public var id: UInt32
  /// strongSwan's name of its state: CONNECTING, ESTABLISHED, REKEYING, DELETING, ...
  public var state: String
  /// IKE version: 1 or 2.
  public var version: UInt8
  /// Whether this end negotiated it.
  public var isInitiator: Bool
  /// Whether a request of this end waits for its answer, and so blocks all others (window size 1).
  public var isWaiting: Bool
  /// Whether a delete of it was sent or received, or waits to be sent.
  public var isBeingDeleted: Bool
  /// Our address, and the peer's with its port; nil when the daemon does not say.
  public var local: IPAddress?
  /// The peer's.
  public var remote: IPAddress?
  /// The peer's UDP port, host order.
  public var remotePort: UInt16?
  /// Its CHILD_SAs.
  public var children: [ChildSA]
  /// What is of interest to the operator alone.
  public var facts = IKEFacts()

  /// An IKE SA.
  public init(
    connection: String, id: UInt32, state: String = "ESTABLISHED", version: UInt8 = 2,
    isInitiator: Bool = false, isWaiting: Bool = false, isBeingDeleted: Bool = false,
    local: IPAddress? = nil,
    remote: IPAddress? = nil, remotePort: UInt16? = nil, children: [ChildSA] = []
  ) {
    (self.local, self.remote, self.remotePort) = (local, remote, remotePort)
    self.connection = connection
    self.id = id
    self.state = state
    self.version = version
    self.isInitiator = isInitiator
    self.isWaiting = isWaiting
    self.isBeingDeleted = isBeingDeleted
    self.children = children
  }
}
