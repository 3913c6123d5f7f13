/// A nexthop object (`ip nexthop`), or a group of them.
public struct Nexthop: Hashable, Sendable {
  /// Its number.
  public var id: UInt32
  /// nh_protocol: who made it (RTPROT_*).
  public var routeProtocol: UInt8
  /// The link that an object leads through; nil for a group and for a blackhole.
  public var linkIndex: Int32?
  /// Ids of a group's members in the kernel's order; empty for an object.
  public var members: [UInt32]
  /// Members that `message` has and this form of the group has not.
  public var withoutMembers: [UInt32] = []
  /// Whether `message` makes it again.
  public var isReplayable: Bool
  /// nhmsg and attributes of an RTM_NEWNEXTHOP request that makes it again. Opaque here.
  public var message: [UInt8]

  /// An object or a group.
  public init(
    id: UInt32, routeProtocol: UInt8 = 0, linkIndex: Int32? = nil, members: [UInt32] = [],
    isReplayable: Bool = true, message: [UInt8] = []
  ) {
    self.id = id
    self.routeProtocol = routeProtocol
    self.linkIndex = linkIndex
    self.members = members
    self.isReplayable = isReplayable
    self.message = message
  }

  /// The group less these members.
  func without(_ gone: Set<UInt32>) -> Nexthop {
    let gone = Set(members).intersection(gone)
    guard !gone.isEmpty else { return self }
    var group = self
    group.members.removeAll { gone.contains($0) }
    group.withoutMembers = Set(withoutMembers).union(gone).sorted()
    return group
  }
}

extension Nexthop: CustomStringConvertible {
  /// As `ip nexthop` would begin it.
  public var description: String { "nexthop \(id)" }
}
