/// One kernel policy: which packets go into, or come out of, the SAs of its template. Policies that
/// belong to a socket are none of these.
public struct SecurityPolicy: Hashable, Sendable {
  /// XFRM_POLICY_* of include/uapi/linux/xfrm.h.
  public enum Direction: UInt8, Hashable, Sendable {
    case inbound = 0
    case outbound, forward
  }

  /// Endpoints and reqid of the tunnel-mode ESP SAs that packets are to take.
  public struct Template: Hashable, Sendable {
    /// Where their outer packets come from; nil: any address.
    public var source: IPAddress?
    /// Where those go; nil: any address.
    public var destination: IPAddress?
    /// The reqid that the SAs have.
    public var reqid: UInt32

    /// A template.
    public init(source: IPAddress?, destination: IPAddress?, reqid: UInt32) {
      self.source = source
      self.destination = destination
      self.reqid = reqid
    }
  }

  /// What the kernel numbers it by; stays when the policy is updated.
  public var index: UInt32
  /// In, out or forward.
  public var direction: Direction
  /// Packets come from one of these addresses.
  public var source: IPPrefix
  /// They go to one of these.
  public var destination: IPPrefix
  /// IP protocol number of the packets; 0: any.
  public var ipProtocol: UInt8
  /// Whether it looks at ports (or ICMP types) too.
  public var hasPorts: Bool
  /// Where several policies fit, the one with the lowest number is taken.
  public var priority: UInt32
  /// The mark of the packets; nil: it is not looked at.
  public var mark: Mark?
  /// XFRM interface id; 0 when none.
  public var ifID: UInt32
  /// The first template that is ESP in tunnel mode; nil: the policy has none.
  public var template: Template?

  /// A policy; defaults are those of an outbound one for all packets between its prefixes.
  public init(
    index: UInt32, direction: Direction = .outbound, source: IPPrefix, destination: IPPrefix,
    ipProtocol: UInt8 = 0, hasPorts: Bool = false, priority: UInt32 = 0, mark: Mark? = nil,
    ifID: UInt32 = 0, template: Template?
  ) {
    self.index = index
    self.direction = direction
    self.source = source
    self.destination = destination
    self.ipProtocol = ipProtocol
    self.hasPorts = hasPorts
    self.priority = priority
    self.mark = mark
    self.ifID = ifID
    self.template = template
  }
}
