import TunnelCore

extension JunosTranslator {
  // MARK: - interfaces st0

  /// `interfaces st0 unit N family inet address ...`: the operator's to set, and the key to routes
  /// whose next hop is the other end of the link.
  mutating func readLinks(_ root: JunosNode) {
    for unit in root["interfaces"]?["st0"]?.all("unit") ?? [] {
      let name = "st0.\(unit.value ?? "")"
      let index = model.vpns.firstIndex { $0.junosLink == name }
      let link = index.flatMap { model.vpns[$0].value.bindInterface } ?? Self.defaultLink(name)
      for family in unit.all("family") {
        for child in family.children where !child.isInactive {
          guard let value = child.value, let remedy = linkCommand(child, value, link: link) else {
            continue
          }
          if let prefix = prefix(value), child.keyword == "address" {
            linkAddresses[name, default: []].append(IPPrefix(prefix.address, length: prefix.length))
          }
          let words = ["interfaces", "st0"] + unit.head + family.head + child.head
          add(JunosNote(line: child.line, statement: junosText(words), remedy: remedy), to: index)
        }
      }
    }
  }

  private func linkCommand(_ node: JunosNode, _ value: String, link: String) -> String? {
    switch node.keyword {
    case "address": "ip address add \(value) dev \(link)"
    case "mtu": "ip link set \(link) mtu \(value)"
    default: nil
    }
  }

  private mutating func add(_ note: JunosNote, to vpn: Int?) {
    if let vpn { model.vpns[vpn].notes.append(note) } else { model.notes.append(note) }
  }

  // MARK: - Static routes

  /// Static routes to st0 become `routes` of the VPN behind it where the agent can own them.
  mutating func readRoutes(_ root: JunosNode) {
    if let options = root["routing-options"] { readRoutes(options, in: ["routing-options"], .main) }
    for instance in root.all("routing-instances") {
      let path = instance.head + ["routing-options"]
      if let options = instance["routing-options"] { readRoutes(options, in: path, .other) }
    }
  }

  private enum Table { case main, other }

  private mutating func readRoutes(_ options: JunosNode, in path: [String], _ table: Table) {
    for route in options["static"]?.all("route") ?? [] {
      readRoute(route, in: path + ["static"], table)
    }
    for rib in options.all("rib") {
      let isMain = rib.value == "inet.0" || rib.value == "inet6.0"
      for route in rib["static"]?.all("route") ?? [] {
        readRoute(route, in: path + rib.head + ["static"], isMain ? table : .other)
      }
    }
  }

  private mutating func readRoute(_ route: JunosNode, in path: [String], _ table: Table) {
    let hops = (route.all("next-hop") + route.all("qualified-next-hop")).compactMap(\.value)
    let units = hops.compactMap { unit(of: $0) }
    guard let unit = units.first else { return }
    let bound = model.vpns.indices.filter {
      model.vpns[$0].junosLink == unit && !model.vpns[$0].isLeftOut
    }
    guard let exact = exactPrefix(route, in: path) else { return }
    let obstacle = obstacle(route, exact, hops: hops.count, bound: bound, table)
    guard let obstacle else {
      model.vpns[bound[0]].value.routes.append(exact)
      return
    }
    add(
      JunosNote(
        line: route.line, statement: junosText(path + route.words),
        remedy: ([obstacle + ":"] + commands(route, exact)).joined(separator: "\n")),
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
  private func commands(_ route: JunosNode, _ prefix: IPPrefix) -> [String] {
    let link = { (hop: JunosNode) in unit(of: hop.value ?? "").map { linkName(ofUnit: $0) } }
    let legs = route.all("next-hop").compactMap(link)
    let metric = route["preference"]?.value.map { " metric \($0)" }
    let qualified = route.all("qualified-next-hop").compactMap { hop in
      link(hop).map { name in
        let words = hop.contents.first { $0.first == "preference" } ?? []
        return "ip route add \(prefix) dev \(name) metric \(words.dropFirst().first ?? "5")"
      }
    }
    let usual = metric ?? (qualified.isEmpty ? "" : " metric 5")
    switch legs.count {
    case 0: return qualified
    case 1: return ["ip route add \(prefix) dev \(legs[0])\(usual)"] + qualified
    default:
      let nexthops = legs.map { " nexthop dev \($0)" }.joined()
      return ["ip route add \(prefix)\(usual)\(nexthops)"] + qualified
    }
  }

  /// Why the agent cannot own a route; nil: it can.
  private func obstacle(
    _ route: JunosNode, _ prefix: IPPrefix, hops: Int, bound: [Int], _ table: Table
  ) -> String? {
    if table == .other { return "in a routing table of its own" }
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

  /// The st0 unit that a next hop is, or lies behind.
  private func unit(of hop: String) -> String? {
    if let unit = Self.unit(hop) { return unit }
    guard let address = IPAddress(hop) else { return nil }
    return linkAddresses.keys.sorted().first { unit in
      linkAddresses[unit]?.contains { $0.contains(address) } == true
    }
  }

  private func linkName(ofUnit unit: String) -> String {
    model.vpns.first { $0.junosLink == unit }?.value.bindInterface ?? Self.defaultLink(unit)
  }
}
