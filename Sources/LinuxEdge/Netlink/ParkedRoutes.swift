import CShims
import Glibc
import TunnelCore

/// Withdrawn routes whose record the kernel keeps, as copies in a table that no rule leads to.
extension KernelRequests {
  /// Makes the copy of a route that is about to be withdrawn.
  func park(_ original: Route) throws(EdgeError) {
    try perform("keep a copy of", "\(original)", on: route, copy(original, VPA_CHANGE_ADD))
  }

  /// Removes the copy.
  func unpark(_ original: Route) throws(EdgeError) {
    try perform(
      "remove the copy of", "\(original)", on: route, copy(original, VPA_CHANGE_DELETE),
      removing: true)
  }

  /// The routes of which there are copies, as they were, by their links' names.
  func dumpParked() throws(EdgeError) -> [(link: String, route: Route)] {
    let links = try dumpLinks().filter { $0.kind.isTunnel || $0.isLinkModeDormant }
    let names = Dictionary(links.map { ($0.index, $0.name) }, uniquingKeysWith: { $1 })
    return try dumpRoutes(RouteInterest(links: links.map(\.index))).compactMap { copy in
      guard let table = copy.parkedFrom, let name = copy.linkIndex.flatMap({ names[$0] }) else {
        return nil
      }
      var original = copy
      original.identity.table = table
      original.message = message(copy.message, table)
      return (name, original)
    }
  }

  private func message(_ body: [UInt8], _ table: UInt32) -> [UInt8] {
    built(capacity: body.count + 16) {
      unsafe vpa_build_route_in_table($0, $1, body, body.count, table)
    } ?? []
  }

  private func copy(_ original: Route, _ change: vpa_change) -> [UInt8]? {
    let body = message(original.message, Route.parkingTable(of: original.identity.table))
    return built(capacity: body.count + 16) {
      unsafe vpa_build_route_request($0, $1, body, body.count, change, nil, 0)
    }
  }
}

extension GateRecord {
  /// With what the kernel keeps of routes that were withdrawn without a record on disk.
  func including(_ parked: [(link: String, route: Route)]) -> GateRecord {
    var record = self
    for (name, route) in parked {
      var link = record[name] ?? HeldLink(name: name, withdrawn: [])
      let isKnown = link.withdrawn.contains { $0.identity == route.identity }
      if !isKnown { link.withdrawn.append(route) }
      record[name] = link
    }
    return record
  }

  /// With the tunnel links whose operstate the agent holds DORMANT, where it is not known what else was
  /// held: nobody else sets that of such a link.
  func including(dormant links: [Link]) -> GateRecord {
    var record = self
    for link in links where link.kind.isTunnel && link.isLinkModeDormant {
      record[link.name] = record[link.name] ?? HeldLink(name: link.name, withdrawn: [])
    }
    return record
  }
}
