import TunnelCore

extension JunosTranslator {
  /// `vpn-monitor` of a VPN. Interval and threshold are global in Junos.
  mutating func monitor(_ node: JunosNode, of vpn: inout JunosImported<VPN>) -> Monitor {
    let path = vpn.path + node.head
    var monitor = Monitor()
    for child in statements(of: node, in: path, &vpn.notes) {
      switch child.keyword {
      case "optimized": monitor.mode = .optimized
      case "source-interface":
        monitor.sourceInterface = sourceInterface(child, in: path, of: &vpn)
      case "destination-ip":
        monitor.destinations = [host(child, in: path, &vpn.notes)].compactMap(\.self)
      case "verify-path":
        monitor.verifyPath = verifyPath(child, in: path + child.head, of: &vpn)
      default: break
      }
    }
    return monitor
  }

  /// Junos probes between endpoints. Where nobody said what is wanted, the file asks once. A VPN
  /// without a link has no addresses on it.
  mutating func askForProbeSource() {
    for index in model.vpns.indices where model.vpns[index].value.monitor != nil {
      let hasLink = model.vpns[index].value.bindInterface != nil
      let source = hasLink ? probeSource ?? .endpoint : .endpoint
      model.vpns[index].value.monitor?.probeSource = source
      if probeSource == nil, hasLink, !model.vpns[index].isLeftOut {
        model.asksForProbeSource = true
      }
    }
  }

  private mutating func verifyPath(
    _ node: JunosNode, in path: [String], of vpn: inout JunosImported<VPN>
  ) -> Monitor.VerifyPath {
    var verifyPath = Monitor.VerifyPath()
    for child in statements(of: node, in: path, &vpn.notes) {
      if child.keyword == "destination-ip" {
        verifyPath.destinations = [host(child, in: path, &vpn.notes)].compactMap(\.self)
      } else {
        let unit = "bytes of the whole ICMP message"
        verifyPath.packetSize =
          number(child, in: path, 64...1350, unit, &vpn.notes) ?? verifyPath.packetSize
      }
    }
    return verifyPath
  }

  private mutating func sourceInterface(
    _ leaf: JunosNode, in path: [String], of vpn: inout JunosImported<VPN>
  ) -> String? {
    let name = leaf.value ?? ""
    if let named = linkName(name) { return remember(named, name, in: &vpn) }
    if name == "lo0.0" { return remember("lo", name, in: &vpn) }
    if let unit = Self.unit(name) {
      return remember(linkName(unit) ?? Self.defaultLink(unit), unit, in: &vpn)
    }
    vpn.notes.append(
      findings.lose(
        leaf.head, in: path, line: leaf.line,
        "no such interface on Linux; expected: lo0.0, st0.N, or any with --link NAME=INTERFACE"))
    return nil
  }

  private func remember(
    _ name: String, _ junosName: String, in vpn: inout JunosImported<VPN>
  ) -> String {
    vpn.remarks["source-interface"] = junosName
    return name
  }
}
