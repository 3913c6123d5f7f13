/// Steps that failed.
extension RouteGuard {
  /// A step could not be done: what it was for is still to be done.
  mutating func undo(_ step: GateStep, link: String) {
    switch step {
    case .addRoute(let route), .replaceRoute(let route), .deleteRoute(let route):
      if shared[route.identity] == nil {
        undoWhole(step, route, link)
      } else {
        undoShared(step, route.identity, link)
      }
    case .replaceGroup(let group): undo(group, link)
    case .addUnreachable(let id): own.remove(.unreachable(id))
    case .deleteUnreachable(let id): keep(.unreachable(id), link)
    case .addLinkRoute(let id, let index): own.remove(.throughLink(id, index))
    case .deleteLinkRoute(let id, let index): keep(.throughLink(id, index), link)
    case .addRule(let rule): own.remove(.rule(rule))
    case .deleteRule(let rule): keep(.rule(rule), link)
    case .addNexthop(let nexthop): parkedNexthops[link] = (parkedNexthops[link] ?? []) + [nexthop]
    case .addAddress(let address): undo(address, link)
    case .setAdmin: break
    case .setDormant: break
    }
  }

  /// A route that was to be withdrawn was not there: somebody has removed it, and nobody wants it back.
  /// Returns whether that is so: what was on record before may be out by an earlier step, of which the
  /// kernel's word is still to be read.
  mutating func wasAbsent(_ step: GateStep, link: String) -> Bool {
    guard case .deleteRoute(let route) = step,
      newlyTaken[link]?.remove(route.identity) != nil, shared[route.identity] == nil
    else { return false }
    held.remove(route.identity, from: link)
    return true
  }

  private mutating func undoWhole(_ step: GateStep, _ route: Route, _ link: String) {
    if case .addRoute = step {
      held.put(route, at: link)
      if let index = route.linkIndex { onLink.remove(route.identity, from: index) }
    } else {
      // Nobody put it back. It stays on record: a later plan may have withdrawn it meanwhile.
      contests[link]?[route.identity]? -= 1
      observe(route)
    }
  }
}
