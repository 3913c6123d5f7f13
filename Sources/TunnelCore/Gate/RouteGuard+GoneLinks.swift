/// What goes with a link or an address, mostly without a word of the kernel's.
extension RouteGuard {
  /// The link is gone or down: the kernel dropped its IPv4 routes, mostly without saying so.
  mutating func forgetRoutes(onLink index: Int32) {
    for identity in onLink.removeAll(at: index).keys.sorted() { giveUp(identity, onLink: index) }
    own.removeAll(through: index)
  }

  /// Whether a route that is kept, or one of the agent's own, goes by a link.
  func goes(by index: Int32) -> Bool {
    onLink[index]?.isEmpty == false || !sharedRoutes(by: index).isEmpty
      || own.goes(through: index)
  }

  /// Whether the kernel may have dropped routes that are kept with an address: IPv4 ones that name
  /// it as their source, or go by its link (net/ipv4/fib_frontend.c, `fib_del_ifaddr`). Of IPv6 ones
  /// it tells.
  func mayHaveLost(with address: InterfaceAddress) -> Bool {
    guard address.address.family == .ipv4 else { return false }
    return goes(by: address.linkIndex) || onLink.index.names(source: address.address)
      || shared.index.names(source: address.address)
  }

  /// Links by which something goes that was withdrawn, or which were held or opened.
  var linksOnRecord: Set<Int32> {
    var links = Set(held.links).union(indexOf.all)
    for (id, route) in shared.all where !outLinks(id).isEmpty {
      links.formUnion(route.legs.map(\.linkIndex))
    }
    return links
  }

  /// A withdrawn route cannot come back by a link that is gone, nor does it go by another one that
  /// bears the name now. Returns those that are given up.
  mutating func forgetWithdrawn(by gone: Set<Int32>) -> [Route] {
    var lost: [Route] = []
    for index in gone {
      for link in Array(held.places(goingBy: index)) {
        for (id, route) in held[link] ?? [:]
        where shared[id] == nil && route.linkIndex == index {
          held.remove(id, from: link)
          lost.append(route)
        }
      }
    }
    lost += forgetLegs(by: gone)
    return lost.sorted { $0.identity < $1.identity }
  }

  private mutating func forgetLegs(by gone: Set<Int32>) -> [Route] {
    var lost: [Route] = []
    let touched = gone.reduce(into: Set<Route.Identity>()) {
      $0.formUnion(shared.routes(withLegBy: $1))
    }
    for id in touched where !outLinks(id).isEmpty {
      guard let route = shared[id], route.nexthopID == nil else { continue }
      let rest = route.without(gone)
      guard rest != route else { continue }
      if rest.legs.isEmpty {
        lost.append(route)
        dropShared(id)
      } else {
        keepOnly(rest)
      }
    }
    for link in gone.flatMap(indexOf.names(of:)) {
      for id in held[link]?.keys.filter({ shared[$0] != nil }) ?? [] {
        held.remove(id, from: link)
      }
      heldGroups.removeAll(of: link)
      indexOf[link] = nil
    }
    return lost
  }

  mutating func keepOnly(_ rest: Route) {
    shared[rest.identity] = rest
    for link in held.places(of: rest.identity) { held.put(rest, at: link) }
  }
}
