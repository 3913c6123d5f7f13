import TunnelCore

extension JunosTranslator {
  /// One side's prefixes of a traffic selector, as strongSwan has them.
  private struct Sides {
    var local: [String] = []
    var remote: [String] = []
  }

  /// `traffic-selector`: strongSwan's; Junos also routes its remote prefixes to the link.
  mutating func readSelector(_ node: JunosNode, of vpn: inout JunosImported<VPN>) {
    let path = vpn.path + node.head
    var sides: [Sides] = []
    let parts = statements(of: node, in: path, &vpn.notes)
    if parts.contains(where: { ["local-ip", "remote-ip"].contains($0.keyword) }) {
      sides.append(selectors(parts))
    }
    for term in parts where term.keyword == "term" {
      sides.append(selectors(statements(of: term, in: path + term.head, &vpn.notes)))
    }
    let local = unique(sides.flatMap(\.local))
    let remote = unique(sides.flatMap(\.remote))
    var remedy =
      "swanctl.conf, child \(node.value ?? ""): local_ts = \(local.joined(separator: ",")), "
      + "remote_ts = \(remote.joined(separator: ","))"
    if sides.count > 1 { remedy += " (every pair of them, or one child per term)" }
    let prefixes = unique(remote.map { String($0.prefix { $0 != "[" }) }).filter { $0 != "dynamic" }
    if let link = vpn.value.bindInterface, !prefixes.isEmpty {
      let metric = parts.last { $0.keyword == "metric" }?.value.map { " metric \($0)" } ?? ""
      remedy += "; Junos adds these routes itself, on Linux run:"
      let table = vpn.junosLink.map(ownTable(ofUnit:)) ?? .main
      remedy += prefixes.map { "\nip route add \($0) dev \(link)\(metric)\(table.words)" }.joined()
    }
    vpn.notes.append(
      JunosNote(line: node.line, statement: junosText(node.words), remedy: remedy))
  }

  /// `10.1.0.0/16[tcp/443]`.
  private func selectors(_ parts: [JunosNode]) -> Sides {
    func value(_ keyword: String) -> String? { parts.last { $0.keyword == keyword }?.value }
    func side(_ keyword: String, port: String) -> [String] {
      let addresses = parts.filter { $0.keyword == keyword }.compactMap(\.value)
      let filter =
        value("protocol").map { name in "[\(name)\(value(port).map { "/\($0)" } ?? "")]" }
        ?? value(port).map { "[any/\($0)]" } ?? ""
      return (addresses.isEmpty ? ["dynamic"] : addresses).map { $0 + filter }
    }
    return Sides(
      local: side("local-ip", port: "source-port"),
      remote: side("remote-ip", port: "destination-port"))
  }

  /// Each of them once, in their order.
  private func unique(_ texts: [String]) -> [String] {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }
  }
}
