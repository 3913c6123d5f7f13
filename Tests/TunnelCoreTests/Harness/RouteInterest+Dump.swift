@testable import TunnelCore

extension RouteInterest {
  /// What a dump by it gives of all routes, as `KernelRequests.dumpRoutes` and the kernel do it.
  func dump(_ all: [Route], _ objects: [Nexthop] = []) -> [Route] {
    let byID = Dictionary(objects.map { ($0.id, $0) }) { $1 }
    func linksOf(_ route: Route) -> [Int32] {
      guard let id = route.nexthopID else { return route.legs.map(\.linkIndex) }
      let members = byID[id]?.members ?? []
      return (members.isEmpty ? [id] : members).compactMap { byID[$0]?.linkIndex }
    }
    func isOfInterest(_ interest: RouteInterest, _ route: Route) -> Bool {
      interest.concerns(
        route.identity.by(nil), routeProtocol: route.routeProtocol, nexthop: route.nexthopID,
        isElsewhere: linksOf(route).allSatisfy(interest.isElsewhere))
    }
    let links = Set(links)
    let found = all.filter { route in
      (route.routeProtocol == Route.agentProtocol || !links.isDisjoint(with: linksOf(route)))
        && isOfInterest(self, route)
    }
    if readsBeside, !found.isEmpty {
      let wider = including(found)
      return all.filter { isOfInterest(wider, $0) }
    }
    let mayLeadToPeer = found.contains {
      $0.kind == .unicast && $0.routeProtocol != Route.agentProtocol && leadsToPeer($0.identity)
    }
    guard mayLeadToPeer || readsUnderlay else { return found }
    return all.filter { found.contains($0) || leadsToPeer($0.identity) }
  }
}
