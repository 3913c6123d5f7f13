/// One connection of the IKE daemon's configuration, loaded whether or not it has SAs.
public struct IKEConnection: Hashable, Sendable {
  /// A child in it.
  public struct Child: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// TUNNEL, TRANSPORT, BEET, PASS or DROP.
    public var mode: String
    /// Prefixes at our end; what is no prefix ("dynamic", ranges, protocols) is left out.
    public var local: [IPPrefix]
    /// Prefixes at the peer's, likewise.
    public var remote: [IPPrefix]
    /// What the daemon does when its own DPD finds the peer dead: none, clear, hold, start, ...
    public var dpdAction: String
    /// What it does when the peer deletes the child.
    public var closeAction: String

    /// A child.
    public init(
      name: String, mode: String = "TUNNEL", local: [IPPrefix] = [], remote: [IPPrefix] = [],
      dpdAction: String = "none", closeAction: String = "none"
    ) {
      self.name = name
      self.mode = mode
      self.local = local
      self.remote = remote
      self.dpdAction = dpdAction
      self.closeAction = closeAction
    }

    /// Whether there is something to negotiate.
    var isNegotiated: Bool { mode != "PASS" && mode != "DROP" }
  }

  /// Its name.
  public var name: String
  /// IKEv1, IKEv2, or IKEv1/2 for either.
  public var version: String
  /// Our addresses; empty where any will do. Names and ranges are left out.
  public var local: [IPAddress]
  /// The peer's, likewise.
  public var remote: [IPAddress]
  /// Whether there is an address or a name of the peer's to initiate to: not with %any alone.
  public var hasDestination: Bool
  /// Seconds without incoming packets after which the daemon's own DPD asks; 0: never.
  public var dpdDelay: UInt32
  /// Its children.
  public var children: [Child]

  /// A connection.
  public init(
    name: String, version: String = "IKEv2", local: [IPAddress] = [], remote: [IPAddress] = [],
    hasDestination: Bool = true, dpdDelay: UInt32 = 0, children: [Child] = []
  ) {
    self.name = name
    self.version = version
    self.local = local
    self.remote = remote
    self.hasDestination = hasDestination
    self.dpdDelay = dpdDelay
    self.children = children
  }
}
