/// What the core asks of strongSwan. None waits for the peer: what comes of it is seen in the next
/// list and in the kernel. Each is answered by one `VICIEvent.finished` of the same request, or by
/// the list; when the connection is lost, by `disconnected` alone.
public enum VICIRequest: Hashable, Sendable {
  /// All IKE SAs with their CHILD_SAs.
  case listSAs
  /// All connections that are configured.
  case listConnections
  /// Delete one CHILD_SA, telling the peer. While the peer does not answer it stays DELETING.
  case terminateChild(id: UInt32)
  /// Forget one IKE SA and its CHILD_SAs now, whether the peer hears of it or not.
  case terminateIKE(id: UInt32)
  /// Replace one CHILD_SA. Answered as soon as that is queued, whatever comes of it.
  case rekeyChild(id: UInt32)
  /// Negotiate a CHILD_SA, and an IKE SA when there is none.
  case initiate(ChildName)

  /// Whether it is more than a look.
  public var changesSystem: Bool { self != .listSAs && self != .listConnections }
}

/// What the connection to strongSwan says.
public enum VICIEvent: Hashable, Sendable {
  /// Requests are answered and events come from now on.
  case connected
  /// They do not: the socket and why, and which IKE daemon runs. Requests that were not answered never
  /// will be.
  case disconnected(String, IKEProcess = .unseen)
  /// IKE or CHILD_SAs came, went or were rekeyed: the last list is out of date.
  case changed
  /// An IKE SA is down: as it was then, without its CHILD_SAs.
  case ikeDown(IKESA)
  /// The peer took part in an authenticated exchange of this IKE SA, which brought or replaced SAs.
  case exchanged(ikeID: UInt32)
  /// All IKE SAs, as asked for.
  case sas([IKESA])
  /// All connections, as asked for.
  case connections([IKEConnection])
  /// A request other than a list was carried out, or failed with this message.
  case finished(VICIRequest, failure: String?)
}

extension VICIRequest: CustomStringConvertible {
  /// For the log: "terminate child 12".
  public var description: String {
    switch self {
    case .listSAs: "list SAs"
    case .listConnections: "list connections"
    case .terminateChild(let id): "terminate child \(id)"
    case .terminateIKE(let id): "terminate IKE SA \(id)"
    case .rekeyChild(let id): "rekey child \(id)"
    case .initiate(let name): "initiate \(name)"
    }
  }
}
