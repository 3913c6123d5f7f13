/// What the IKE daemon says of an IKE SA and the agent only shows. A key is never in it.
public struct IKEFacts: Hashable, Sendable {
  /// IKE identity of this end; nil before it is known.
  public var localID: String?
  /// The peer's.
  public var remoteID: String?
  /// Our UDP port, host order.
  public var localPort: UInt16?
  /// SPIs, sixteen hex digits each.
  public var initiatorSPI: String?
  /// Likewise.
  public var responderSPI: String?
  /// Encryption, integrity, PRF and key exchange, as the daemon names them; empty before they are
  /// agreed on.
  public var algorithms: [String] = []
  /// Seconds since it was established, when it was listed.
  public var established: UInt64?
  /// Seconds until it is rekeyed, or authenticated anew: whichever is first.
  public var renewal: UInt64?
  /// Exchanges that wait or are under way.
  public var tasks: [String] = []

  /// Nothing known.
  public init() {}
}
