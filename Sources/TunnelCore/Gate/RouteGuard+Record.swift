/// What must survive the agent: made of what is held. Of thousands of links that come and go only those
/// are looked at of which something has changed.
extension RouteGuard {
  /// What must be on disk now.
  var record: GateRecord {
    mutating get {
      let changed = takeChanged()
      for name in changed { known[name] = recordOfLink(name) }
      changedSincePlan.formUnion(changed)
      return known
    }
  }

  /// Links of which the record says something else than when this was asked last.
  mutating func takeChangedSincePlan() -> Set<String> {
    defer { changedSincePlan = [] }
    return changedSincePlan
  }

  /// The record, made of all that it is made of.
  var recordAnew: GateRecord {
    let names = Set(held.places).union(heldGroups.all.keys).union(parked.names)
    return GateRecord(links: names.compactMap(recordOfLink))
  }

  /// Links of which something changed since it was asked last.
  private mutating func takeChanged() -> Set<String> {
    var names = held.changed.union(heldGroups.changed).union(parked.changed)
      .union(parkedNexthops.changed).union(indexOf.changed)
    // What is shared is on the record of every link that has a part of it.
    for id in shared.changed { names.formUnion(held.places(of: id)) }
    for id in nexthops.changed { names.formUnion(heldGroups.links(holding: id)) }
    onLink.settle()
    held.settle()
    heldGroups.settle()
    parked.settle()
    parkedNexthops.settle()
    indexOf.settle()
    shared.settle()
    nexthops.settle()
    return names
  }

  /// What changed is not gathered for ever where nobody asks for the record: a routing daemon's routes
  /// and objects come and go though no link is ever held.
  mutating func boundChanges() {
    if shared.changed.count + nexthops.changed.count + onLink.changed.count > 1024 { _ = record }
  }

  private func recordOfLink(_ name: String) -> GateRecord.HeldLink? {
    guard held[name] != nil || heldGroups[name] != nil || parked[name] != nil else { return nil }
    let routes = withdrawn(from: name)
    let groups = (heldGroups[name] ?? []).sorted().compactMap { nexthops[$0] }
    let isShared = !groups.isEmpty || routes.contains { shared[$0.identity] != nil }
    return GateRecord.HeldLink(
      name: name, withdrawn: routes, index: isShared ? indexOf[name] : nil, groups: groups,
      down: parked[name] ?? parkedNexthops[name].map { .init(addresses: [], nexthops: $0) })
  }
}
