/// A tunnel in strongSwan's words.
public struct IKEStatus: Codable, Hashable, Sendable {
  /// Name of its connection.
  public var connection: String
  /// Name of the child.
  public var child: String
  /// unique id of the IKE SA; null when the child has no SAs.
  public var ikeID: UInt32?
  /// unique id of the CHILD_SA; null likewise.
  public var childID: UInt32?
  /// Whether this end negotiated the IKE SA; null likewise, and while there is one of each end's.
  public var initiator: Bool?
  /// IKE version, 1 or 2; null likewise.
  public var version: UInt8?

  private enum CodingKeys: String, CodingKey {
    case connection, child, initiator, version
    case ikeID = "ike_id"
    case childID = "child_id"
  }

  /// - Parameter name: what the daemon's configuration calls it now.
  init(_ names: IKENames, as name: ChildName) {
    connection = name.connection
    child = name.child
    ikeID = names.ikeID
    childID = names.childID
    initiator = names.isInitiator
    version = names.version
  }
}

/// What is being done to bring a tunnel back.
public struct RenegotiationStatus: Codable, Hashable, Sendable {
  /// Why: lost, dead path, operator, absent.
  public var cause: String
  /// suspected, waiting, terminating, initiating, or running (a command).
  public var step: String
  /// Attempts on the tunnel since it last recovered: its `attempts`.
  public var attempt: Int
  /// Seconds until the next one, unless the tunnel is back until then; 0 when that is due.
  public var next: Double
}

extension Core {
  /// With the names under which it would be initiated: the list has a renamed connection's old one.
  func ikeStatus(of tunnel: Tunnel) -> IKEStatus? {
    guard let names = tunnel.ike else { return nil }
    let present = isLoaded(names.name) ? nil : try? childName(of: tunnel).get()
    return IKEStatus(names, as: present ?? names.name)
  }

  func control(of tunnel: Tunnel) -> String {
    tunnel.vpn?.renegotiateCommand == nil || lists.isConnected
      ? control : "\(control), renegotiate-command"
  }

  func renegotiation(of tunnel: Tunnel, at now: Instant) -> RenegotiationStatus? {
    if let work = tunnel.command {
      return RenegotiationStatus(
        cause: tunnel.owesNegotiation ? "dead path" : "absent",
        step: work.isRunning ? "running" : "waiting", attempt: tunnel.attempts.count,
        next: max(now.duration(to: work.dueAt), .zero).inSeconds)
    }
    guard let work = renegotiator.works(of: tunnel.id).first?.work, let step = work.step.name else {
      return nil
    }
    return RenegotiationStatus(
      cause: work.cause.rawValue, step: step, attempt: tunnel.attempts.count,
      next: max(now.duration(to: work.due(tunnel.attempts)), .zero).inSeconds)
  }
}

extension Renegotiation.Step {
  /// Its name in status; nil when nothing is being done.
  fileprivate var name: String? {
    switch self {
    case .suspected: "suspected"
    case .awaited: "waiting"
    case .asked(.initiate), .initiated: "initiating"
    case .asked, .cleared: "terminating"
    case .restored: nil
    }
  }
}
