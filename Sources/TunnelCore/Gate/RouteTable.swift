/// Routes by the places that they have: links by which they go, or from which they were taken. What is
/// asked of them is found without a walk over all: where one stands, what stands beside it, which go by
/// a link.
struct RouteTable<Place: Hashable & Sendable>: Sendable {
  private var rows: [Place: [Route.Identity: Route]] = [:]
  private var placesOf: [Route.Identity: Set<Place>] = [:]
  private(set) var index = RouteIndex()
  /// How many routes of each place go by a link.
  private var goingBy: [Int32: [Place: Int]] = [:]
  /// Places at which something changed.
  private(set) var changed: Set<Place> = []

  var places: some Collection<Place> { rows.keys }

  /// Routes of a place; nil when it is none.
  subscript(place: Place) -> [Route.Identity: Route]? { rows[place] }

  func route(_ id: Route.Identity, at place: Place) -> Route? { rows[place]?[id] }

  func places(of id: Route.Identity) -> Set<Place> { placesOf[id] ?? [] }

  func contains(_ id: Route.Identity) -> Bool { placesOf[id] != nil }

  /// Places of routes of one leg that go by a link.
  func places(goingBy link: Int32) -> some Collection<Place> { (goingBy[link] ?? [:]).keys }

  /// Links by which any route of one leg goes.
  var links: some Collection<Int32> { goingBy.keys }

  /// A place without routes.
  mutating func open(_ place: Place) {
    guard rows[place] == nil else { return }
    rows[place] = [:]
    changed.insert(place)
  }

  mutating func put(_ route: Route, at place: Place) {
    let id = route.identity
    remove(id, from: place)
    rows[place, default: [:]][id] = route
    placesOf[id, default: []].insert(place)
    index.enter(route)
    if let link = route.linkIndex { goingBy[link, default: [:]][place, default: 0] += 1 }
    changed.insert(place)
  }

  /// The place stays, even without a route.
  @discardableResult
  mutating func remove(_ id: Route.Identity, from place: Place) -> Route? {
    guard let route = rows[place]?.removeValue(forKey: id) else { return nil }
    forget(route, at: place)
    return route
  }

  /// The place goes too. Returns what it had.
  @discardableResult
  mutating func removeAll(at place: Place) -> [Route.Identity: Route] {
    guard let routes = rows.removeValue(forKey: place) else { return [:] }
    changed.insert(place)
    for route in routes.values { forget(route, at: place) }
    return routes
  }

  mutating func removeAll() { self = RouteTable() }

  /// What changed was looked at.
  mutating func settle() { changed.removeAll(keepingCapacity: true) }

  private mutating func forget(_ route: Route, at place: Place) {
    let id = route.identity
    changed.insert(place)
    placesOf.take(place, from: id)
    index.leave(route, isLast: placesOf[id] == nil)
    if let link = route.linkIndex {
      goingBy[link]?.countDown(place)
      if goingBy[link]?.isEmpty == true { goingBy[link] = nil }
    }
  }
}
