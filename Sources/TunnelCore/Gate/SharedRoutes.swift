/// Routes of several legs or by a nexthop object, found by the links of their legs and by that object.
struct SharedRoutes: Sendable {
  private(set) var all: [Route.Identity: Route] = [:]
  private var withLeg: [Int32: Set<Route.Identity>] = [:]
  private var byObject: [UInt32: Set<Route.Identity>] = [:]
  private(set) var index = RouteIndex()
  /// Identities of those that changed.
  private(set) var changed: Set<Route.Identity> = []

  var isEmpty: Bool { all.isEmpty }

  subscript(id: Route.Identity) -> Route? {
    get { all[id] }
    set {
      if let old = all[id] { leave(old) }
      all[id] = newValue
      changed.insert(id)
      if let new = newValue { enter(new) }
    }
  }

  /// Routes with a leg of their own by a link.
  func routes(withLegBy link: Int32) -> Set<Route.Identity> { withLeg[link] ?? [] }

  /// Routes by a nexthop object or group.
  func routes(byObject id: UInt32) -> Set<Route.Identity> { byObject[id] ?? [] }

  /// What changed was looked at.
  mutating func settle() { changed.removeAll(keepingCapacity: true) }

  private mutating func enter(_ route: Route) {
    let id = route.identity
    for leg in route.legs { withLeg[leg.linkIndex, default: []].insert(id) }
    if let object = route.nexthopID { byObject[object, default: []].insert(id) }
    index.enter(route)
  }

  private mutating func leave(_ route: Route) {
    let id = route.identity
    for leg in route.legs { withLeg.take(id, from: leg.linkIndex) }
    if let object = route.nexthopID { byObject.take(id, from: object) }
    index.leave(route, isLast: true)
  }
}

/// What is asked of routes whatever table they are in.
struct RouteIndex: Sendable {
  /// Identities that differ by their way alone, by the one that names none.
  private(set) var ways: [Route.Identity: Set<Route.Identity>] = [:]
  /// How many routes name an address as their source.
  private var sources: [IPAddress: Int] = [:]

  /// Identities of routes that differ from this one by their way at most.
  func identities(beside id: Route.Identity) -> Set<Route.Identity> { ways[id.by(nil)] ?? [] }

  func names(source: IPAddress) -> Bool { sources[source] != nil }

  mutating func enter(_ route: Route) {
    ways[route.identity.by(nil), default: []].insert(route.identity)
    if let source = route.preferredSource { sources[source, default: 0] += 1 }
  }

  /// - Parameter isLast: whether no other of its identity is left in the table.
  mutating func leave(_ route: Route, isLast: Bool) {
    if isLast { ways.take(route.identity, from: route.identity.by(nil)) }
    if let source = route.preferredSource { sources.countDown(source) }
  }
}
