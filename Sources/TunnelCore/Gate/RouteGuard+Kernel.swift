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
      for index in onLink.places(of: id) where index != route.linkIndex {
        onLink.remove(id, from: index)
      }
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
    for index in onLink.places(of: other) { onLink.remove(other, from: index) }
  }

  /// Routes that are there of the same prefix and metric by other ways; advertised ones are nobody's
  /// to hold.
  private func known(beside id: Route.Identity) -> Set<Route.Identity> {
    onLink.index.identities(beside: id).union(shared.index.identities(beside: id)).filter { other in
      guard other != id else { return false }
      return switch other.way {
      case nil: true
      case .device(let index)?: onLink[index] != nil
      case .object(let object)?: nexthops[object] != nil
      case .router?: false
      }
    }
  }

  private mutating func store(_ route: Route, _ isBeside: Bool) {
    let id = route.identity
    guard route.kind == .unicast else { return }
    if let index = route.linkIndex {
      onLink.put(route, at: index)
    } else if route.isShared {
      // Which of two routes of one identity a replacement would hit is not known.
      if isBeside, isKnown(id) || crowded.contains(id) { return }
      for index in onLink.places(of: id) { onLink.remove(id, from: index) }
      shared[id] = route
    }
  }

  private func isKnown(_ id: Route.Identity) -> Bool {
    onLink.contains(id) || held.contains(id)
  }

  /// With the withdrawn route still there this one could only have come in its place: it is what
  /// its maker wants instead.
  private mutating func forgetReplaced(by route: Route) {
    for id in held.index.identities(beside: route.identity) where shared[id] == nil {
      for link in held.places(of: id) {
        // Of IPv6 the old one has another way, its link.
        let way = route.identity.by(indexOf[link].map { .device($0) })
        guard id == route.identity || id == way,
          held.route(id, at: link)?.linkIndex != route.linkIndex
        else { continue }
        held.remove(id, from: link)
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
    for link in held.places(of: id) { held.remove(id, from: link) }
  }

  /// Returns the links from which it will not be missed any more.
  mutating func forget(_ route: Route) -> [String] {
    if route.parkedFrom != nil { return [] }
    if let mine = Self.ownRoute(route) {
      own.remove(mine)
      return wanted.links(wanting: mine).sorted()
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
    guard let index = route.linkIndex, onLink.remove(route.identity, from: index) != nil
    else { return [] }
    // It was there, so this is not our withdrawal: whoever removed it does not want it back.
    return giveUp(route.identity, onLink: index)
  }

  @discardableResult
  mutating func giveUp(_ identity: Route.Identity, onLink index: Int32) -> [String] {
    let links = held.places(of: identity).filter {
      held.route(identity, at: $0)?.linkIndex == index
    }
    for link in links { held.remove(identity, from: link) }
    return links.sorted()
  }

  mutating func observe(_ rule: ProbeRule) { own.insert(.rule(rule)) }

  mutating func forget(_ rule: ProbeRule) { own.remove(.rule(rule)) }

  mutating func replaceRules(_ rules: [ProbeRule]) {
    own.removeAll(where: \.isRule)
    for rule in rules { own.insert(.rule(rule)) }
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
    onLink.removeAll()
    own.removeAll { !$0.isRule }
    for id in Array(shared.all.keys) where outLinks(id).isEmpty { shared[id] = nil }
    noteCrowds(routes)
    let ours = shared.all
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
    crowded = crowded.filter(held.contains)
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
      for link in held.places(of: id) where all || indexOf[link].map(isThere) ?? true {
        held.remove(id, from: link)
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
