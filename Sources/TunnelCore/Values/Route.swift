/// A route of one leg, as the kernel reported it.
public struct Route: Hashable, Sendable {
  /// What the kernel tells routes apart by (net/ipv4/fib_trie.c: prefix, tos and metric within a
  /// table; further legs of IPv6 differ in `linkIndex`).
  public struct Identity: Hashable, Sendable {
    /// Routing table id (RTA_TABLE).
    public var table: UInt32
    /// Destination; 0.0.0.0/0 or ::/0 for a default route.
    public var destination: IPPrefix
    /// TOS or DSCP field (rtm_tos).
    public var tos: UInt8
    /// RTA_PRIORITY; 0 when absent.
    public var metric: UInt32

    /// A route's identity.
    public init(table: UInt32, destination: IPPrefix, tos: UInt8 = 0, metric: UInt32 = 0) {
      self.table = table
      self.destination = destination
      self.tos = tos
      self.metric = metric
    }
  }

  /// rtm_type as far as the guard tells them apart.
  public enum Kind: Hashable, Sendable {
    case unicast
    case unreachable
    /// local, broadcast, blackhole, ...: the number of RTN_*.
    case other(UInt8)
  }

  /// What it is found by.
  public var identity: Identity
  /// unicast, unreachable, ...
  public var kind: Kind
  /// rtm_protocol: who made it (include/uapi/linux/rtnetlink.h, RTPROT_*).
  public var routeProtocol: UInt8
  /// rtm_scope: 253 is link.
  public var scope: UInt8
  /// The link of its only leg; nil for multipath, nexthop-object and unreachable routes.
  public var linkIndex: Int32?
  /// Whether `message` puts the route back as it is. Multipath and nexthop-object routes: false.
  public var isReplayable: Bool
  /// rtmsg and attributes of an RTM_NEWROUTE request that makes this route again: the dump with
  /// DEAD, LINKDOWN, OFFLOAD and TRAP cleared and CACHEINFO dropped. Opaque here.
  public var message: [UInt8]

  /// A route.
  public init(
    identity: Identity, kind: Kind = .unicast, routeProtocol: UInt8 = 3, scope: UInt8 = 253,
    linkIndex: Int32?, isReplayable: Bool = true, message: [UInt8] = []
  ) {
    self.identity = identity
    self.kind = kind
    self.routeProtocol = routeProtocol
    self.scope = scope
    self.linkIndex = linkIndex
    self.isReplayable = isReplayable
    self.message = message
  }
}

extension Route: CustomStringConvertible {
  /// As `ip route` would begin it.
  public var description: String {
    let table = identity.table == 254 ? "" : " table \(identity.table)"
    let metric = identity.metric == 0 ? "" : " metric \(identity.metric)"
    return "\(identity.destination)\(table)\(metric)"
  }
}
