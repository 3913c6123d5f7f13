/// The kernel's links, found by index, by name, and by the SA set whose packets they carry.
///
/// Each way of finding one has an index of its own: with thousands of tunnels no event may look
/// at every link.
struct LinkTable: Sendable {
  private var byIndex: [Int32: Link] = [:]
  private var byName: [String: Int32] = [:]
  /// XFRM interfaces by if_id.
  private var byIfID: [UInt32: Set<Int32>] = [:]
  private var ownIndexes: Set<Int32> = []
  /// VTIs by remote endpoint (unspecified: any), then by output key.
  private var byRemote: [IPAddress: [UInt32: Set<Int32>]] = [:]

  var keys: Dictionary<Int32, Link>.Keys { byIndex.keys }
  var values: Dictionary<Int32, Link>.Values { byIndex.values }

  subscript(index: Int32) -> Link? { byIndex[index] }

  func named(_ name: String) -> Link? { byName[name].flatMap { byIndex[$0] } }

  /// Puts a link in; returns what it was before.
  @discardableResult
  mutating func insert(_ link: Link) -> Link? {
    let old = remove(link.index)
    byIndex[link.index] = link
    byName[link.name] = link.index
    if link.isOwn { ownIndexes.insert(link.index) }
    switch link.kind {
    case .xfrm(let ifID): byIfID[ifID, default: []].insert(link.index)
    case .vti(_, let remote, _, let key):
      byRemote[remote, default: [:]][key, default: []].insert(link.index)
    case .other: break
    }
    return old
  }

  @discardableResult
  mutating func remove(_ index: Int32) -> Link? {
    guard let link = byIndex.removeValue(forKey: index) else { return nil }
    if byName[link.name] == index { byName[link.name] = nil }
    ownIndexes.remove(index)
    switch link.kind {
    case .xfrm(let ifID):
      byIfID.take(index, from: ifID)
    case .vti(_, let remote, _, let key):
      byRemote[remote]?.take(index, from: key)
    case .other: break
    }
    return link
  }

  /// VTIs between the same ends as this one, itself among them.
  func twins(of link: Link) -> [Link] {
    guard case .vti(_, let remote, _, _) = link.kind else { return [] }
    return (byRemote[remote] ?? [:]).values.joined().compactMap { byIndex[$0] }
      .filter { $0.hasEnds(of: link) }
  }

  /// The table of a link's routes: its VRF's, else main.
  func table(of link: Link?) -> UInt32 {
    link?.master.flatMap { byIndex[$0]?.vrfTable } ?? RouteGuard.mainTable
  }

  /// The links through which a set's packets pass, the oldest first.
  func carrying(_ set: SASet) -> [Link] {
    candidates(set).compactMap { byIndex[$0] }.filter { $0.carries(set) }
      .sorted { $0.index < $1.index }
  }

  /// XFRM interfaces with this if_id; 0: those for all of them (mode `external`).
  func xfrm(_ ifID: UInt32) -> [Link] { (byIfID[ifID] ?? []).compactMap { byIndex[$0] } }

  /// Links of the agent's own.
  var own: [Link] { ownIndexes.compactMap { byIndex[$0] } }

  private func candidates(_ set: SASet) -> [Int32] {
    let marks = set.outbound.values.map(\.key.mark)
    let isExact = marks.allSatisfy { $0?.mask == .max }
    let remotes = [set.key.remote, .any(.ipv4), .any(.ipv6)]
    let vtis = remotes.compactMap { byRemote[$0] }.flatMap { byKey in
      isExact
        ? marks.flatMap { byKey[$0?.value ?? 0] ?? [] } : byKey.values.flatMap(Array.init)
    }
    return vtis + (byIfID[set.key.ifID] ?? [])
  }
}

extension Link {
  /// Whether the kernel sends the link's packets through a set: by endpoints and the outbound
  /// SA's mark for VTI, by if_id for an XFRM interface. A VTI knows no if_id, and the kernel's own
  /// fallback devices are nobody's. A VTI is for one address family outside.
  func carries(_ set: SASet) -> Bool {
    guard !hasSAsElsewhere else { return false }
    return switch kind {
    case .vti(let local, let remote, _, let outputKey):
      set.key.ifID == 0 && !isFallback && remote.family == set.key.remote.family
        && (local.isUnspecified || local == set.key.local)
        && (remote.isUnspecified || remote == set.key.remote)
        && set.outbound.values.contains { sa in
          sa.key.mark.map { outputKey & $0.mask == $0.value } ?? true
        }
    case .xfrm(let ifID):
      ifID != 0 && ifID == set.key.ifID
    case .other:
      false
    }
  }

  /// Whether both are VTIs between the same ends. The kernel lets there be two if they are not bound
  /// to the same device (`dev`).
  public func hasEnds(of other: Link) -> Bool {
    guard case .vti(let local, let remote, _, _) = kind, !isFallback,
      case .vti(local, remote, _, _) = other.kind
    else { return false }
    return hasSAsElsewhere == other.hasSAsElsewhere
  }

  /// Which of VTIs between the same ends takes the ESP that arrives by a device; nil when none is set
  /// up. The kernel looks for its SA with this link's key alone (net/ipv4/ip_tunnel.c,
  /// `ip_tunnel_lookup`; net/ipv4/ip_vti.c, `vti_input`): the other links receive nothing.
  public static func taking(_ twins: [Link], arrivingBy device: Int32?) -> Link? {
    let up = twins.filter(\.isAdminUp)
    return up.first { $0.boundTo == device } ?? up.min { $0.index < $1.index }
  }

  /// Whether the link has a key and the SAs no mark: they may as well be a policy-based tunnel
  /// beside it, between the same endpoints.
  func isLoose(for set: SASet) -> Bool {
    guard case .vti(_, _, _, let outputKey) = kind else { return false }
    return outputKey != 0 && set.outbound.values.allSatisfy { $0.key.mark == nil }
  }

  /// Whether it is like ip_vti0 and ip6_vti0, which the kernel makes for itself in every namespace.
  var isFallback: Bool {
    guard case .vti(let local, let remote, _, 0) = kind else { return false }
    return local.isUnspecified && remote.isUnspecified
  }
}

extension IPAddress {
  /// The unspecified address.
  fileprivate static func any(_ family: Family) -> IPAddress { IPAddress(family: family, bits: 0) }
}
