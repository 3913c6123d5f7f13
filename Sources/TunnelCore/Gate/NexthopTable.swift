/// Nexthop objects and groups, found by the link that they lead to and by their members.
struct NexthopTable: Sendable {
  private(set) var all: [UInt32: Nexthop] = [:]
  private var leading: [Int32: Set<UInt32>] = [:]
  private var groups: [UInt32: Set<UInt32>] = [:]
  /// Those that came, changed or went.
  private(set) var changed: Set<UInt32> = []

  init(_ list: some Sequence<Nexthop> = []) { for nexthop in list { self[nexthop.id] = nexthop } }

  var isEmpty: Bool { all.isEmpty }

  subscript(id: UInt32) -> Nexthop? {
    get { all[id] }
    set {
      if let old = all[id] {
        if let link = old.linkIndex { leading.take(id, from: link) }
        for member in old.members { groups.take(id, from: member) }
      }
      all[id] = newValue
      changed.insert(id)
      guard let new = newValue else { return }
      if let link = new.linkIndex { leading[link, default: []].insert(id) }
      for member in new.members { groups[member, default: []].insert(id) }
    }
  }

  /// Groups that an object, there or not, is a member of.
  func groups(of member: UInt32) -> Set<UInt32> { groups[member] ?? [] }

  /// What changed was looked at.
  mutating func settle() { changed.removeAll(keepingCapacity: true) }

  /// Objects that lead to a link.
  func objects(to link: Int32) -> Set<UInt32> { leading[link] ?? [] }

  /// Groups with a member that leads to a link.
  func groups(to link: Int32) -> Set<UInt32> {
    objects(to: link).reduce(into: []) { $0.formUnion(groups(of: $1)) }
  }
}

/// Routes of several legs or by a nexthop object, found by the links of their legs and by that object.
struct SharedRoutes: Sendable {
  private(set) var all: [Route.Identity: Route] = [:]
  private var withLeg: [Int32: Set<Route.Identity>] = [:]
  private var byObject: [UInt32: Set<Route.Identity>] = [:]
  /// Identities that differ by their way alone, by the one that names none.
  private(set) var ways: [Route.Identity: Set<Route.Identity>] = [:]
  private var sources: [IPAddress: Int] = [:]
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

  /// Identities of routes that differ from this one by their way at most.
  func identities(beside id: Route.Identity) -> Set<Route.Identity> { ways[id.by(nil)] ?? [] }

  func names(source: IPAddress) -> Bool { sources[source] != nil }

  /// What changed was looked at.
  mutating func settle() { changed.removeAll(keepingCapacity: true) }

  private mutating func enter(_ route: Route) {
    let id = route.identity
    for leg in route.legs { withLeg[leg.linkIndex, default: []].insert(id) }
    if let object = route.nexthopID { byObject[object, default: []].insert(id) }
    ways[id.by(nil), default: []].insert(id)
    if let source = route.preferredSource { sources[source, default: 0] += 1 }
  }

  private mutating func leave(_ route: Route) {
    let id = route.identity
    for leg in route.legs { withLeg.take(id, from: leg.linkIndex) }
    if let object = route.nexthopID { byObject.take(id, from: object) }
    ways.take(id, from: id.by(nil))
    if let source = route.preferredSource { sources.countDown(source) }
  }
}

/// Groups from which members that go by held links were taken, by the names of these links.
struct HeldGroups: Sendable {
  private(set) var all: [String: Set<UInt32>] = [:]
  private var holders: [UInt32: Set<String>] = [:]
  /// Links of which something changed.
  private(set) var changed: Set<String> = []

  subscript(link: String) -> Set<UInt32>? { all[link] }

  /// Links that hold members of a group.
  func links(holding group: UInt32) -> Set<String> { holders[group] ?? [] }

  mutating func insert(_ group: UInt32, of link: String) {
    all[link, default: []].insert(group)
    holders[group, default: []].insert(link)
    changed.insert(link)
  }

  mutating func remove(_ group: UInt32, of link: String) {
    all.take(group, from: link)
    holders.take(link, from: group)
    changed.insert(link)
  }

  /// Returns what the link held.
  @discardableResult
  mutating func removeAll(of link: String) -> Set<UInt32> {
    let groups = all[link] ?? []
    for group in groups { remove(group, of: link) }
    return groups
  }

  /// What changed was looked at.
  mutating func settle() { changed.removeAll(keepingCapacity: true) }
}
