/// What a running strongSwan and the kernel say of its connections, for the import.
public struct SwanctlModel: Hashable, Sendable {
  /// A child of a connection.
  public struct Child: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// TUNNEL, TRANSPORT, ...
    public var mode: String
    /// Traffic selectors as strongSwan writes them.
    public var local: [String]
    /// Those of the peer.
    public var remote: [String]
    /// start_action of swanctl.conf, or `trap` when a trap is installed; nil: not known.
    public var startAction: String?
    /// close_action.
    public var closeAction: String
    /// if_id of its outbound SAs; nil: none, or not known.
    public var ifID: UInt32?
    /// Mark of its outbound SAs; nil: none, or not known.
    public var mark: UInt32?

    /// A child.
    public init(
      name: String, mode: String = "TUNNEL", local: [String] = [], remote: [String] = [],
      startAction: String? = nil, closeAction: String = "none", ifID: UInt32? = nil,
      mark: UInt32? = nil
    ) {
      self.name = name
      self.mode = mode
      self.local = local
      self.remote = remote
      self.startAction = startAction
      self.closeAction = closeAction
      self.ifID = ifID
      self.mark = mark
    }
  }

  /// A connection.
  public struct Connection: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Addresses, names, ranges or %any at our end.
    public var local: [String]
    /// Those of the peer.
    public var remote: [String]
    /// Where the peer of an IKE SA that is there is; nil: there is none.
    public var currentRemote: IPAddress?
    /// Whether this end began that IKE SA.
    public var isInitiator: Bool
    /// dpd_delay in seconds; 0: off.
    public var dpdDelay: UInt32
    /// Its children.
    public var children: [Child]

    /// A connection.
    public init(
      name: String, local: [String] = [], remote: [String] = [], currentRemote: IPAddress? = nil,
      isInitiator: Bool = false, dpdDelay: UInt32 = 0, children: [Child] = []
    ) {
      self.name = name
      self.local = local
      self.remote = remote
      self.currentRemote = currentRemote
      self.isInitiator = isInitiator
      self.dpdDelay = dpdDelay
      self.children = children
    }
  }

  /// strongSwan's version.
  public var version: String
  /// Path of its VICI socket.
  public var socket: String
  /// Its connections.
  public var connections: [Connection]
  /// The kernel's links.
  public var links: [Link]
  /// Their addresses.
  public var addresses: [InterfaceAddress]

  /// A strongSwan.
  public init(
    version: String, socket: String = Configuration.observing.viciSocket,
    connections: [Connection], links: [Link] = [], addresses: [InterfaceAddress] = []
  ) {
    self.version = version
    self.socket = socket
    self.connections = connections
    self.links = links
    self.addresses = addresses
  }
}
