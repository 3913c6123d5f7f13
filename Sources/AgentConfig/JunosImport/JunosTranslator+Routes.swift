import TunnelCore

extension JunosTranslator {
  /// Static routes to st0 become `routes` of the VPN behind it where the agent can own them.
  mutating func readRoutes(_ root: JunosNode) {
    if let options = root["routing-options"] { readRoutes(options, in: ["routing-options"], .main) }
    for instance in root.all("routing-instances") {
      let path = instance.head + ["routing-options"]
      guard let options = instance["routing-options"] else { continue }
      readRoutes(options, in: path, .instance(instance.value ?? ""))
    }
  }

  /// `routing-instances NAME interface st0.N`.
  mutating func readInstances(_ root: JunosNode) {
    for instance in root.all("routing-instances") {
      for interface in instance.all("interface") {
        guard let unit = interface.contents.first?.first.flatMap(Self.unit) else { continue }
        unitInstances[unit] = instance.value
      }
    }
  }

  /// A routing table.
  enum Table: Hashable {
    /// `inet.0` and `inet6.0`, the table main here.
    case main
    /// Those of a routing instance, a VRF's here.
    case instance(String)
    /// Another one: `inet.2`.
    case other(String)

    /// That of a `rib`, written where `around` is the table.
    init(rib: String, around: Table) {
      let tables = ["inet.0", "inet6.0"]
      if tables.contains(rib) {
        self = around
      } else if let table = tables.first(where: { rib.hasSuffix(".\($0)") }) {
        self = .instance(String(rib.dropLast(table.utf8.count + 1)))
      } else {
        self = .other(rib)
      }
    }

    /// What `ip route` needs to find it.
    var words: String {
      switch self {
      case .main: ""
      case .instance(let name): " vrf \(JunosTranslator.vrf(name))"
      case .other: " table N"
      }
    }
  }

  private mutating func readRoutes(_ options: JunosNode, in path: [String], _ table: Table) {
    for route in options["static"]?.all("route") ?? [] {
      readRoute(route, in: path + ["static"], table)
    }
    for rib in options.all("rib") {
      for route in rib["static"]?.all("route") ?? [] {
        readRoute(
          route, in: path + rib.head + ["static"], Table(rib: rib.value ?? "", around: table))
      }
    }
  }

  private mutating func readRoute(_ route: JunosNode, in path: [String], _ table: Table) {
    let hops = (route.all("next-hop") + route.all("qualified-next-hop")).compactMap(\.value)
    let units = hops.compactMap { unit(of: $0) }
    guard let unit = units.first else { return }
    let behind = hops.compactMap(vpn(behind:)).first
    let bound = model.vpns.indices.filter { index in
      let vpn = model.vpns[index]
      let isOnLink = behind.map { vpn.value.bindInterface == model.vpns[$0].value.bindInterface }
      return !vpn.isLeftOut && (isOnLink ?? (vpn.junosLink == unit))
    }
    guard let exact = exactPrefix(route, in: path) else { return }
    let obstacle = obstacle(route, exact, hops: hops.count, bound: bound, table, unit)
    guard let obstacle else {
      model.vpns[bound[0]].value.routes.append(exact)
      return
    }
    add(
      JunosNote(
        line: route.line, statement: junosText(path + route.words),
        remedy: ([obstacle + ":"] + commands(route, exact, table)).joined(separator: "\n")),
      to: bound.first)
  }

  /// The prefix of a route; nil after noting why not.
  private mutating func exactPrefix(_ route: JunosNode, in path: [String]) -> IPPrefix? {
    let written = prefix(route.value ?? "")
    let exact = written.map { IPPrefix($0.address, length: $0.length) }
    if let exact, exact.address == written?.address { return exact }
    let problem = exact.map { "has host bits; expected: \($0)" }
    model.notes.append(
      findings.lose(
        route.head, in: path, line: route.line,
        problem ?? "not an IP prefix; expected: ADDRESS/LENGTH"))
    return nil
  }

  /// What adds the route by hand: one of several legs, or one a preference, which is a metric here.
  private func commands(_ route: JunosNode, _ prefix: IPPrefix, _ table: Table) -> [String] {
    let command = "ip route add \(prefix)"
    func preference(_ hop: JunosNode) -> String? {
      hop.contents.first { $0.first == "preference" }?.dropFirst().first
    }
    // Without a preference of its own a qualified next hop has that of the route.
    let hops =
      route.all("next-hop") + route.all("qualified-next-hop").filter { preference($0) == nil }
    let legs = hops.compactMap(\.value).map(leg)
    // Junos' own metric only decides between routes of one preference.
    let metric = route["preference"]?.value ?? route["metric"]?.value
    let qualified = route.all("qualified-next-hop").compactMap { hop in
      preference(hop).map { "\(command) \(leg(hop.value ?? "")) metric \($0)\(table.words)" }
    }
    let usual = metric.map { " metric \($0)" } ?? (qualified.isEmpty ? "" : " metric 5")
    switch legs.count {
    case 0: return qualified
    case 1: return ["\(command) \(legs[0])\(usual)\(table.words)"] + qualified
    default:
      let nexthops = legs.map { " nexthop \($0)" }.joined()
      return ["\(command)\(usual)\(table.words)\(nexthops)"] + qualified
    }
  }

  /// A next hop as `ip route` has it.
  private func leg(_ hop: String) -> String {
    if let link = vpn(behind: hop).flatMap({ model.vpns[$0].value.bindInterface }) {
      return "dev \(link)"
    }
    if let unit = unit(of: hop) { return "dev \(linkName(ofUnit: unit))" }
    return IPAddress(hop) == nil ? "dev \(links[hop] ?? hop)" : "via \(hop)"
  }

  /// Why the agent cannot own a route; nil: it can.
  private func obstacle(
    _ route: JunosNode, _ prefix: IPPrefix, hops: Int, bound: [Int], _ table: Table,
    _ unit: String
  ) -> String? {
    switch table {
    case ownTable(ofUnit: unit): break
    case .main: return "in table main, its link in a VRF"
    case .instance(let name): return "in routing instance \(name), a VRF here"
    case .other(let name): return "in routing table \(name)"
    }
    guard let first = bound.first else { return "no VPN here is bound to that link" }
    if bound.count > 1 { return "a link of several VPNs" }
    if model.vpns[first].value.monitor == nil {
      return "no vpn-monitor, so not the agent's"
    }
    let hasOptions = route.children.contains { $0.keyword != "next-hop" && !$0.isInactive }
    if hops > 1 { return "several next hops" }
    if hasOptions { return "not a plain route" }
    if model.vpns.contains(where: { $0.value.routes.contains(prefix) }) { return "there already" }
    return nil
  }

  /// The VPN whose peer a next hop is, by `next-hop-tunnel`.
  private func vpn(behind hop: String) -> Int? {
    guard let name = IPAddress(hop).flatMap({ tunnelsByHop[$0] }) else { return nil }
    return model.vpns.firstIndex { $0.junosName == name }
  }

  /// The table with the routes of a unit.
  func ownTable(ofUnit unit: String) -> Table { unitInstances[unit].map { .instance($0) } ?? .main }

  /// The st0 unit that a next hop is, or lies behind.
  func unit(of hop: String) -> String? {
    if let unit = Self.unit(hop) { return unit }
    guard let address = IPAddress(hop) else { return nil }
    return linkAddresses.keys.sorted().first { unit in
      linkAddresses[unit]?.contains { $0.contains(address) } == true
    }
  }
}
