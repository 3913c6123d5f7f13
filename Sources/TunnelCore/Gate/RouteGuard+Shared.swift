/// Routes of several legs, and nexthop objects and groups: only what goes by a held link leaves.
extension RouteGuard {
  /// Links of a route's ways; 0 for a blackhole's.
  func legLinks(_ route: Route) -> [Int32] {
    guard let id = route.nexthopID else { return route.legs.map(\.linkIndex) }
    guard let nexthop = nexthops[id] else { return [] }
    guard !nexthop.members.isEmpty else { return [nexthop.linkIndex ?? 0] }
    return nexthop.members.map { nexthops[$0]?.linkIndex ?? 0 }
  }

  /// Links by which a shared route has lost its legs.
  func outLinks(_ id: Route.Identity) -> Set<Int32> {
    Set(held.places(of: id).compactMap { indexOf[$0] })
  }

  /// Links by which any route that is kept goes, or went before it was taken: what is left of one that
  /// had a leg taken, and what came to stand where another one was, go by others than a tunnel's.
  var linksInUse: Set<Int32> {
    var links = Set(onLink.links)
    for route in shared.all.values { links.formUnion(legLinks(route)) }
    links.remove(0)
    return links
  }

  /// Whether nothing of a shared route is left in the kernel.
  func isAllOut(_ route: Route) -> Bool {
    let links = legLinks(route)
    return !links.isEmpty && outLinks(route.identity).isSuperset(of: links)
  }

  /// Shared routes with a way by a link.
  func sharedRoutes(by index: Int32) -> Set<Route.Identity> {
    guard !shared.isEmpty else { return [] }
    let objects = nexthops.objects(to: index).union(nexthops.groups(to: index))
    let all = objects.reduce(into: shared.routes(withLegBy: index)) {
      $0.formUnion(shared.routes(byObject: $1))
    }
    return all.filter { shared[$0].map { legLinks($0).contains(index) } ?? false }
  }

  // MARK: Routes

  mutating func takeLegs(
    _ request: Request, _ isOpen: Bool, holding isHeld: (IPPrefix) -> Bool
  ) -> [GateStep] {
    guard let index = request.index else { return [] }
    var steps: [GateStep] = []
    for id in sharedRoutes(by: index).sorted() where held.route(id, at: request.link) == nil {
      guard let route = shared[id], isGuarded(route, request),
        mayTake(route, index, isOpen, holding: isHeld)
      else { continue }
      contests[request.link, default: [:]][id, default: 0] += 1
      if contests[request.link]?[id] ?? 0 > Self.contestLimit { continue }
      let before = outLinks(id)
      held.put(route, at: request.link)
      if isAllOut(route) {
        steps.append(.deleteRoute(route.without(before)))
      } else if route.nexthopID == nil {
        steps.append(.replaceRoute(route.without(outLinks(id))))
      }
    }
    return steps
  }

  private func mayTake(
    _ route: Route, _ index: Int32, _ isOpen: Bool, holding isHeld: (IPPrefix) -> Bool
  ) -> Bool {
    let links = legLinks(route)
    guard links.contains(index), isHeld(route.identity.destination) else { return false }
    // A group stays whole while its link is open: other routes go by it too.
    return !isOpen || route.nexthopID == nil || Set(links) == [index]
  }

  mutating func returnLegs(
    _ request: Request, _ isOpen: Bool, holding isHeld: (IPPrefix) -> Bool
  ) -> [GateStep] {
    guard request.takesRoutes else { return [] }
    var steps: [GateStep] = []
    for id in (held[request.link] ?? [:]).keys.sorted() {
      guard let route = shared[id], let index = indexOf[request.link],
        !mayTake(route, index, isOpen, holding: isHeld)
      else { continue }
      let wasAllOut = isAllOut(route)
      held.remove(id, from: request.link)
      if wasAllOut {
        steps.append(.addRoute(route.without(outLinks(id))))
      } else if route.nexthopID == nil {
        steps.append(.replaceRoute(route.without(outLinks(id))))
      }
    }
    return steps
  }

  mutating func undoShared(_ step: GateStep, _ id: Route.Identity, _ link: String) {
    let index = indexOf[link] ?? 0
    if case .deleteRoute = step {
      mustCompare.insert(link)
    } else if case .replaceRoute(let route) = step, route.withoutLinks.contains(index) {
      mustCompare.insert(link)
    } else if let route = shared[id] {
      held.put(route, at: link)
    }
  }

  // MARK: Groups

  private func holders(of group: UInt32) -> Set<Int32> {
    Set(heldGroups.links(holding: group).compactMap { indexOf[$0] })
  }

  private func membersOut(_ group: Nexthop) -> Set<UInt32> {
    let out = holders(of: group.id)
    return Set(group.members.filter { out.contains(nexthops[$0]?.linkIndex ?? 0) })
  }

  /// The step that gives a group the members it should have; nil when none is left. The kernel
  /// has no empty group: routes by it are withdrawn instead.
  func replacement(_ group: Nexthop) -> GateStep? {
    let form = group.without(membersOut(group))
    return form.members.isEmpty ? nil : .replaceGroup(form)
  }

  mutating func takeMembers(_ request: Request) -> [GateStep] {
    guard let index = request.index else { return [] }
    var steps: [GateStep] = []
    for group in nexthops.groups(to: index).sorted().compactMap({ nexthops[$0] })
    where group.isReplayable && request.guardProtocols.contains(group.routeProtocol)
      && heldGroups[request.link]?.contains(group.id) != true
    {
      heldGroups.insert(group.id, of: request.link)
      if let step = replacement(group) { steps.append(step) }
    }
    return steps
  }

  mutating func returnMembers(_ request: Request) -> [GateStep] {
    heldGroups.removeAll(of: request.link).sorted().compactMap { id in
      nexthops[id].flatMap(replacement)
    }
  }

  mutating func undo(_ group: Nexthop, _ link: String) {
    let isTaken = group.withoutMembers.contains { nexthops[$0]?.linkIndex == indexOf[link] }
    if isTaken { mustCompare.insert(link) } else { heldGroups.insert(group.id, of: link) }
  }

  /// Links that a nexthop leads to, or one of its members, or another member of its groups.
  func links(concernedBy id: UInt32) -> Set<Int32> {
    guard let nexthop = nexthops[id] else { return [] }
    var members = Set(nexthop.members.isEmpty ? [id] : nexthop.members)
    for group in nexthops.groups(of: id) { members.formUnion(nexthops[group]?.members ?? []) }
    return Set(members.compactMap { nexthops[$0]?.linkIndex })
  }

  mutating func observe(_ nexthop: Nexthop) {
    guard let known = nexthops[nexthop.id], !holders(of: nexthop.id).isEmpty else {
      nexthops[nexthop.id] = nexthop
      return
    }
    if known.without(membersOut(known)).members != nexthop.members { needsDump = true }
  }

  /// The kernel removes its routes too, IPv4 ones without a word.
  mutating func forgetNexthop(_ id: UInt32) {
    nexthops[id] = nil
    let holders = heldGroups.links(holding: id)
    for link in holders { heldGroups.remove(id, of: link) }
    if !holders.isEmpty || !shared.routes(byObject: id).isEmpty { needsDump = true }
  }

  mutating func replaceNexthops(_ list: [Nexthop]) {
    let known = nexthops
    nexthops = NexthopTable((allParked + list.reversed()).map(\.self))
    for (link, ids) in heldGroups.all {
      for id in ids where nexthops[id] == nil { heldGroups.remove(id, of: link) }
    }
    for now in list {
      guard let old = known[now.id], !holders(of: now.id).isEmpty else { continue }
      let original = old.without(Set(old.members.filter { nexthops[$0] == nil }))
      let out = membersOut(original)
      nexthops[now.id] = original
      if original.becomes(now, without: out) {
        if original.without(out).members.isEmpty { continue }
      } else {
        nexthops[now.id] = now
      }
      // A member that is there was not taken after all.
      for link in heldGroups.links(holding: now.id)
      where now.members.contains(where: { nexthops[$0]?.linkIndex == indexOf[link] }) {
        heldGroups.remove(now.id, of: link)
      }
    }
  }
}

extension Nexthop {
  /// Whether `form` is this group less some of `gone`.
  fileprivate func becomes(_ form: Nexthop, without gone: Set<UInt32>) -> Bool {
    var rest = form.members[...]
    for member in members {
      if rest.first == member {
        rest = rest.dropFirst()
      } else if !gone.contains(member) {
        return false
      }
    }
    return rest.isEmpty
  }
}
