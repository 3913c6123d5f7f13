/// The routes that were taken from held links and are not back, and the record of them.
///
/// The record is kept up to date instead of being made anew: with thousands of gates each change
/// of one would cost as much as all of them.
struct HeldRoutes: Sendable {
  private var byLink: [String: [Route.Identity: Route]] = [:]
  /// Held links that had routes on an interface, and maybe still have.
  private var linksByIndex: [Int32: Set<String>] = [:]
  /// What must be on disk now.
  private(set) var record = GateRecord()
  /// Counts changes of `record`.
  private(set) var version = 0

  init(_ record: GateRecord) {
    for link in record.links {
      hold(link.name)
      for route in link.withdrawn { insert(route, on: link.name) }
    }
    version = 0
  }

  /// Routes taken from a link, in the order of their identity.
  func routes(of link: String) -> [Route] {
    position(of: link).map { record.links[$0].withdrawn } ?? []
  }

  func isHeld(_ link: String) -> Bool { byLink[link] != nil }

  /// The held links that have this route, by name.
  func links(with identity: Route.Identity, onLink index: Int32) -> [String] {
    (linksByIndex[index] ?? []).filter { byLink[$0]?[identity]?.linkIndex == index }.sorted()
  }

  /// All routes that go by links of which this holds, each with the held link's name.
  func routes(where isOn: (Int32) -> Bool) -> [(link: String, route: Route)] {
    linksByIndex.keys.filter(isOn).sorted().flatMap { index in
      (linksByIndex[index] ?? []).sorted().flatMap { link in
        routes(of: link).filter { $0.linkIndex == index }.map { (link, $0) }
      }
    }
  }

  /// A link is held, with or without routes.
  mutating func hold(_ link: String) {
    guard byLink[link] == nil else { return }
    byLink[link] = [:]
    let place = firstIndex(notBefore: link)
    record.links.insert(.init(name: link, withdrawn: []), at: place)
    version += 1
  }

  mutating func insert(_ route: Route, on link: String) {
    hold(link)
    if let index = route.linkIndex { linksByIndex[index, default: []].insert(link) }
    guard byLink[link]?.updateValue(route, forKey: route.identity) != route else { return }
    update(link)
  }

  mutating func remove(_ identity: Route.Identity, from link: String) {
    if byLink[link]?.removeValue(forKey: identity) != nil { update(link) }
  }

  /// The link is not held any more.
  mutating func release(_ link: String) {
    guard let routes = byLink.removeValue(forKey: link) else { return }
    for case let index? in Set(routes.values.map(\.linkIndex)) {
      linksByIndex[index]?.remove(link)
      if linksByIndex[index]?.isEmpty == true { linksByIndex[index] = nil }
    }
    record.links.remove(at: firstIndex(notBefore: link))
    version += 1
  }

  private mutating func update(_ link: String) {
    guard let place = position(of: link) else { return }
    record.links[place].withdrawn = (byLink[link] ?? [:]).values.sorted {
      $0.identity < $1.identity
    }
    version += 1
  }

  private func position(of link: String) -> Int? {
    guard byLink[link] != nil else { return nil }
    let place = firstIndex(notBefore: link)
    return place < record.links.count && record.links[place].name == link ? place : nil
  }

  private func firstIndex(notBefore link: String) -> Int {
    var (low, high) = (0, record.links.count)
    while low < high {
      let middle = (low + high) / 2
      if record.links[middle].name < link { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
