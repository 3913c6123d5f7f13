/// Names that strongSwan's configuration gives a tunnel: the connection and the child in it.
public struct ChildName: Hashable, Sendable {
  /// Name of the connection (`connections.NAME`).
  public var connection: String
  /// Name of the child in it (`children.NAME`).
  public var child: String

  /// A child of a connection.
  public init(connection: String, child: String) {
    self.connection = connection
    self.child = child
  }
}

extension ChildName: Comparable, CustomStringConvertible {
  /// By connection, then child.
  public static func < (lhs: ChildName, rhs: ChildName) -> Bool {
    (lhs.connection, lhs.child) < (rhs.connection, rhs.child)
  }

  /// `CONNECTION/CHILD`.
  public var description: String { "\(connection)/\(child)" }
}

/// One CHILD_SA as the IKE daemon has it, which need not be as the kernel has it.
public struct ChildSA: Hashable, Sendable {
  /// Where it is in its life (strongSwan, `child_sa_state_names`).
  public enum State: Hashable, Sendable {
    /// The daemon believes that its SAs are in the kernel and in use.
    case installed
    /// The daemon is taking it down: its delete is on the way.
    case deleting
    /// Its delete was answered; it is kept for late packets of a rekey, and ends by itself.
    case deleted
    /// Anything else (CREATED, ROUTED, INSTALLING, UPDATING, REKEYING, REKEYED, RETRYING, ...).
    case other(String)

    /// The state of this name.
    public init(name: String) {
      switch name {
      case "INSTALLED": self = .installed
      case "DELETING": self = .deleting
      case "DELETED": self = .deleted
      default: self = .other(name)
      }
    }
  }

  /// Its names in the configuration.
  public var name: ChildName
  /// The daemon's number of its IKE SA.
  public var ikeID: UInt32
  /// The daemon's number of it; never used twice while the daemon runs.
  public var childID: UInt32
  /// Where it is in its life.
  public var state: State
  /// Its inbound SA; nil when there is none yet.
  public var inbound: SAID?
  /// Its outbound SA, likewise.
  public var outbound: SAID?
  /// Whether its SAs are ESP in tunnel mode, the only ones that the agent looks at.
  public var isTunnel: Bool

  /// A CHILD_SA.
  public init(
    name: ChildName, ikeID: UInt32, childID: UInt32, state: State, inbound: SAID?, outbound: SAID?,
    isTunnel: Bool = true
  ) {
    self.isTunnel = isTunnel
    self.name = name
    self.ikeID = ikeID
    self.childID = childID
    self.state = state
    self.inbound = inbound
    self.outbound = outbound
  }

  /// Its SAs, those that there are.
  public var sas: [SAID] { [inbound, outbound].compactMap(\.self) }
}
