/// What makes kernel SAs one set: the unit of monitoring. A rekey or a duplicate negotiation puts
/// several SAs each way into it.
///
/// Tunnel-mode SAs carry no selectors in the kernel, and the inbound SA carries no mark
/// (docs/facts/strongswan.md, "Marks and if_ids"), so endpoints, reqid and if_id it is. Where the
/// two directions have if_ids of their own, it is the outbound one: packets leave by the link that
/// has it.
public struct SASetKey: Hashable, Sendable {
  /// Our tunnel endpoint.
  public var local: IPAddress
  /// The peer's tunnel endpoint.
  public var remote: IPAddress
  /// reqid of its SAs.
  public var reqid: UInt32
  /// if_id of its outbound SAs; 0 when none.
  public var ifID: UInt32

  /// A set's identity.
  public init(local: IPAddress, remote: IPAddress, reqid: UInt32, ifID: UInt32 = 0) {
    self.local = local
    self.remote = remote
    self.reqid = reqid
    self.ifID = ifID
  }

  var withoutIfID: SASetKey { SASetKey(local: local, remote: remote, reqid: reqid) }
}

/// The SAs of one set.
struct SASet: Hashable, Sendable {
  let key: SASetKey
  private(set) var inbound: [SAKey: SecurityAssociation] = [:]
  private(set) var outbound: [SAKey: SecurityAssociation] = [:]

  init(key: SASetKey) {
    self.key = key
  }

  /// Whether packets can pass both ways.
  var isComplete: Bool { !inbound.isEmpty && !outbound.isEmpty }
  /// Whether no SA is left.
  var isEmpty: Bool { inbound.isEmpty && outbound.isEmpty }
  /// All SAs, outbound ones first.
  var all: [SecurityAssociation] {
    [outbound, inbound].flatMap { $0.values.sorted { $0.key.spi < $1.key.spi } }
  }

  /// The outbound SA made last; the higher SPI of two of one second.
  var newestOutbound: SecurityAssociation? {
    outbound.values.max { ($0.addedAt, $0.key.spi) < ($1.addedAt, $1.key.spi) }
  }
  var newestInboundIfID: UInt32 { inbound.values.map(\.ifID).max() ?? 0 }
  /// Names of all SAs, both ways, each once.
  var list: [SAID] { inbound.keys.map(\.id) + outbound.keys.map(\.id) }
  /// The same, to be compared with others.
  var ids: Set<SAID> { Set(list) }

  mutating func insert(_ sa: SecurityAssociation) {
    if sa.key.destination == key.local {
      inbound[sa.key] = sa
    } else {
      outbound[sa.key] = sa
    }
  }

  /// Takes what one of its SAs has counted; returns its way, and what it had counted before.
  mutating func take(
    _ counts: SACounts, of sa: SAKey
  ) -> (isInbound: Bool, before: SACounts)? {
    if let before = inbound[sa]?.counts {
      inbound[sa]?.counts = counts
      return (true, before)
    }
    guard let before = outbound[sa]?.counts else { return nil }
    outbound[sa]?.counts = counts
    return (false, before)
  }

  mutating func remove(_ sa: SAKey) {
    inbound[sa] = nil
    outbound[sa] = nil
  }
}
