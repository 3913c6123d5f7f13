/// The kernel's SAs, sorted into sets.
///
/// Only what could be a monitored tunnel is kept: ESP in tunnel mode, with an SPI and a key.
/// Larval states, transport mode, AH and IPComp are nobody's business here.
struct SATable: Sendable {
  private(set) var sets: [SASetKey: SASet] = [:]
  private var home: [SAKey: SASetKey] = [:]
  private var keysByRemote: [IPAddress: Set<SASetKey>] = [:]
  private var keysByIfID: [UInt32: Set<SASetKey>] = [:]
  /// SAs of which neither end is known to be ours: they wait for an address to appear.
  private var undirected: [SAKey: SecurityAssociation] = [:]

  /// Every key the table holds, in the order of SPIs.
  var keys: [SAKey] { (Array(home.keys) + Array(undirected.keys)).sorted(by: Self.comesFirst) }
  /// SAs that could not be given a direction.
  var withoutDirection: [SecurityAssociation] {
    undirected.values.sorted { Self.comesFirst($0.key, $1.key) }
  }

  private static func comesFirst(_ lhs: SAKey, _ rhs: SAKey) -> Bool {
    (lhs.spi, lhs.destination, lhs.ipProtocol, lhs.mark?.value ?? 0)
      < (rhs.spi, rhs.destination, rhs.ipProtocol, rhs.mark?.value ?? 0)
  }

  /// Whether an SA is known.
  func contains(_ sa: SAKey) -> Bool { home[sa] != nil || undirected[sa] != nil }

  /// Whether the agent looks at such an SA at all.
  static func isRelevant(_ sa: SecurityAssociation) -> Bool {
    sa.key.ipProtocol == 50 && sa.mode == .tunnel && !sa.isLarval
  }

  /// Puts an SA in, or replaces it; returns the sets that changed.
  mutating func insert(
    _ sa: SecurityAssociation, isLocal: (IPAddress) -> Bool
  ) -> [SASetKey] {
    guard Self.isRelevant(sa) else { return [] }
    guard let key = Self.setKey(of: sa, isLocal: isLocal) else {
      undirected[sa.key] = sa
      return []
    }
    undirected[sa.key] = nil
    var changed = [key]
    if let old = home[sa.key], old != key {
      changed.append(old)
      take(sa.key, from: old)
    }
    home[sa.key] = key
    sets[key, default: SASet(key: key)].insert(sa)
    keysByRemote[key.remote, default: []].insert(key)
    keysByIfID[key.ifID, default: []].insert(key)
    return changed
  }

  /// Sets whose packets a link carries.
  func keys(carriedBy link: Link) -> [SASetKey] {
    let candidates: Set<SASetKey>?
    switch link.kind {
    case .xfrm(let ifID): candidates = keysByIfID[ifID]
    case .vti(_, let remote, _, _):
      candidates = remote.isUnspecified ? Set(sets.keys) : keysByRemote[remote]
    case .other: candidates = nil
    }
    return (candidates ?? []).filter { key in sets[key].map { link.carries($0) } ?? false }
  }

  /// Takes an SA out; returns the set it was in.
  mutating func remove(_ sa: SAKey) -> SASetKey? {
    undirected[sa] = nil
    guard let key = home.removeValue(forKey: sa) else { return nil }
    take(sa, from: key)
    return key
  }

  private mutating func take(_ sa: SAKey, from key: SASetKey) {
    sets[key]?.remove(sa)
    guard sets[key]?.isEmpty == true else { return }
    sets[key] = nil
    keysByRemote[key.remote]?.remove(key)
    if keysByRemote[key.remote]?.isEmpty == true { keysByRemote[key.remote] = nil }
    keysByIfID[key.ifID]?.remove(key)
    if keysByIfID[key.ifID]?.isEmpty == true { keysByIfID[key.ifID] = nil }
  }

  private static func setKey(
    of sa: SecurityAssociation, isLocal: (IPAddress) -> Bool
  ) -> SASetKey? {
    let isInbound =
      switch sa.direction {
      case .inbound: true
      case .outbound: false
      case nil where isLocal(sa.key.destination): true
      case nil where isLocal(sa.source): false
      case nil: Bool?.none
      }
    guard let isInbound else { return nil }
    let (local, remote) =
      isInbound ? (sa.key.destination, sa.source) : (sa.source, sa.key.destination)
    return SASetKey(local: local, remote: remote, reqid: sa.reqid, ifID: sa.ifID)
  }
}
