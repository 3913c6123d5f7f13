/// The kernel's SAs, sorted into sets.
///
/// Only what could be a monitored tunnel is kept: ESP in tunnel mode, with an SPI and a key.
/// Larval states, AH and IPComp are nobody's business here; SAs in transport mode are counted.
struct SATable: Sendable {
  private(set) var sets: [SASetKey: SASet] = [:]
  private var home: [SAKey: SASetKey] = [:]
  /// All that are known, by name: more than one only where their marks differ.
  private var keysByID: [SAID: [SAKey]] = [:]
  /// if_ids of the sets that have all else in common, by that (a key with if_id 0).
  private var siblings: [SASetKey: Set<UInt32>] = [:]
  private var keysByRemote: [IPAddress: Set<SASetKey>] = [:]
  private var keysByIfID: [UInt32: Set<SASetKey>] = [:]
  /// SAs of which neither end is known to be ours: they wait for an address to appear.
  private var undirected: [SAKey: SecurityAssociation] = [:]

  /// SAs in transport mode, which are not monitored.
  private var transport: Set<SAKey> = []

  /// Every key the table holds, in the order of SPIs.
  var keys: [SAKey] {
    (Array(home.keys) + Array(undirected.keys) + Array(transport)).sorted(by: Self.comesFirst)
  }
  /// How many SAs are in transport mode.
  var transportCount: Int { transport.count }
  /// SAs that could not be given a direction.
  var withoutDirection: [SecurityAssociation] {
    undirected.values.sorted { Self.comesFirst($0.key, $1.key) }
  }

  private static func comesFirst(_ lhs: SAKey, _ rhs: SAKey) -> Bool {
    (lhs.id, lhs.mark?.value ?? 0) < (rhs.id, rhs.mark?.value ?? 0)
  }

  /// Whether an SA is known.
  func contains(_ sa: SAKey) -> Bool { home[sa] != nil || undirected[sa] != nil }

  /// Whether an SA of this name is known, whatever its mark.
  func contains(_ id: SAID) -> Bool { keysByID[id] != nil }

  /// The set that an SA is in; nil when it is not known, or has no direction.
  func home(of id: SAID) -> SASetKey? {
    keysByID[id]?.lazy.compactMap { home[$0] }.first
  }

  /// Whether the agent looks at such an SA at all.
  static func isRelevant(_ sa: SecurityAssociation) -> Bool {
    sa.key.ipProtocol == 50 && sa.mode == .tunnel && !sa.isLarval
  }

  /// Whether an SA is new, and would join a set that is there.
  func isNewInSet(_ sa: SecurityAssociation, isLocal: (IPAddress) -> Bool) -> Bool {
    guard Self.isRelevant(sa), !contains(sa.key) else { return false }
    return Self.setKey(of: sa, isLocal: isLocal).map { sets[$0] != nil } ?? false
  }

  /// Puts an SA in, or replaces it; returns the sets that changed.
  mutating func insert(
    _ sa: SecurityAssociation, isLocal: (IPAddress) -> Bool
  ) -> [SASetKey] {
    guard Self.isRelevant(sa) else {
      if sa.mode == .transport, !sa.isLarval { transport.insert(sa.key) }
      return []
    }
    if !contains(sa.key) { keysByID[sa.key.id, default: []].append(sa.key) }
    guard let own = Self.setKey(of: sa, isLocal: isLocal) else {
      undirected[sa.key] = sa
      return []
    }
    undirected[sa.key] = nil
    let isInbound = sa.key.destination == own.local
    let key = isInbound ? partner(of: sa, own) : own
    var changed = [key]
    if let old = home[sa.key], old != key {
      changed.append(old)
      detach(sa.key, from: old)
    }
    put(sa, into: key)
    if !isInbound { changed += gatherInbound(key) }
    return changed
  }

  // MARK: Directions with if_ids of their own (strongSwan's %unique-dir)

  /// Where an inbound SA belongs: to the outbound SAs with its if_id; else to those without an
  /// inbound one, or with one like it. charon gives other if_ids another reqid, so they are tied.
  private func partner(of sa: SecurityAssociation, _ own: SASetKey) -> SASetKey {
    guard sets[own]?.outbound.isEmpty ?? true else { return own }
    let open = siblingSets(own).filter { set in
      !set.outbound.isEmpty && set.inbound.values.allSatisfy { $0.ifID == sa.ifID }
    }
    return open.last?.key ?? own
  }

  /// Brings the inbound SAs to an outbound one that has just come; returns the sets they were in.
  private mutating func gatherInbound(_ key: SASetKey) -> [SASetKey] {
    let others = siblingSets(key)
    var mine = others.flatMap { $0.inbound.values.filter { $0.ifID == key.ifID } }
    if mine.isEmpty, sets[key]?.inbound.isEmpty ?? true {
      let alone = others.filter(\.outbound.isEmpty)
      let newest = alone.max { $0.newestInboundIfID < $1.newestInboundIfID }
      mine = newest.map { Array($0.inbound.values) } ?? []
    }
    let homes = Set(mine.compactMap { home[$0.key] })
    for sa in mine {
      if let old = home[sa.key] { detach(sa.key, from: old) }
      put(sa, into: key)
    }
    return others.map(\.key).filter(homes.contains)
  }

  /// The sets that differ from this one in nothing but the if_id, in the order of that. SAs without
  /// a reqid are somebody's own work and tied by nothing.
  private func siblingSets(_ key: SASetKey) -> [SASet] {
    guard key.reqid != 0 else { return [] }
    let others = siblings[key.withoutIfID] ?? []
    return others.subtracting([key.ifID]).sorted().compactMap {
      var sibling = key
      sibling.ifID = $0
      return sets[sibling]
    }
  }

  private mutating func put(_ sa: SecurityAssociation, into key: SASetKey) {
    home[sa.key] = key
    sets[key, default: SASet(key: key)].insert(sa)
    siblings[key.withoutIfID, default: []].insert(key.ifID)
    keysByRemote[key.remote, default: []].insert(key)
    keysByIfID[key.ifID, default: []].insert(key)
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

  /// Sets with an if_id.
  func keys(ifID: UInt32) -> Set<SASetKey> { keysByIfID[ifID] ?? [] }

  /// Sets with a peer.
  func keys(towards remote: IPAddress) -> Set<SASetKey> { keysByRemote[remote] ?? [] }

  /// Takes what an SA has counted; returns its set, its way and what it had counted before. nil for one
  /// that is not known, or has no direction.
  mutating func take(
    _ counts: SACounts, of sa: SAKey
  ) -> (set: SASetKey, isInbound: Bool, before: SACounts)? {
    guard let key = home[sa], let (isInbound, before) = sets[key]?.take(counts, of: sa) else {
      return nil
    }
    return (key, isInbound, before)
  }

  /// Takes an SA out; returns the set it was in.
  mutating func remove(_ sa: SAKey) -> SASetKey? {
    undirected[sa] = nil
    keysByID[sa.id]?.removeAll { $0 == sa }
    if keysByID[sa.id]?.isEmpty == true { keysByID[sa.id] = nil }
    transport.remove(sa)
    guard let key = home.removeValue(forKey: sa) else { return nil }
    detach(sa, from: key)
    return key
  }

  private mutating func detach(_ sa: SAKey, from key: SASetKey) {
    sets[key]?.remove(sa)
    guard sets[key]?.isEmpty == true else { return }
    sets[key] = nil
    siblings.take(key.ifID, from: key.withoutIfID)
    keysByRemote.take(key, from: key.remote)
    keysByIfID.take(key, from: key.ifID)
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
