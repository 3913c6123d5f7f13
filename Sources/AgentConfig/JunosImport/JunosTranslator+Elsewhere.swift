import TunnelCore

// What stands outside of `security ike` and `security ipsec` and is about tunnels all the same: units
// of st0, and statements that name one, or a VPN. All of it is the operator's to set on Linux.
extension JunosTranslator {
  // MARK: - interfaces st0

  /// `interfaces st0 unit N family inet address ...`: also the key to routes whose next hop is the
  /// other end of the link.
  mutating func readLinks(_ root: JunosNode) {
    for unit in root["interfaces"]?["st0"]?.all("unit") ?? [] {
      let name = Self.unit("st0.\(unit.value ?? "")") ?? "st0.\(unit.value ?? "")"
      _ = linkName(name)  // A --link for it is of use.
      if unit.children.isEmpty {
        note(unit, at: ["interfaces", "st0"], of: name, "nothing to set")
      }
      for family in unit.all("family") {
        let path = ["interfaces", "st0"] + unit.head
        if family.children.isEmpty {
          note(family, at: path, of: name, "nothing to set: a link of Linux has every family")
        }
        for child in family.children where !child.isInactive {
          if child.isElsewhere {
            readTunnelHop(child)
          } else {
            readLinkValue(child, at: path + family.head, of: name)
          }
        }
      }
    }
  }

  private mutating func readLinkValue(_ node: JunosNode, at path: [String], of unit: String) {
    guard !JunosLevel.isEverywhere(node.keyword) else { return }
    let value = node.value ?? ""
    let link = linkName(ofUnit: unit)
    if node.keyword == "mtu" {
      note(node, at: path, of: unit, "ip link set \(link) mtu \(value)")
      return
    }
    if let prefix = prefix(value) {
      linkAddresses[unit, default: []].append(IPPrefix(prefix.address, length: prefix.length))
    }
    note(node, at: path, of: unit, "ip address add \(value) dev \(link)")
  }

  /// `next-hop-tunnel ADDRESS ipsec-vpn NAME`.
  private mutating func readTunnelHop(_ node: JunosNode) {
    let words = node.contents.first ?? []
    guard node.keyword == "next-hop-tunnel", words.count == 3, words[1] == "ipsec-vpn",
      let address = IPAddress(words[0])
    else { return }
    tunnelsByHop[address] = words[2]
  }

  private mutating func note(
    _ node: JunosNode, at path: [String], of unit: String, _ remedy: String
  ) {
    let statement = junosText(path + node.words)
    add(JunosNote(line: node.line, statement: statement, remedy: remedy), to: vpn(onUnit: unit))
  }

  /// The link of a unit here, whether or not a VPN is bound to it.
  func linkName(ofUnit unit: String) -> String {
    model.vpns.first { $0.junosLink == unit }?.value.bindInterface
      ?? links[unit] ?? Self.defaultLink(unit)
  }

  func vpn(onUnit unit: String) -> Int? { model.vpns.firstIndex { $0.junosLink == unit } }

  mutating func add(_ note: JunosNote, to vpn: Int?) {
    if let vpn { model.vpns[vpn].notes.append(note) } else { model.notes.append(note) }
  }

  // MARK: - Statements that name a unit or a VPN

  /// Notes what is kept as it is, and what is deactivated.
  mutating func readElsewhere(_ node: JunosNode, at path: [String] = []) {
    for child in node.children where !JunosLevel.isEverywhere(child.keyword) {
      let isSecurity = path == ["security"]
      if child.isInactive {
        // Those at the top and of `security` are noted where they are read.
        if !path.isEmpty, !isSecurity { noteInactive(child, at: path) }
      } else if child.isElsewhere {
        noteElsewhere(path + child.words, line: child.line)
      } else if !(isSecurity && ["ike", "ipsec"].contains(child.keyword)) {
        readElsewhere(child, at: path + child.head)
      }
    }
  }

  private mutating func noteInactive(_ node: JunosNode, at path: [String]) {
    var words = ["inactive:"] + path + node.head
    words += node.contents.flatMap(\.self) + node.children.flatMap(\.words)
    let isUnit = path.starts(with: ["interfaces", "st0"])
    let unit = isUnit ? Self.unit(of: path + node.head) : words.lazy.compactMap(unit(of:)).first
    guard isUnit || unit != nil || words.contains("ipsec-vpn") else { return }
    add(
      JunosNote(
        line: node.line, statement: junosText(words), remedy: "left out, as Junos does"),
      to: unit.flatMap(vpn(onUnit:)))
  }

  private mutating func noteElsewhere(_ words: [String], line: Int) {
    let unit = Self.unit(of: words)
    let named = words.firstIndex(of: "ipsec-vpn").map { words.dropFirst($0 + 1).first ?? "" }
    let byName = named.flatMap { name in model.vpns.firstIndex { $0.junosName == name } }
    let remedy =
      words.contains("inactive:")
      ? "left out, as Junos does" : remedy(words, unit: unit, vpn: byName)
    add(
      JunosNote(line: line, statement: junosText(words), remedy: remedy),
      to: unit.flatMap(vpn(onUnit:)) ?? byName)
  }

  /// The unit of st0 that a statement is of, or names first.
  private static func unit(of words: [String]) -> String? {
    if words.starts(with: ["interfaces", "st0"]) {
      return words.count > 3 && words[2] == "unit" ? Self.unit("st0.\(words[3])") : nil
    }
    if let place = words.firstIndex(of: "st0"), words.count > place + 2, words[place + 1] == "unit"
    {
      return Self.unit("st0.\(words[place + 2])")
    }
    return words.lazy.compactMap { Self.unit($0) }.first
  }

  private func remedy(_ words: [String], unit: String?, vpn: Int?) -> String {
    let link = unit.map { linkName(ofUnit: $0) } ?? "the links"
    switch words.prefix(2) {
    case ["interfaces", "st0"]: return remedy(ofUnit: Array(words.dropFirst(4)), link, vpn)
    case ["security", "zones"]:
      let zone = words.dropFirst(3).first ?? ""
      if let place = words.firstIndex(of: "host-inbound-traffic") {
        let what = junosText(Array(words[(place + 1)...].suffix(1)))
        return "nftables, chain input: iifname \"\(link)\", accept \(what)"
      }
      return "nftables: iifname and oifname \"\(link)\" where the rules of zone \(zone) are"
    case ["security", "flow"]:
      let names = Set(model.vpns.compactMap(\.value.bindInterface)).sorted().map(quoted)
      return "nftables, chain forward: oifname { \(names.joined(separator: ", ")) } tcp flags syn "
        + "tcp option maxseg size set \(words.last ?? ""); the same with iifname"
    case ["security", "policies"]:
      return "swanctl.conf, child: local_ts and remote_ts = the policy's addresses; nftables: what "
        + "may pass"
    default: break
    }
    if words.first == "routing-instances", words.count > 3, words[2] == "interface" {
      let name = Self.vrf(words[1])
      return "a VRF:\nip link add \(name) type vrf table N\nip link set \(link) master \(name)"
    }
    if words.first == "services", words.contains("ipsec-vpn") {
      return "only VPNs of 'security ike' and 'security ipsec' are read"
    }
    if words.contains("protocols") { return "the routing daemon's (FRR, BIRD), by \(link)" }
    return unit == nil ? "not imported" : "not imported; \(unit ?? "") is \(link) here"
  }

  /// A statement of a unit that is not an address or an MTU.
  private func remedy(ofUnit words: [String], _ link: String, _ vpn: Int?) -> String {
    let own = vpn.flatMap { model.vpns[$0].value.bindInterface } ?? link
    switch words.first {
    case "multipoint":
      return "use one link per peer on Linux: import with --link VPN=NAME for each VPN"
    case "description": return "ip link set \(link) alias \(quoted(words.dropFirst().first ?? ""))"
    case "disable": return "ip link set \(link) down"
    case "bandwidth": return "of use to routing protocols only: set it in the routing daemon"
    case "family" where words.count > 2 && words[2] == "next-hop-tunnel":
      guard let address = words.dropFirst(3).first.flatMap({ IPAddress($0) }) else { break }
      return "on the VPN's own link: ip route add \(IPPrefix(host: address)) dev \(own)"
    case "family" where words.count > 2 && ["filter", "rpf-check"].contains(words[2]):
      return "nftables: rules by iifname and oifname \"\(link)\""
    default: break
    }
    return "no counterpart; if it is needed, set it on \(link) by hand"
  }

  /// The name of the VRF that stands for a routing instance.
  static func vrf(_ instance: String) -> String {
    let characters = instance.unicodeScalars.prefix(15).map { scalar -> Character in
      switch scalar {
      case "A"..."Z", "a"..."z", "0"..."9", ".", "_", "-": Character(scalar)
      default: "-"
      }
    }
    return characters.isEmpty ? "VRF" : String(characters)
  }
}
