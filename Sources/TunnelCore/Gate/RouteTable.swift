/// Routes by the places that they have: links by which they go, or from which they were taken. What is
/// asked of them is found without a walk over all: where one stands, what stands beside it, which go by
/// a link.
struct RouteTable<Place: Hashable & Sendable>: Sendable {
  private var rows: [Place: [Route.Identity: Route]] = [:]
  private var placesOf: [Route.Identity: Set<Place>] = [:]
  /// Identities that differ by their way alone, by the one that names none.
  private(set) var ways: [Route.Identity: Set<Route.Identity>] = [:]
  /// How many routes of each place go by a link.
  private var goingBy: [Int32: [Place: Int]] = [:]
  /// How many name an address as their source.
  private var sources: [IPAddress: Int] = [:]
  /// Places at which something changed.
  private(set) var changed: Set<Place> = []

  var places: some Collection<Place> { rows.keys }

  /// Routes of a place; nil when it is none.
  subscript(place: Place) -> [Route.Identity: Route]? { rows[place] }

  func route(_ id: Route.Identity, at place: Place) -> Route? { rows[place]?[id] }

  func places(of id: Route.Identity) -> Set<Place> { placesOf[id] ?? [] }

  func contains(_ id: Route.Identity) -> Bool { placesOf[id] != nil }

  /// Identities of routes that differ from this one by their way at most.
  func identities(beside id: Route.Identity) -> Set<Route.Identity> { ways[id.by(nil)] ?? [] }

  /// Places of routes of one leg that go by a link.
  func places(goingBy link: Int32) -> some Collection<Place> { (goingBy[link] ?? [:]).keys }

  /// Links by which any route of one leg goes.
  var links: some Collection<Int32> { goingBy.keys }

  func names(source: IPAddress) -> Bool { sources[source] != nil }

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
    ways[id.by(nil), default: []].insert(id)
    if let link = route.linkIndex { goingBy[link, default: [:]][place, default: 0] += 1 }
    if let source = route.preferredSource { sources[source, default: 0] += 1 }
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
    if placesOf[id] == nil { ways.take(id, from: id.by(nil)) }
    if let link = route.linkIndex {
      goingBy[link]?.countDown(place)
      if goingBy[link]?.isEmpty == true { goingBy[link] = nil }
    }
    if let source = route.preferredSource { sources.countDown(source) }
  }
}

extension Dictionary {
  /// One element less; a key without any goes.
  mutating func take<Element>(_ element: Element, from key: Key) where Value == Set<Element> {
    self[key]?.remove(element)
    if self[key]?.isEmpty == true { self[key] = nil }
  }

  /// One less; a key with none goes.
  mutating func countDown(_ key: Key) where Value == Int {
    guard let count = self[key] else { return }
    self[key] = count > 1 ? count - 1 : nil
  }
}

/// Values of links by their names; remembers which of them have changed.
struct ByLink<Value: Sendable>: Sendable {
  private var values: [String: Value] = [:]
  private(set) var changed: Set<String> = []

  var names: some Collection<String> { values.keys }
  var all: some Collection<Value> { values.values }

  subscript(name: String) -> Value? {
    get { values[name] }
    _modify {
      changed.insert(name)
      yield &values[name]
    }
  }

  mutating func removeValue(forKey name: String) -> Value? {
    guard let value = values.removeValue(forKey: name) else { return nil }
    changed.insert(name)
    return value
  }

  /// What changed was looked at.
  mutating func settle() { changed.removeAll(keepingCapacity: true) }
}

/// Indexes of links by their names, and the other way round.
struct LinkNumbers: Sendable {
  private var numbers = ByLink<Int32>()
  private var names: [Int32: Set<String>] = [:]

  var all: some Collection<Int32> { names.keys }
  var changed: Set<String> { numbers.changed }

  subscript(name: String) -> Int32? {
    get { numbers[name] }
    set {
      if let old = numbers[name] { names.take(name, from: old) }
      numbers[name] = newValue
      if let newValue { names[newValue, default: []].insert(name) }
    }
  }

  /// Names by which a link was known.
  func names(of index: Int32) -> Set<String> { names[index] ?? [] }

  /// What changed was looked at.
  mutating func settle() { numbers.settle() }
}
