/// What the kernel says of routes and nexthops.
extension RouteGuard {
  /// - Parameter change: how it came to be there; nil for an item of a dump.
  mutating func observe(_ route: Route, _ change: RouteChange? = nil) {
    if route.parkedFrom != nil { return }
    if let mine = Self.ownRoute(route) {
      own.insert(mine)
      return
    }
    let id = route.identity
    let isIPv4 = id.destination.address.family == .ipv4
    // An IPv6 one is told from what it stands beside, and comes with all its legs.
    let isBeside = isIPv4 && (change == nil || change == .appended)
    if isIPv4, change == .appended { crowded.insert(id) }
    if change == .replacing {
      for index in onLink.keys where index != route.linkIndex { onLink[index]?[id] = nil }
      if !isIPv4 { forgetOther(than: id) }
    }
    if shared[id] != nil {
      observeShared(route, isBeside)
    } else {
      if change == .new || change == .replacing { forgetReplaced(by: route) }
      store(route, isBeside)
    }
  }

  /// An IPv6 route took the place of another one. The kernel prefers one that is as fit for ECMP as
  /// the new one (net/ipv6/ip6_fib.c, `fib6_add_rt2node`); of several it is not known which.
  private mutating func forgetOther(than id: Route.Identity) {
    let others = known(beside: id)
    guard !others.isEmpty, id.way != nil || shared[id] == nil else { return }
    guard others.count == 1, let other = others.first, outLinks(other).isEmpty else {
      return needsDump = true
    }
    shared[other] = nil
    for index in onLink.keys { onLink[index]?[other] = nil }
  }

  /// Routes that are there of the same prefix and metric by other ways; advertised ones are nobody's
  /// to hold.
  private func known(beside id: Route.Identity) -> Set<Route.Identity> {
    let ways = onLink.keys.map { id.by(.device($0)) } + nexthops.keys.map { id.by(.object($0)) }
    let others = Set(ways + [id.by(nil)]).subtracting([id])
    return others.filter { other in
      shared[other] != nil || onLink.values.contains { $0[other] != nil }
    }
  }

  private mutating func store(_ route: Route, _ isBeside: Bool) {
    let id = route.identity
    guard route.kind == .unicast else { return }
    if let index = route.linkIndex {
      onLink[index, default: [:]][id] = route
    } else if route.isShared {
      // Which of two routes of one identity a replacement would hit is not known.
      if isBeside, isKnown(id) || crowded.contains(id) { return }
      for index in onLink.keys { onLink[index]?[id] = nil }
      shared[id] = route
    }
  }

  private func isKnown(_ id: Route.Identity) -> Bool {
    onLink.values.contains { $0[id] != nil } || held.values.contains { $0[id] != nil }
  }

  /// With the withdrawn route still there this one could only have come in its place: it is what
  /// its maker wants instead.
  private mutating func forgetReplaced(by route: Route) {
    for (link, routes) in held {
      // Of IPv6 the old one has another way, its link.
      let ways = [route.identity, route.identity.by(indexOf[link].map { .device($0) })]
      for id in ways where shared[id] == nil {
        guard let old = routes[id], old.linkIndex != route.linkIndex else { continue }
        held[link]?[id] = nil
      }
    }
  }

  private mutating func observeShared(_ route: Route, _ isBeside: Bool) {
    let id = route.identity
    guard let known = shared[id] else { return }
    if isBeside { return }
    let out = outLinks(id)
    if out.isEmpty {
      replaceShared(route)
    } else if !known.without(out).hasWays(of: route) {
      // An event older than our last step, or somebody else's change: only a dump tells.
      needsDump = true
    }
  }

  /// What stood there before, held legs and all, is no longer wanted.
  private mutating func replaceShared(_ route: Route) {
    dropShared(route.identity)
    store(route, false)
  }

  mutating func dropShared(_ id: Route.Identity) {
    shared[id] = nil
    for link in held.keys { held[link]?[id] = nil }
  }

  /// Returns the links from which it will not be missed any more.
  mutating func forget(_ route: Route) -> [String] {
    if route.parkedFrom != nil { return [] }
    if let mine = Self.ownRoute(route) {
      own.remove(mine)
      return (wanters[mine] ?? []).sorted()
    }
    // Whether it stands alone now, and which is left, only a dump tells.
    if crowded.contains(route.identity) { needsDump = true }
    if let known = shared[route.identity] {
      if isAllOut(known) { return [] }
      if outLinks(route.identity).isEmpty, known.hasWays(of: route) {
        shared[route.identity] = nil
      } else {
        needsDump = true
      }
      return []
    }
    guard let index = route.linkIndex,
      onLink[index]?.removeValue(forKey: route.identity) != nil
    else { return [] }
    // It was there, so this is not our withdrawal: whoever removed it does not want it back.
    return giveUp(route.identity, onLink: index)
  }

  @discardableResult
  private mutating func giveUp(_ identity: Route.Identity, onLink index: Int32) -> [String] {
    let links = held.keys.filter { held[$0]?[identity]?.linkIndex == index }.sorted()
    for link in links { held[link]?[identity] = nil }
    return links
  }

  /// The link is gone or down: the kernel dropped its IPv4 routes, mostly without saying so.
  mutating func forgetRoutes(onLink index: Int32) {
    for identity in onLink.removeValue(forKey: index)?.keys.sorted() ?? [] {
      giveUp(identity, onLink: index)
    }
    own = own.filter {
      if case .throughLink(_, index) = $0 { false } else { true }
    }
  }

  /// Whether a route that is kept, or one of the agent's own, goes by a link.
  func goes(by index: Int32) -> Bool {
    if onLink[index]?.isEmpty == false { return true }
    if shared.values.contains(where: { legLinks($0).contains(index) }) { return true }
    return own.contains { if case .throughLink(_, index) = $0 { true } else { false } }
  }

  /// Whether the kernel may have dropped routes that are kept with an address: IPv4 ones that name
  /// it as their source, or go by its link (net/ipv4/fib_frontend.c, `fib_del_ifaddr`). Of IPv6 ones
  /// it tells.
  func mayHaveLost(with address: InterfaceAddress) -> Bool {
    guard address.address.family == .ipv4 else { return false }
    if goes(by: address.linkIndex) { return true }
    let named = { (route: Route) in route.preferredSource == address.address }
    return onLink.values.contains { $0.values.contains(where: named) }
      || shared.values.contains(where: named)
  }

  /// A withdrawn route cannot come back by a link that is gone, nor does it go by another one that
  /// bears the name now. Returns those that are given up.
  mutating func forgetWithdrawn(where isGone: (Int32) -> Bool) -> [Route] {
    var lost: [Route] = []
    for (link, routes) in held {
      for (identity, route) in routes where shared[identity] == nil {
        guard route.linkIndex.map(isGone) ?? false else { continue }
        held[link]?[identity] = nil
        lost.append(route)
      }
    }
    lost += forgetLegs(where: isGone)
    return lost.sorted { $0.identity < $1.identity }
  }

  private mutating func forgetLegs(where isGone: (Int32) -> Bool) -> [Route] {
    var lost: [Route] = []
    for (id, route) in shared where !outLinks(id).isEmpty && route.nexthopID == nil {
      let rest = route.without(Set(route.legs.map(\.linkIndex).filter(isGone)))
      guard rest != route else { continue }
      if rest.legs.isEmpty {
        lost.append(route)
        dropShared(id)
      } else {
        keepOnly(rest)
      }
    }
    for (link, index) in indexOf where isGone(index) {
      for id in held[link]?.keys.filter({ shared[$0] != nil }) ?? [] { held[link]?[id] = nil }
      heldGroups[link] = nil
      indexOf[link] = nil
    }
    return lost
  }

  private mutating func keepOnly(_ rest: Route) {
    shared[rest.identity] = rest
    for link in held.keys where held[link]?[rest.identity] != nil {
      held[link]?[rest.identity] = rest
    }
  }

  mutating func observe(_ rule: ProbeRule) { own.insert(.rule(rule)) }

  mutating func forget(_ rule: ProbeRule) { own.remove(.rule(rule)) }

  mutating func replaceRules(_ rules: [ProbeRule]) {
    own = own.filter { if case .rule = $0 { false } else { true } }
    own.formUnion(rules.map { .rule($0) })
  }

  static func ownRoute(_ route: Route) -> OwnRoute? {
    guard route.routeProtocol == Route.agentProtocol else { return nil }
    let id = route.identity.by(nil)
    return route.kind == .unreachable
      ? .unreachable(id) : route.linkIndex.map { .throughLink(id, $0) }
  }

  // MARK: Dumps

  /// Takes a dump for the truth. Returns withdrawn routes that cannot come back.
  mutating func replaceAll(
    _ routes: [Route], nexthops list: [Nexthop] = [], isUp: (Int32) -> Bool = { _ in true }
  ) -> [Route] {
    replaceNexthops(list)
    onLink = [:]
    own = own.filter { if case .rule = $0 { true } else { false } }
    shared = shared.filter { !outLinks($0.key).isEmpty }
    noteCrowds(routes)
    let ours = shared
    var found: [Route.Identity: [Route]] = [:]
    for route in routes {
      if ours[route.identity] != nil, Self.ownRoute(route) == nil {
        found[route.identity, default: []].append(route)
      } else {
        observe(route)
      }
    }
    return ours.values.sorted { $0.identity < $1.identity }.filter {
      !reconcile($0, found[$0.identity] ?? [], isUp)
    }
  }

  /// What was withdrawn while it stood alone keeps its neighbours apart from it.
  private mutating func noteCrowds(_ routes: [Route]) {
    let taken = held.values.reduce(into: Set<Route.Identity>()) { $0.formUnion($1.keys) }
    crowded.formIntersection(taken)
    var seen: Set<Route.Identity> = []
    for route in routes where route.identity.destination.address.family == .ipv4 {
      guard Self.ownRoute(route) == nil, route.parkedFrom == nil else { continue }
      if !seen.insert(route.identity).inserted { crowded.insert(route.identity) }
    }
  }

  /// Compares a shared route of which something is held with what the kernel has. Returns false
  /// when it is lost.
  private mutating func reconcile(
    _ known: Route, _ found: [Route], _ isUp: (Int32) -> Bool
  ) -> Bool {
    let id = known.identity
    let out = outLinks(id)
    if let now = found.first(where: { known.becomes($0, without: out) }) {
      // A leg that is there was not taken after all.
      let isThere = { (index: Int32) in
        now.legs.contains { $0.linkIndex == index } && now.nexthopID == nil
      }
      let all = known.nexthopID != nil && isAllOut(known)
      for link in held.keys where all || indexOf[link].map(isThere) ?? true {
        held[link]?[id] = nil
      }
    } else if !found.isEmpty, !crowded.contains(id) {
      dropShared(id)
      for route in found { store(route, true) }
    } else if !isAllOut(known) {
      let rest = known.without(Set(legLinks(known).filter { !out.contains($0) && !isUp($0) }))
      guard rest != known, outLinks(id).isSuperset(of: legLinks(rest)) else {
        dropShared(id)
        return known.nexthopID == nil || nexthops[known.nexthopID ?? 0] != nil
      }
      keepOnly(rest)
    }
    return true
  }
}
