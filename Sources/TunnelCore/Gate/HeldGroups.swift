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
