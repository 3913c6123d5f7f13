import TunnelCore

extension JunosTranslator {
  /// `security ipsec vpn NAME`.
  mutating func vpn(_ node: JunosNode) -> JunosImported<VPN> {
    let path = ["security", "ipsec"] + node.head
    let junosName = node.value ?? ""
    let name = freeName(for: junosName, notIn: model.vpns.map(\.value.name))
    var vpn = JunosImported(
      value: VPN(name: name, gateway: ""), junosName: junosName, path: path, line: node.line)
    let parts = statements(of: node, in: path, &vpn.notes)
    // Remedies of other statements name the link.
    if let leaf = parts.last(where: { $0.keyword == "bind-interface" }) { bind(leaf, to: &vpn) }
    for child in parts where child.keyword != "bind-interface" {
      switch child.keyword {
      case "establish-tunnels": readEstablishTunnels(child, of: &vpn)
      case "ike": readNegotiation(child, of: &vpn)
      case "vpn-monitor": vpn.value.monitor = monitor(child, of: &vpn)
      case "traffic-selector": readSelector(child, of: &vpn)
      case "manual":
        vpn.notes.append(
          findings.lose(
            child.words, in: path, line: child.line,
            "manual keys are not supported, nothing would renew cleared SAs; expected: ike"))
      default: vpn.notes.append(note(child, of: vpn))
      }
    }
    checkGateway(&vpn, node)
    return vpn
  }

  // MARK: - The gateway

  /// `ike { ... }` of a VPN.
  private mutating func readNegotiation(_ node: JunosNode, of vpn: inout JunosImported<VPN>) {
    let path = vpn.path + node.head
    for child in statements(of: node, in: path, &vpn.notes) {
      guard child.keyword != "gateway" else { continue }
      var note = note(child, of: vpn)
      note.statement = "ike " + note.statement
      vpn.notes.append(note)
    }
  }

  /// Finds the gateway. They all stand in `security ike`, which may come after `security ipsec`,
  /// so the name is Junos' until `resolveGateways`.
  private mutating func checkGateway(_ vpn: inout JunosImported<VPN>, _ node: JunosNode) {
    let gateway = node["ike"]?["gateway"]
    vpn.value.gateway = gateway?.value ?? ""
    vpn.lines["gateway"] = gateway?.line
    guard vpn.value.gateway.isEmpty else { return }
    vpn.isLeftOut = true
    if node["manual"] == nil {
      vpn.notes.append(
        findings.lose([], in: vpn.path, line: vpn.line, "no gateway; expected: ike gateway NAME"))
    }
  }

  /// Turns Junos' names of gateways into ours.
  mutating func resolveGateways() {
    for index in model.vpns.indices where !model.vpns[index].value.gateway.isEmpty {
      let vpn = model.vpns[index]
      let name = vpn.value.gateway
      let gateway = model.gateways.first { $0.junosName == name }
      model.vpns[index].value.gateway = gateway?.value.name ?? name
      guard gateway?.isLeftOut != false else { continue }
      model.vpns[index].isLeftOut = true
      let words = ["ike", "gateway", name]
      let line = vpn.lines["gateway"] ?? vpn.line
      if gateway == nil {
        let names = junosText(model.gateways.map(\.junosName).sorted())
        model.vpns[index].notes.append(
          findings.lose(
            words, in: vpn.path, line: line,
            "no such gateway; \(names.isEmpty ? "none is defined" : "expected: \(names)")"))
      } else {
        model.vpns[index].notes.append(
          JunosNote(line: line, statement: junosText(words), remedy: "left out, as its gateway is"))
      }
    }
  }

  // MARK: - The link

  private mutating func bind(_ leaf: JunosNode, to vpn: inout JunosImported<VPN>) {
    guard let unit = leaf.value.flatMap(Self.unit) else {
      vpn.isLeftOut = true
      vpn.notes.append(
        findings.lose(
          leaf.head, in: vpn.path, line: leaf.line, "not a tunnel interface; expected: st0.N"))
      return
    }
    vpn.junosLink = unit
    vpn.lines["bind-interface"] = leaf.line
    vpn.remarks["bind-interface"] = unit
    if let name = linkName(vpn.junosName) ?? linkName(unit) {
      vpn.value.bindInterface = name
      return
    }
    let name = Self.defaultLink(unit)
    vpn.value.bindInterface = name
    vpn.notes.append(
      JunosNote(
        line: leaf.line, statement: junosText(leaf.head),
        remedy: "call the VTI or XFRM interface \(name), or import with --link \(unit)=NAME"))
  }

  /// `st0.N` of what names a unit of st0; nil: it does not.
  static func unit(_ name: String) -> String? {
    if name == "st0" { return "st0.0" }
    guard name.hasPrefix("st0."), let unit = junosNumber(String(name.dropFirst(4)), in: 0...65535)
    else { return nil }
    return "st0.\(unit)"
  }

  /// The name of a link that nobody named. A dot would be in the way of sysctl.
  static func defaultLink(_ unit: String) -> String {
    String(unit.map { $0 == "." ? "-" : $0 })
  }

  /// What `--link` says, marked as used.
  mutating func linkName(_ junosName: String) -> String? {
    guard let name = links[junosName] else { return nil }
    usedLinks.insert(junosName)
    return name
  }

  /// A link of several gateways cannot be held for one of them alone: Junos keeps such an st0 unit
  /// up while any VPN on it is.
  mutating func checkSharedLinks() {
    let kept = model.vpns.indices.filter { !model.vpns[$0].isLeftOut }
    let byLink = Dictionary(grouping: kept) { model.vpns[$0].value.bindInterface }
    for index in kept {
      guard let link = model.vpns[index].value.bindInterface, let sharing = byLink[link],
        Set(sharing.map { model.vpns[$0].value.gateway }).count > 1
      else { continue }
      let vpn = model.vpns[index]
      let others = sharing.filter { $0 != index }.map { model.vpns[$0].junosName }
      model.vpns[index].value.linkControl = .none
      model.vpns[index].notes.append(
        findings.lose(
          ["bind-interface", vpn.junosLink ?? link], in: vpn.path,
          line: vpn.lines["bind-interface"] ?? vpn.line,
          "also the link of \(junosText(others)), which has another gateway; use one link per "
            + "gateway (--link \(junosText([vpn.junosName]))=NAME)",
          instead: "link-control = \"none\""))
    }
  }

  // MARK: - The rest

  private mutating func readEstablishTunnels(
    _ leaf: JunosNode, of vpn: inout JunosImported<VPN>
  ) {
    let noRekey = "responder-only-no-rekey"
    guard
      let value: VPN.EstablishTunnels = choice(
        leaf, in: vpn.path, others: [noRekey: .responderOnly], &vpn.notes)
    else { return }
    vpn.value.establishTunnels = value
    let setting =
      switch value {
      case .immediately: "start_action = start"
      case .onTraffic: "start_action = trap"
      case .responderOnly: leaf.value == noRekey ? "rekey_time = 0" : "no start_action"
      }
    vpn.notes.append(
      JunosNote(
        line: leaf.line, statement: junosText(leaf.head),
        remedy: "and swanctl.conf, child: \(setting)"))
  }

  /// What becomes of `df-bit`. The kernel copies DF or clears it, and cannot set it.
  static func fragmentation(_ value: String, of children: String) -> String {
    switch value {
    case "clear": "swanctl.conf, \(children): copy_df = no"
    case "copy": "swanctl.conf, \(children): copy_df = yes"
    default:
      "no counterpart: Linux copies DF from the packet inside (leave copy_df = yes, the default); "
        + "set the MTU of the link so that ESP needs no fragments"
    }
  }

  /// What to do about a statement that is only for the IKE daemon or the kernel.
  private func note(_ node: JunosNode, of vpn: JunosImported<VPN>) -> JunosNote {
    let value = node.value ?? ""
    let link = vpn.value.bindInterface ?? "LINK"
    let remedy =
      switch node.keyword {
      case "ipsec-policy": "swanctl.conf, child: esp_proposals"
      case "proxy-identity": "swanctl.conf, child: \(selectors(node))"
      case "idle-time": "swanctl.conf, child: inactivity = \(value)s"
      case "install-interval": "not needed: strongSwan installs SAs at once"
      case "no-anti-replay": "swanctl.conf, child: replay_window = 0"
      case "anti-replay-window-size": "swanctl.conf, child: replay_window = \(value)"
      case "df-bit": Self.fragmentation(value, of: "child")
      case "copy-outer-dscp": "swanctl.conf, child: copy_dscp = yes"
      case "udp-encapsulate": "swanctl.conf: encap = yes"
      case "tunnel-mtu": "ip link set \(link) mtu \(value)"
      case "passive-mode-tunneling": "no counterpart: the kernel routes what enters a link"
      case "multi-sa": "no counterpart: strongSwan creates one pair of SAs per child"
      case "description": "a comment"
      default: "only for Juniper's hardware"
      }
    return JunosNote(line: node.line, statement: junosText(node.words), remedy: remedy)
  }

  private func selectors(_ identity: JunosNode) -> String {
    let local = identity["local"]?.value ?? "dynamic"
    let remote = identity["remote"]?.value ?? "dynamic"
    return "local_ts = \(local), remote_ts = \(remote)"
  }
}
