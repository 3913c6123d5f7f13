/// Which links a set belongs to, and by which way it is probed, above all where there is no link.
extension Core {
  /// The way of a set's probes. A tunnel with `bind-interface` has that link. For any other: the
  /// operator's link that is for these SAs, where there is one; a link of the agent's own for SAs
  /// with an if_id; policies of a socket for SAs with neither mark nor if_id, which are all that
  /// such policies can match (docs/facts/kernel.md, "Socket policies").
  func way(of tunnel: Tunnel, through key: SASetKey) -> Result<ProbeWay, ProbeObstacle> {
    let found: Link?
    if tunnel.link != nil {
      found = kernel.link(named: tunnel.link)
    } else if let mark = unmatchedMark(tunnel, key) {
      return .failure(.marked(mark))
    } else {
      found = kernel.sas.sets[key].flatMap { link(for: $0) }
      if found == nil, key.ifID == 0 { return .success(.policy(key)) }
      if found == nil { return .failure(ownLinkObstacle(key.ifID)) }
    }
    guard let found else { return .failure(.noLink) }
    // Silence would prove nothing, and no other SAs would change it.
    if let other = twinTakingESP(of: found.name) {
      return .failure(.shadowed(link: found.name, by: other))
    }
    return gates.isUpOrRaised(found.name, kernel)
      ? .success(.link(found.index)) : .failure(.linkAdminDown)
  }

  /// The mark for which a set can only be looked at: nothing could send through its SAs.
  func unmatchedMark(_ tunnel: Tunnel, _ key: SASetKey) -> Mark? {
    guard tunnel.link == nil, tunnel.monitor != nil, let set = kernel.sas.sets[key],
      link(for: set) == nil
    else { return nil }
    return set.all.lazy.compactMap(\.key.mark).first { $0.value & $0.mask != 0 }
  }

  /// The link that is for a set and for no other; of several the operator's.
  func link(for set: SASet) -> Link? {
    kernel.links.carrying(set).filter { !$0.isLoose(for: set) }
      .min { ($0.isOwn ? 1 : 0, $0.index) < ($1.isOwn ? 1 : 0, $1.index) }
  }

  /// The link that a discovered set is named after.
  func link(of set: SASet) -> Link? { kernel.links.carrying(set).first { !$0.isOwn } }
}
