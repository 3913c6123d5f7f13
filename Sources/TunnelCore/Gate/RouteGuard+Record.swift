/// What must survive the agent: made of what is held, and kept while thousands of links come and go.
extension RouteGuard {
  /// What must be on disk now.
  var record: GateRecord {
    mutating get {
      let record = known ?? recordAnew
      known = record
      return record
    }
  }

  /// The record, made of all that it is made of.
  var recordAnew: GateRecord {
    GateRecord(
      links: Set(held.keys).union(heldGroups.keys).union(parked.keys).sorted().map(recordOfLink))
  }

  private func recordOfLink(_ name: String) -> GateRecord.HeldLink {
    let routes = withdrawn(from: name)
    let groups = (heldGroups[name] ?? []).sorted().compactMap { nexthops[$0] }
    let isShared = !groups.isEmpty || routes.contains { shared[$0.identity] != nil }
    return GateRecord.HeldLink(
      name: name, withdrawn: routes, index: isShared ? indexOf[name] : nil, groups: groups,
      down: parked[name] ?? parkedNexthops[name].map { .init(addresses: [], nexthops: $0) })
  }

  /// What is done to one link alone leaves what the record says of thousands of others.
  mutating func keepingRecord(
    butOf link: String, _ work: (inout RouteGuard) -> [GateStep]
  ) -> [GateStep] {
    var record = self.record
    // What is shared is on the record of every link that has a part of it.
    let wasAlone = shared.isEmpty && nexthops.isEmpty
    let steps = work(&self)
    guard wasAlone, shared.isEmpty, nexthops.isEmpty else { return steps }
    let isOn = held[link] != nil || heldGroups[link] != nil || parked[link] != nil
    record.replace(link, by: isOn ? recordOfLink(link) : nil)
    known = record
    return steps
  }
}
