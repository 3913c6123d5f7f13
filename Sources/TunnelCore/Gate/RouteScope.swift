/// Which links a tunnel may go by, kept up with each event of a link.
struct RouteScope: Sendable {
  private(set) var others: Set<Int32> = []
  private(set) var links: Set<Int32> = []

  /// Returns whether a tunnel may go by it now that did not before: its routes were not kept.
  mutating func note(_ index: Int32, isConcerned: Bool) -> Bool {
    if isConcerned {
      links.insert(index)
      return others.remove(index) != nil
    }
    links.remove(index)
    others.insert(index)
    return false
  }

  mutating func forget(_ index: Int32) {
    others.remove(index)
    links.remove(index)
  }

  static func isElsewhere(
    _ nexthop: Nexthop, among all: [UInt32: Nexthop], _ others: Set<Int32>
  ) -> Bool {
    guard nexthop.members.isEmpty else {
      return nexthop.members.allSatisfy { id in
        all[id].map { $0.linkIndex.map(others.contains) ?? true } ?? false
      }
    }
    return nexthop.linkIndex.map(others.contains) ?? true
  }
}
