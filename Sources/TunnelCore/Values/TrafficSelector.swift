/// Which packets an SA set carries: a pair of prefixes that were negotiated together.
public struct TrafficSelector: Hashable, Sendable {
  /// Addresses at our end.
  public var local: IPPrefix
  /// Addresses at the peer's.
  public var remote: IPPrefix
  /// IP protocol number; 0: any.
  public var ipProtocol: UInt8
  /// Whether only some ports (or ICMP types) are meant.
  public var hasPorts: Bool

  /// A selector; by default for all packets between its prefixes.
  public init(
    local: IPPrefix, remote: IPPrefix, ipProtocol: UInt8 = 0, hasPorts: Bool = false
  ) {
    self.local = local
    self.remote = remote
    self.ipProtocol = ipProtocol
    self.hasPorts = hasPorts
  }

  /// Whether ICMP echo between its addresses belongs to it.
  var carriesPing: Bool {
    let icmp: UInt8 = local.address.family == .ipv4 ? 1 : 58
    return !hasPorts && (ipProtocol == 0 || ipProtocol == icmp)
  }

  /// Whether it is for every packet of its family.
  var isAny: Bool { local.length == 0 && remote.length == 0 && carriesPing }

  /// Whether all that belongs to `other` belongs to it too.
  func covers(_ other: TrafficSelector) -> Bool {
    local.contains(other.local) && remote.contains(other.remote)
      && (ipProtocol == 0 || ipProtocol == other.ipProtocol)
      && (!hasPorts || self == other)
  }
}

extension TrafficSelector: CustomStringConvertible, Comparable {
  /// `LOCAL === REMOTE`, as IKE daemons write it, and what narrows it further.
  public var description: String {
    let name = ipProtocol == 0 ? "" : " proto \(ipProtocol)"
    return "\(local) === \(remote)\(name)\(hasPorts ? " ports" : "")"
  }

  /// By remote prefix, then local.
  public static func < (lhs: TrafficSelector, rhs: TrafficSelector) -> Bool {
    (lhs.remote, lhs.local, lhs.ipProtocol) < (rhs.remote, rhs.local, rhs.ipProtocol)
  }
}

extension [TrafficSelector] {
  /// Whether each of `others` is covered by one of these.
  func cover(_ others: [TrafficSelector]) -> Bool {
    others.allSatisfy { other in contains { $0.covers(other) } }
  }

  /// All in one line.
  var text: String { map(\.description).joined(separator: ", ") }
}
