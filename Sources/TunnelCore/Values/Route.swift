/// A route as the kernel reported it.
public struct Route: Hashable, Sendable {
  /// What the kernel tells routes apart by: prefix, tos and metric within a table
  /// (net/ipv4/fib_trie.c), and of IPv6 routes that can stand side by side also their way.
  public struct Identity: Hashable, Sendable {
    /// The way of an IPv6 route that is no candidate for ECMP (net/ipv6/ip6_fib.c,
    /// `rt6_qualify_for_ecmp`): any number of them stand beside each other, and beside the one that
    /// is made of every leg with a gateway.
    public enum Way: Hashable, Sendable {
      /// Through a link, without a gateway.
      case device(Int32)
      /// By a nexthop object or group.
      case object(UInt32)
      /// By router advertisement.
      case router(IPAddress, linkIndex: Int32)
    }

    /// Routing table id (RTA_TABLE).
    public var table: UInt32
    /// Destination; 0.0.0.0/0 or ::/0 for a default route.
    public var destination: IPPrefix
    /// TOS or DSCP field (rtm_tos).
    public var tos: UInt8
    /// RTA_PRIORITY; 0 when absent.
    public var metric: UInt32
    /// nil for IPv4, for an IPv6 route whose legs have gateways, and where no way is meant. A
    /// route sets it for itself.
    public internal(set) var way: Way?

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
  /// One way of a route.
  public struct Leg: Hashable, Sendable {
    /// The link's index.
    public var linkIndex: Int32
    /// The next hop's address; nil for none.
    public var gateway: IPAddress?
    /// Its share, as `ip route` shows it: 1...255.
    public var weight: UInt8

    /// A leg.
    public init(linkIndex: Int32, gateway: IPAddress? = nil, weight: UInt8 = 1) {
      self.linkIndex = linkIndex
      self.gateway = gateway
      self.weight = weight
    }
  }

  /// Its ways in the kernel's order; none for an unreachable route.
  public var legs: [Leg]
  /// The nexthop object or group that it goes by (RTA_NH_ID); that decides, whatever `legs` says.
  public var nexthopID: UInt32?
  /// RTA_PREFSRC: an IPv4 route goes with that address.
  public var preferredSource: IPAddress?
  /// Links whose legs `message` has and this form of the route has not.
  public var withoutLinks: [Int32]
  /// Whether `message` puts the route back as it is; false for one that expires by itself.
  public var isReplayable: Bool
  /// rtmsg and attributes of an RTM_NEWROUTE request that makes this route again: the dump with
  /// DEAD, LINKDOWN, OFFLOAD and TRAP cleared in it and in every leg, CACHEINFO dropped, and of a
  /// nexthop object the id alone. Opaque here.
  public var message: [UInt8]

  /// The link of its only leg; nil for multipath, nexthop-object and unreachable routes.
  public var linkIndex: Int32? { nexthopID == nil && legs.count == 1 ? legs[0].linkIndex : nil }

  /// A route.
  public init(
    identity: Identity, kind: Kind = .unicast, routeProtocol: UInt8 = 3, scope: UInt8 = 253,
    linkIndex: Int32?, isReplayable: Bool = true, message: [UInt8] = []
  ) {
    self.init(
      identity: identity, kind: kind, routeProtocol: routeProtocol, scope: scope,
      legs: linkIndex.map { [Leg(linkIndex: $0)] } ?? [], isReplayable: isReplayable,
      message: message)
  }

  /// A route of any number of legs, or by a nexthop object.
  public init(
    identity: Identity, kind: Kind = .unicast, routeProtocol: UInt8 = 3, scope: UInt8 = 253,
    legs: [Leg], nexthopID: UInt32? = nil, isReplayable: Bool = true, message: [UInt8] = []
  ) {
    self.identity = identity.by(
      Self.way(of: identity.destination.address.family, legs, nexthopID, routeProtocol))
    self.kind = kind
    self.routeProtocol = routeProtocol
    self.scope = scope
    self.legs = legs
    self.nexthopID = nexthopID
    self.withoutLinks = []
    self.isReplayable = isReplayable
    self.message = message
  }

  /// RTPROT_RA.
  private static let routerAdvertisement: UInt8 = 9

  private static func way(
    of family: IPAddress.Family, _ legs: [Leg], _ nexthopID: UInt32?, _ routeProtocol: UInt8
  ) -> Identity.Way? {
    guard family == .ipv6 else { return nil }
    if let nexthopID { return .object(nexthopID) }
    guard legs.count == 1 else { return nil }
    guard let gateway = legs[0].gateway else { return .device(legs[0].linkIndex) }
    return routeProtocol == routerAdvertisement
      ? .router(gateway, linkIndex: legs[0].linkIndex) : nil
  }

  /// Whether several legs or a nexthop object make its way.
  public var isShared: Bool { nexthopID != nil || legs.count > 1 }

  /// The route less its legs by these links; one by a nexthop object stays as it is.
  func without(_ links: Set<Int32>) -> Route {
    let gone = Set(legs.map(\.linkIndex)).intersection(links)
    guard nexthopID == nil, !gone.isEmpty else { return self }
    var route = self
    route.legs.removeAll { gone.contains($0.linkIndex) }
    route.withoutLinks = Set(withoutLinks).union(gone).sorted()
    return route
  }
}

/// How a route came to be there.
public enum RouteChange: Hashable, Sendable {
  /// Nothing of its identity was there before.
  case new
  /// It took the place of one of the same identity (NLM_F_REPLACE).
  case replacing
  /// Beside others of its identity; an IPv6 one then has all their legs (NLM_F_APPEND).
  case appended
}

extension Route: CustomStringConvertible {
  /// As `ip route` would begin it.
  public var description: String { identity.description }
}

extension Route.Identity: CustomStringConvertible {
  /// As `ip route` would begin it.
  public var description: String {
    let table = table == 254 ? "" : " table \(table)"
    let metric = metric == 0 ? "" : " metric \(metric)"
    return "\(destination)\(table)\(metric)"
  }
}

extension Route.Identity {
  /// The same by another way, or (nil) by none in particular.
  public func by(_ way: Way?) -> Self {
    var other = self
    other.way = way
    return other
  }
}

extension Route.Identity.Way: Comparable {
  private var rank: (Int, UInt32) {
    switch self {
    case .device(let index): (0, UInt32(bitPattern: index))
    case .object(let id): (1, id)
    case .router(_, let index): (2, UInt32(bitPattern: index))
    }
  }

  /// Devices, nexthop objects, routers; each by number.
  public static func < (lhs: Self, rhs: Self) -> Bool {
    if case .router(let left, let index) = lhs, case .router(let right, index) = rhs {
      return left < right
    }
    return lhs.rank < rhs.rank
  }
}

extension Route {
  /// Tables of copies of withdrawn routes, where the record cannot be written: this plus the
  /// route's own table. No rule leads there.
  private static let parkingTables: UInt32 = 0x5650_0000

  /// Where a route of this table is kept.
  public static func parkingTable(of table: UInt32) -> UInt32 { parkingTables | table }

  /// Whether the kernel can keep a copy of it beside its table.
  public var canBeParked: Bool {
    isReplayable && !isShared && withoutLinks.isEmpty && linkIndex != nil
      && identity.table < 0x1_0000
  }

  /// Of such a copy the table that the route was in; nil for any other route.
  public var parkedFrom: UInt32? {
    identity.table & 0xffff_0000 == Self.parkingTables ? identity.table & 0xffff : nil
  }
}
