/// Decides which routes leave a held link, what stands in for them, and what comes back.
///
/// It compares what the kernel has with what a gate wants and gives the steps between; what was
/// asked for counts as done until an event or a failure says otherwise. It owns the list of
/// withdrawn routes. `GateController` plans by it, and `Core` feeds it.
struct RouteGuard: Sendable {
  /// A daemon that puts a route back this often is not fought any longer.
  static let contestLimit = 3
  static let mainTable: UInt32 = 254
  /// Stands for a link's name where routes belong to none.
  static let nobody = "-"

  /// Routes of one leg that are in the kernel, by their link.
  var onLink = RouteTable<Int32>()
  /// Routes of several legs or by a nexthop object, as they were before any of it was held.
  var shared = SharedRoutes()
  /// Nexthop objects, and groups as they were before any member was held.
  var nexthops = NexthopTable()
  var own = OwnRoutes()
  private(set) var wanted = WantedRoutes()
  /// Whole routes that a plan of a link took last, and no record had before it.
  var newlyTaken: [String: Set<Route.Identity>] = [:]
  /// What was taken from each link: whole routes, legs of shared ones, members of groups.
  var held = RouteTable<String>()
  var heldGroups = HeldGroups()
  var contests: [String: [Route.Identity: Int]] = [:]
  /// Index of each link that was ever held or opened.
  var indexOf = LinkNumbers()
  /// What went with links that the agent has set down.
  var parked = ByLink<GateRecord.HeldLink.Down>()
  /// Nexthops of links that are up again and held still.
  var parkedNexthops = ByLink<[Nexthop]>()
  /// Whether something happened that only a dump can tell.
  var needsDump = false
  /// IPv4 routes that stand beside others of their identity. Only the first of them carries packets,
  /// and the kernel has no request that puts one back where it was: they are left alone.
  var crowded: Set<Route.Identity> = []
  /// Links from which something shared could not be taken: compared with a dump when it is tried
  /// again.
  var mustCompare: Set<String> = []

  /// The record as it was made last (`record`).
  var known = GateRecord()
  /// Links of which it says something else than when a plan had it.
  var changedSincePlan: Set<String> = []

  /// What only a dump can tell is being dumped.
  mutating func dumpBegins() { needsDump = false }

  /// Something shared could not be taken from a link and is tried again now: whether it is to be compared
  /// with a dump. That is told once.
  mutating func takeComparison(of link: String) -> Bool { mustCompare.remove(link) != nil }

  /// A gate is no more, and so is its last plan.
  mutating func forgetPlan(of link: String) { newlyTaken[link] = nil }

  /// The next record says of a link what the last plan's did not.
  mutating func mustSay(of link: String) { changedSincePlan.insert(link) }

  /// Every route that is kept.
  var knownRoutes: KnownRoutes {
    KnownRoutes(
      tables: [onLink.index.ways, held.index.ways, shared.index.ways], own: wanted.byIdentity)
  }

  /// Continues with what an earlier run had withdrawn.
  init(record: GateRecord = GateRecord()) {
    for link in record.links {
      held.open(link.name)
      for route in link.withdrawn.reversed() { held.put(route, at: link.name) }
      for route in link.withdrawn where route.isShared || !route.withoutLinks.isEmpty {
        shared[route.identity] = route
      }
      indexOf[link.name] = link.index
      for group in link.groups { nexthops[group.id] = group }
      parked[link.name] = link.down
      for nexthop in link.down?.nexthops ?? [] { nexthops[nexthop.id] = nexthop }
      for group in link.groups { heldGroups.insert(group.id, of: link.name) }
    }
  }

  // MARK: What a gate wants

  /// Steps that take the link's routes out of the way.
  mutating func hold(_ request: Request) -> [GateStep] {
    held.open(request.link)
    return arrange(request, isOpen: false) { _ in true }
  }

  /// Steps that put everything back as it was and the owned routes in, but for `heldPrefixes`.
  mutating func open(_ request: Request) -> [GateStep] {
    let steps = arrange(request, isOpen: true) { prefix in
      request.heldPrefixes.contains { $0.contains(prefix) }
        && !request.servedPrefixes.contains { $0.contains(prefix) }
    }
    if held[request.link]?.isEmpty ?? false {
      held.removeAll(at: request.link)
      newlyTaken[request.link] = nil
    }
    return steps
  }

  private mutating func arrange(
    _ request: Request, isOpen: Bool, holding isHeld: (IPPrefix) -> Bool
  ) -> [GateStep] {
    if let index = request.index, indexOf[request.link] != index { indexOf[request.link] = index }
    if wanted[request.link] == nil { wanted.set(request.link, to: leftovers(request)) }
    var toGroups = isOpen ? returnNexthops(request.link) : []
    toGroups += isOpen ? returnMembers(request) : []
    let returned = giveBack(request, holding: isHeld).map { GateStep.addRoute($0) }
    let toShared = returnLegs(request, isOpen, holding: isHeld)
    let taken = takeCandidates(request, holding: isHeld).map { GateStep.deleteRoute($0) }
    let fromGroups = isOpen ? [] : takeMembers(request)
    let fromShared = takeLegs(request, isOpen, holding: isHeld)
    let (added, removed) = change(request.link, to: wants(request, holding: isHeld))
    return toGroups + returned + toShared + added + taken + fromShared + fromGroups + removed
  }

  private func wants(
    _ request: Request, holding isHeld: (IPPrefix) -> Bool
  ) -> Set<OwnRoute> {
    var want = Set<OwnRoute>(hostRoutes(request, holding: isHeld))
    want.formUnion(privateRoutes(request, holding: isHeld))
    let owned = Dictionary(grouping: request.owned, by: isHeld).mapValues {
      $0.map(request.identity)
    }
    if let index = request.index {
      for identity in owned[false] ?? [] { want.insert(.throughLink(identity, index)) }
    }
    if request.heldRoute == .unreachable {
      let gone = whollyWithdrawn(from: request.link).map(\.identity)
      for var identity in gone + (owned[true] ?? []) {
        identity.metric = .max
        want.insert(.unreachable(identity.by(nil)))
      }
    }
    return want
  }

  /// Withdrawn routes that are to be in place.
  private mutating func giveBack(
    _ request: Request, holding isHeld: (IPPrefix) -> Bool
  ) -> [Route] {
    guard request.takesRoutes else { return [] }
    let returning = withdrawn(from: request.link).filter {
      shared[$0.identity] == nil && !isHeld($0.identity.destination)
    }
    for route in returning {
      held.remove(route.identity, from: request.link)
      newlyTaken.take(route.identity, from: request.link)
    }
    contests[request.link] = contests[request.link]?.filter { isHeld($0.key.destination) }
    // What could not be withdrawn is there: put back, it might be taken for lost.
    let there = request.index.flatMap { onLink[$0] } ?? [:]
    let replayed = returning.filter { there[$0.identity]?.hasWays(of: $0) != true }
    if let index = request.index { for route in replayed { onLink.put(route, at: index) } }
    return replayed
  }

  /// Takes over the routes that an earlier run made for a link which stays as it was found.
  /// Returns the steps without which it cannot be probed, and those that take such things away.
  mutating func adopt(_ request: Request) -> [GateStep] {
    // Owned routes are not made for it: only those that are there lead anywhere.
    var asFound = request
    asFound.owned = request.owned.filter { prefix in
      request.index.map { own.contains(.throughLink(request.identity(prefix), $0)) } ?? false
    }
    let needed = Set(privateRoutes(asFound) { _ in false })
    var mine = Set(hostRoutes(request) { _ in true })
    for prefix in request.owned {
      if let index = request.index { mine.insert(.throughLink(request.identity(prefix), index)) }
      mine.insert(.unreachable(.init(table: request.table, destination: prefix, metric: .max)))
    }
    let standing = mine.filter { own.contains($0) }
    let former = (wanted[request.link] ?? []).filter(\.isForProbes)
    wanted.set(request.link, to: standing.subtracting(needed).union(former))
    let (added, removed) = change(request.link, to: standing.union(needed))
    return added + removed
  }

  /// Steps at the end that remove what was made to probe a link which stays as it was found.
  mutating func leave(_ link: String) -> [GateStep] {
    change(link, to: (wanted[link] ?? []).filter { !$0.isForProbes }).removed
  }

  /// What an earlier run left in the place of a link's routes, or through it in the place of stand-ins:
  /// as its own it goes in the plan that brings what comes instead, and not without it.
  private func leftovers(_ request: Request) -> Set<OwnRoute> {
    let identities = request.owned.map(request.identity)
    var all = Set<OwnRoute>()
    if let index = request.index { all.formUnion(identities.map { .throughLink($0, index) }) }
    for var identity in identities + withdrawn(from: request.link).map(\.identity) {
      identity.metric = .max
      all.insert(.unreachable(identity.by(nil)))
    }
    return all.filter(own.contains)
  }

  /// Removes what an earlier run left behind and nobody wants now.
  mutating func sweep() -> [GateStep] {
    wanted.set(Self.nobody, to: [])
    let stale = own.all.filter { !wanted.isWanted($0) }
    for route in stale { own.remove(route) }
    return stale.map(\.removal).sorted { $0.description < $1.description }
  }

  /// A route of ours could not be removed: it is there, and needless at the next change.
  mutating func keep(_ route: OwnRoute, _ link: String) {
    own.insert(route)
    wanted.set(link, to: (wanted[link] ?? []).union([route]))
  }

  /// A link has another name now: what was taken from it is on record under that name.
  ///
  /// - Parameter withOwn: whether what the agent is to have of its own goes by that too.
  mutating func rename(_ index: Int32, from old: String, to new: String, withOwn: Bool) {
    guard indexOf[old] ?? index == index else { return }
    if held[old] != nil {
      held.open(new)
      for route in held.removeAll(at: old).values { held.put(route, at: new) }
    }
    for group in heldGroups.removeAll(of: old) { heldGroups.insert(group, of: new) }
    parked[new] = parked.removeValue(forKey: old) ?? parked[new]
    parkedNexthops[new] = parkedNexthops.removeValue(forKey: old) ?? parkedNexthops[new]
    indexOf[new] = indexOf[old] ?? indexOf[new]
    indexOf[old] = nil
    contests[new] = contests.removeValue(forKey: old)
    guard withOwn else { return }
    let both = (wanted[old] ?? []).union(wanted[new] ?? [])
    wanted.set(old, to: [])
    wanted.set(new, to: both)
  }

  private mutating func takeCandidates(
    _ request: Request, holding isHeld: (IPPrefix) -> Bool
  ) -> [Route] {
    var taken: [Route] = []
    boundNewlyTaken(of: request.link)
    guard let index = request.index else { return [] }
    for (identity, route) in onLink[index] ?? [:]
    where isGuarded(route, request) && isHeld(identity.destination) && shared[identity] == nil {
      contests[request.link, default: [:]][identity, default: 0] += 1
      if contests[request.link]?[identity] ?? 0 > Self.contestLimit { continue }
      if held.route(identity, at: request.link) == nil {
        newlyTaken[request.link, default: []].insert(identity)
      } else {
        newlyTaken.take(identity, from: request.link)
      }
      held.put(route, at: request.link)
      onLink.remove(identity, from: index)
      taken.append(route)
    }
    return taken.sorted { $0.identity < $1.identity }
  }

  /// What went with a link that was deleted and made again is not gathered for ever.
  private mutating func boundNewlyTaken(of link: String) {
    guard let count = newlyTaken[link]?.count, count > 64 + 2 * (held[link]?.count ?? 0) else {
      return
    }
    newlyTaken[link] = newlyTaken[link]?.filter { held.route($0, at: link) != nil }
  }

  func isGuarded(_ route: Route, _ request: Request) -> Bool {
    let destination = route.identity.destination
    return route.isReplayable && request.guardProtocols.contains(route.routeProtocol)
      && !crowded.contains(route.identity)
      && !(destination.isHost && request.probeDestinations.contains(destination.address))
  }

  mutating func change(
    _ link: String, to want: Set<OwnRoute>
  ) -> (added: [GateStep], removed: [GateStep]) {
    let before = wanted[link] ?? []
    wanted.set(link, to: want)
    let missing = want.filter { !own.contains($0) }
    let needless = before.filter { !wanted.isWanted($0) && own.contains($0) }
    for route in missing { own.insert(route) }
    for route in needless { own.remove(route) }
    // Host routes first: answering the peer's probes must not pause.
    return (
      missing.map(\.addition).sorted(by: GateStep.linkRoutesFirst),
      needless.map(\.removal).sorted(by: GateStep.linkRoutesFirst)
    )
  }

}
