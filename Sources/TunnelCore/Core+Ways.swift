/// Which links a set belongs to, and by which way it is probed, above all where there is no link.
extension Core {
  /// The way of a set's probes. A tunnel with `bind-interface` has that link. For any other: the
  /// operator's link that is for these SAs, where there is one; a link of the agent's own for SAs
  /// with an if_id; policies of a socket for SAs with neither mark nor if_id, which are all that
  /// such policies can match (kernel-facts: The gate).
  func way(of tunnel: Tunnel, through key: SASetKey) -> Result<ProbeWay, ProbeObstacle> {
    let found: Link?
    if tunnel.link != nil {
      found = link(named: tunnel.link)
    } else if let mark = unmatchedMark(tunnel, key) {
      return .failure(.marked(mark))
    } else {
      found = sas.sets[key].flatMap { link(for: $0) }
      if found == nil, key.ifID == 0 { return .success(.policy(key)) }
      if found == nil { return .failure(ownLinkObstacle(key.ifID)) }
    }
    guard let found else { return .failure(.noLink) }
    return isUpOrRaised(found.name) ? .success(.link(found.index)) : .failure(.linkAdminDown)
  }

  /// The mark for which a set can only be looked at: nothing could send through its SAs.
  func unmatchedMark(_ tunnel: Tunnel, _ key: SASetKey) -> Mark? {
    guard tunnel.link == nil, tunnel.monitor != nil, let set = sas.sets[key], link(for: set) == nil
    else { return nil }
    return set.all.lazy.compactMap(\.key.mark).first { $0.value & $0.mask != 0 }
  }

  /// The link that is for a set and for no other; of several the operator's.
  func link(for set: SASet) -> Link? {
    let fitting = links.values.filter { Self.fits($0, set) && !Self.isLoose($0, set) }
    return fitting.min { ($0.isOwn ? 1 : 0, $0.index) < ($1.isOwn ? 1 : 0, $1.index) }
  }

  /// The link that a discovered set is named after.
  func link(of set: SASet) -> Link? {
    links.values.filter { !$0.isOwn && Self.fits($0, set) }.min { $0.index < $1.index }
  }

  /// Whether the kernel sends a link's packets through a set: by endpoints and the outbound
  /// SA's mark for VTI, by if_id for an XFRM interface.
  static func fits(_ link: Link, _ set: SASet) -> Bool {
    switch link.kind {
    // Not ip_vti0 and ip6_vti0, which the kernel makes for itself in every namespace.
    case .vti(let local, let remote, _, 0) where local.isUnspecified && remote.isUnspecified:
      false
    case .vti(let local, let remote, _, let outputKey):
      set.key.ifID == 0
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

  /// Whether a link has a key and the SAs no mark: they may as well be a policy-based tunnel
  /// beside it, between the same endpoints.
  static func isLoose(_ link: Link, _ set: SASet) -> Bool {
    guard case .vti(_, _, _, let outputKey) = link.kind else { return false }
    return outputKey != 0 && set.outbound.values.allSatisfy { $0.key.mark == nil }
  }
}
