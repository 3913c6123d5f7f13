import TunnelCore

/// Writes a skeleton of the agent's configuration from what a running strongSwan has: a gateway for
/// each peer, a VPN for each link or policy-based connection, comments where something has no key
/// or must be decided.
///
/// - Throws: what is not valid in it: a mistake of ours.
public func importSwanctl(_ model: SwanctlModel) throws(ConfigurationError) -> String {
  let toml = SwanctlWriter.write(model)
  _ = try parseConfiguration(toml, fileName: "what was imported")
  return toml
}

/// Turns one model into text.
struct SwanctlWriter {
  private let model: SwanctlModel
  private(set) var text = ""
  private var usedNames: Set<String> = []
  /// Names of links that a VPN has, and of its gateway.
  private var usedLinks: Set<String> = []

  private init(_ model: SwanctlModel) { self.model = model }

  static func write(_ model: SwanctlModel) -> String {
    var writer = SwanctlWriter(model)
    writer.comment("From strongSwan \(model.version) by `vpnagent import swanctl`: a skeleton.")
    writer.comment("Lines that begin with #! need a decision.")
    if model.socket != Configuration.observing.viciSocket {
      writer.text += "\nvici-socket = \(quoted(model.socket))\n"
    }
    for peer in SwanctlPeer.all(model.connections) { writer.peer(peer) }
    for connection in model.connections where SwanctlPeer.addresses(of: connection).isEmpty {
      writer.anybody(connection)
    }
    return writer.text
  }

  // MARK: Gateways

  private mutating func peer(_ peer: SwanctlPeer) {
    let name = unused(peer.connections[0].name, as: "gateway")
    let addresses = peer.addresses.map { quoted($0.description) }
    var lines = ["[gateway.\(writtenKey(name))]"]
    lines.append(
      addresses.count == 1
        ? "address = \(addresses[0])" : "address = [\(addresses.joined(separator: ", "))]")
    let families = Set(peer.addresses.map(\.family))
    if let local = peer.local, families == [local.family] {
      lines.append("local-address = \(quoted(local.description))")
    }
    if peer.connections.count == 1 {
      lines.append("ike-connection = \(quoted(peer.connections[0].name))")
    } else {
      let names = peer.connections.map(\.name).joined(separator: ", ")
      lines.append("#! connections to this peer: \(plain(names)); ike-child tells them apart")
    }
    lines += deadPeer(peer.connections.map(\.dpdDelay).filter { $0 > 0 }.min())
    section(lines)
    for item in peer.left { comment("\(item): no address, left out") }
    for connection in peer.connections { vpns(of: connection, gateway: name) }
  }

  private func deadPeer(_ delay: UInt32?) -> [String] {
    guard let delay else { return ["# dead-peer-detection = true   # dpd_delay is 0"] }
    let interval = min(max(delay, 2), 60)
    let remark = interval == delay ? "" : "   # dpd_delay = \(delay)"
    return [
      "dead-peer-detection = { mode = \"probe-idle-tunnel\", interval = \(interval) }\(remark)"
    ]
  }

  // MARK: VPNs

  private mutating func vpns(of connection: SwanctlModel.Connection, gateway: String) {
    let tunnels = connection.children.filter { $0.mode == "TUNNEL" }
    for child in connection.children where child.mode != "TUNNEL" {
      comment("child \(child.name) is \(child.mode): not monitored")
    }
    var groups: [(link: Link?, children: [SwanctlModel.Child])] = []
    for child in tunnels {
      let link = link(of: child, connection)
      if let place = groups.firstIndex(where: { $0.link?.name == link?.name }) {
        groups[place].children.append(child)
      } else {
        groups.append((link, [child]))
      }
    }
    for group in groups {
      let base =
        groups.count == 1
        ? connection.name : "\(connection.name)-\(group.link?.name ?? group.children[0].name)"
      vpn(base, gateway, connection, group.link, group.children)
    }
  }

  private mutating func vpn(
    _ base: String, _ gateway: String, _ connection: SwanctlModel.Connection, _ link: Link?,
    _ children: [SwanctlModel.Child]
  ) {
    let name = unused(base, as: "vpn")
    var lines = ["[vpn.\(writtenKey(name))]", "gateway = \(quoted(gateway))"]
    if let link, usedLinks.insert(link.name).inserted {
      lines.append("bind-interface = \(quoted(link.name))")
    } else if let link {
      lines.append("#! \(link.name) is already used by another VPN")
    } else {
      lines += missingLink(children)
    }
    if children.count == 1 {
      lines.append("ike-child = \(quoted(children[0].name))")
    } else {
      let names = children.map(\.name).joined(separator: ", ")
      lines.append("# children: \(plain(names)); each is a separate SA set")
    }
    lines += establish(connection, children)
    lines += monitor(link, children)
    section(lines)
    for child in children where ["start", "restart", "trap", "hold"].contains(child.closeAction) {
      comment(
        "close_action = \(child.closeAction) of \(child.name): both ends may negotiate after a "
          + "clear; none is better")
    }
  }

  private func missingLink(_ children: [SwanctlModel.Child]) -> [String] {
    let ties = children.compactMap { child in
      child.ifID.map { "if_id \($0), and no XFRM interface has it" }
        ?? child.mark.map { "mark \($0), and no VTI has this key" }
    }
    return ties.prefix(1).map { "#! bind-interface: its SAs have \($0)" }
  }

  private func establish(
    _ connection: SwanctlModel.Connection, _ children: [SwanctlModel.Child]
  ) -> [String] {
    let actions = Set(children.map(\.startAction))
    let said = children.compactMap(\.startAction).first
    if actions.contains("start") || actions.contains("trap|start") {
      return ["establish-tunnels = \"immediately\"   # start_action = start"]
    }
    if actions.contains("trap") {
      return ["establish-tunnels = \"on-traffic\"   # start_action = trap"]
    }
    if connection.isInitiator {
      return ["establish-tunnels = \"immediately\"   #! this end initiated the current IKE SA"]
    }
    return [
      said == nil
        ? "establish-tunnels = \"on-traffic\"   #! start_action is not known"
        : "establish-tunnels = \"responder-only\"   #! start_action = none: or immediately"
    ]
  }

  private func monitor(_ link: Link?, _ children: [SwanctlModel.Child]) -> [String] {
    guard let link else {
      let far = children.flatMap(\.remote).first ?? "the peer's net"
      return [
        "#! without a link probes need addresses inside the selectors, here one in \(plain(far)):",
        "# vpn-monitor = { source-interface = \"lan\", destination-ip = \"...\", "
          + "verify-path = { destination-ip = \"...\" } }",
      ]
    }
    let ends = model.addresses.filter {
      $0.linkIndex == link.index && !$0.address.isLinkLocal && $0.otherEnd != nil
    }
    if let end = ends.first, let other = end.otherEnd {
      return ["vpn-monitor = { verify-path = true }   # probes go from \(end.address) to \(other)"]
    }
    return [
      "#! \(link.name) has no address that identifies the other end: set where probes go",
      "# vpn-monitor = { destination-ip = \"...\", verify-path = { destination-ip = \"...\" } }",
    ]
  }

  /// Peers without an address of their own.
  private mutating func anybody(_ connection: SwanctlModel.Connection) {
    let remote = plain(connection.remote.joined(separator: ", "))
    text += "\n"
    comment("connection \(connection.name): remote_addrs = \(remote.isEmpty ? "%any" : remote)")
    if let now = connection.currentRemote {
      comment("its peer is \(now) now; write a [gateway] with this address if it never changes")
    }
    let links = connection.children.compactMap { link(of: $0, connection) }
    for link in links where usedLinks.insert(link.name).inserted {
      let name = unused(link.name, as: "template")
      section([
        "[template.\(writtenKey(name))]",
        "match.interface = \(quoted(link.name))",
        "establish-tunnels = \"responder-only\"",
        "vpn-monitor = { verify-path = true }",
      ])
    }
    if links.isEmpty { comment("it has no link of its own: use a [template] with match.peer") }
  }

  // MARK: Links

  /// The link of a child's SAs: by if_id or mark, else the only VTI to its peer.
  private func link(
    of child: SwanctlModel.Child, _ connection: SwanctlModel.Connection
  ) -> Link? {
    if let ifID = child.ifID {
      return model.links.first { $0.kind == .xfrm(ifID: ifID) && !$0.isOwn }
    }
    let peers =
      SwanctlPeer.addresses(of: connection) + [connection.currentRemote].compactMap(\.self)
    let vtis = model.links.filter { link in
      guard case .vti(_, let remote, _, let key) = link.kind,
        link.name != "ip_vti0", link.name != "ip6_vti0"
      else { return false }
      return (remote.isUnspecified || peers.contains(remote)) && (child.mark ?? key) == key
    }
    if child.mark != nil { return vtis.first }
    let bound = vtis.filter { link in
      if case .vti(_, let remote, _, _) = link.kind { !remote.isUnspecified } else { false }
    }
    return bound.count == 1 ? bound[0] : nil
  }

  // MARK: Text

  private mutating func section(_ lines: [String]) {
    text += "\n" + lines.map { $0 + "\n" }.joined()
  }

  private mutating func comment(_ words: String) { text += "# \(plain(words))\n" }

  /// Our own reader refuses U+0000 in escaped form wherever it stands, hence no backslashes.
  private func plain(_ text: String) -> String { printable(text).filter { $0 != "\\" } }

  /// A name as the agent takes them, which nothing has yet.
  private mutating func unused(_ name: String, as kind: String) -> String {
    var plain = String(
      name.unicodeScalars.prefix(48).map { scalar -> Character in
        switch scalar {
        case "A"..."Z", "a"..."z", "0"..."9", ".", "_", "-": Character(scalar)
        default: "_"
        }
      })
    if plain.isEmpty { plain = "unnamed" }
    let base = plain
    var number = 2
    while !usedNames.insert("\(kind) \(plain)").inserted {
      plain = "\(base)-\(number)"
      number += 1
    }
    return plain
  }
}

/// Connections whose peers share an address, which is one gateway.
struct SwanctlPeer {
  var addresses: [IPAddress]
  var connections: [SwanctlModel.Connection]

  /// Our address towards it, where all connections have the same one.
  var local: IPAddress? {
    let all = Set(connections.map(\.local))
    guard all.count == 1, let texts = all.first, texts.count == 1 else { return nil }
    return IPAddress(texts[0]).flatMap { $0.isUnspecified ? nil : $0 }
  }

  /// Names and ranges among the peer's addresses.
  var left: [String] {
    connections.flatMap { connection in
      connection.remote.filter { IPAddress($0) == nil }.map { "\(connection.name): \($0)" }
    }
  }

  static func addresses(of connection: SwanctlModel.Connection) -> [IPAddress] {
    var seen: Set<IPAddress> = []
    return connection.remote.compactMap { IPAddress($0) }.filter {
      !$0.isUnspecified && !isGroup($0) && seen.insert($0).inserted
    }
  }

  /// In the order of the first connection of each.
  static func all(_ connections: [SwanctlModel.Connection]) -> [SwanctlPeer] {
    var peers: [SwanctlPeer] = []
    for connection in connections {
      let addresses = addresses(of: connection)
      guard !addresses.isEmpty else { continue }
      let known = peers.indices.filter { !Set(peers[$0].addresses).isDisjoint(with: addresses) }
      guard let first = known.first else {
        peers.append(SwanctlPeer(addresses: addresses, connections: [connection]))
        continue
      }
      // One that has addresses of two peers makes them one.
      for other in known.dropFirst().reversed() {
        let gone = peers.remove(at: other)
        peers[first].addresses += gone.addresses
        peers[first].connections += gone.connections
      }
      peers[first].addresses += addresses.filter { !peers[first].addresses.contains($0) }
      peers[first].connections.append(connection)
    }
    return peers
  }
}
