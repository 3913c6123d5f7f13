/// What the kernel drops of a link that the agent sets down, besides routes.
extension RouteGuard {
  /// Remembers a link's addresses, and the guarded nexthops that go with it.
  mutating func park(_ request: Request, _ addresses: [InterfaceAddress]) {
    let isGuarded = { (nexthop: Nexthop) in
      nexthop.isReplayable && request.guardProtocols.contains(nexthop.routeProtocol)
    }
    let ids = request.index.map(nexthops.objects(to:)) ?? []
    let objects = ids.compactMap { nexthops[$0] }.filter(isGuarded)
    let groups = Set(objects.flatMap { nexthops.groups(of: $0.id) }).compactMap { nexthops[$0] }
      .filter(isGuarded)
    parked[request.link] = .init(
      addresses: addresses,
      nexthops: objects.sorted { $0.id < $1.id } + groups.sorted { $0.id < $1.id })
  }

  /// Addresses to be put back now that the link is set up; the nexthops wait until it opens.
  mutating func unparkAddresses(_ link: String) -> [InterfaceAddress] {
    let addresses = parked[link]?.addresses ?? []
    parkedNexthops[link] = parked.removeValue(forKey: link)?.nexthops
    return addresses
  }

  /// Steps that make nexthops of a link again.
  mutating func returnNexthops(_ link: String) -> [GateStep] {
    (parkedNexthops.removeValue(forKey: link) ?? []).compactMap {
      $0.members.isEmpty ? .addNexthop($0) : replacement($0)
    }
  }

  mutating func undo(_ address: InterfaceAddress, _ link: String) {
    if parked[link] == nil {
      let nexthops = parkedNexthops.removeValue(forKey: link) ?? []
      parked[link] = .init(addresses: [], nexthops: nexthops)
    }
    parked[link]?.addresses.append(address)
  }

  mutating func forgetParked(_ link: String) {
    _ = parked.removeValue(forKey: link)
    _ = parkedNexthops.removeValue(forKey: link)
  }

  /// The link could not be set up.
  mutating func keepParked(_ link: String) {
    let nexthops = parkedNexthops.removeValue(forKey: link) ?? []
    parked[link] = .init(addresses: parked[link]?.addresses ?? [], nexthops: nexthops)
  }

  /// Everything that waits for its link, whichever way.
  var allParked: [Nexthop] {
    parked.all.flatMap(\.nexthops) + parkedNexthops.all.flatMap { $0 }
  }
}
