extension Route {
  /// Whether two forms of one route go the same ways.
  func hasWays(of other: Route) -> Bool {
    guard nexthopID == other.nexthopID else { return false }
    return nexthopID != nil || legs.elementsEqual(other.legs, by: other.isSame)
  }

  /// Whether `form` is this route less some legs by `links`.
  func becomes(_ form: Route, without links: Set<Int32>) -> Bool {
    guard nexthopID == form.nexthopID, form.kind == kind else { return false }
    var rest = form.legs[...]
    for leg in legs where nexthopID == nil {
      if let first = rest.first, form.isSame(leg, first) {
        rest = rest.dropFirst()
      } else if !links.contains(leg.linkIndex) {
        return false
      }
    }
    return nexthopID != nil || rest.isEmpty
  }

  /// The kernel tells no weight of an only leg.
  private func isSame(_ lhs: Leg, _ rhs: Leg) -> Bool {
    lhs.linkIndex == rhs.linkIndex && lhs.gateway == rhs.gateway
      && (lhs.weight == rhs.weight || legs.count == 1)
  }
}
