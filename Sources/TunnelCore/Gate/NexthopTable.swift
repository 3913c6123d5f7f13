/// Nexthop objects and groups, found by the link that they lead to and by their members.
struct NexthopTable: Sendable {
  private(set) var all: [UInt32: Nexthop] = [:]
  private var leading: [Int32: Set<UInt32>] = [:]
  private var groups: [UInt32: Set<UInt32>] = [:]
  /// Those that came, changed or went.
  private(set) var changed: Set<UInt32> = []

  init(_ list: some Sequence<Nexthop> = []) { for nexthop in list { self[nexthop.id] = nexthop } }

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
