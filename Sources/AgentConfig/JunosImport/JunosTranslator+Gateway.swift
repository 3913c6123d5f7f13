import TunnelCore

extension JunosTranslator {
  /// `security ike gateway NAME`.
  mutating func gateway(_ node: JunosNode) -> JunosImported<Gateway> {
    let path = ["security", "ike"] + node.head
    let junosName = node.value ?? ""
    let name = freeName(for: junosName, notIn: model.gateways.map(\.value.name))
    var gateway = JunosImported(
      value: Gateway(name: name, addresses: []), junosName: junosName, path: path, line: node.line)
    for child in statements(of: node, in: path, &gateway.notes) {
      switch child.keyword {
      case "address": addAddress(child, to: &gateway)
      case "local-address":
        gateway.value.localAddress = host(child, in: path, &gateway.notes)
      case "dead-peer-detection": readDeadPeerDetection(child, of: &gateway)
      case "dynamic", "advpn":
        gateway.notes.append(
          findings.lose(child.words, in: path, line: child.line, unknownPeers[child.keyword] ?? ""))
      default:
        gateway.notes.append(note(child, hasLocal: node["local-address"] != nil))
      }
    }
    checkAddresses(&gateway, node)
    return gateway
  }

  private mutating func addAddress(_ leaf: JunosNode, to gateway: inout JunosImported<Gateway>) {
    if let text = leaf.value, !text.isEmpty, IPAddress(text) == nil {
      gateway.notes.append(
        findings.lose(
          leaf.head, in: gateway.path, line: leaf.line,
          "host names are not resolved; expected: an IPv4 or IPv6 address"))
      return
    }
    guard let address = host(leaf, in: gateway.path, &gateway.notes) else { return }
    if let owner = addressOwners[address] {
      gateway.notes.append(
        findings.lose(
          leaf.head, in: gateway.path, line: leaf.line,
          "gateway \(junosText([owner])) already has this address; use one gateway per address"))
      return
    }
    addressOwners[address] = gateway.junosName
    gateway.value.addresses.append(address)
  }

  private mutating func checkAddresses(_ gateway: inout JunosImported<Gateway>, _ node: JunosNode) {
    if gateway.value.addresses.isEmpty {
      gateway.isLeftOut = true
      if node["address"] == nil, node["dynamic"] == nil {
        gateway.notes.append(
          findings.lose(
            [], in: gateway.path, line: gateway.line, "no address; expected: address ADDRESS"))
      }
    }
    if let local = node["local-address"], let address = gateway.value.localAddress,
      let peer = gateway.value.addresses.first(where: { $0.family != address.family })
    {
      gateway.value.localAddress = nil
      gateway.notes.append(
        findings.lose(
          local.head, in: gateway.path, line: local.line,
          "the gateway has \(peer); expected: addresses of one family"))
    }
  }

  private mutating func readDeadPeerDetection(
    _ node: JunosNode, of gateway: inout JunosImported<Gateway>
  ) {
    let path = gateway.path + node.head
    var detection = gateway.value.deadPeerDetection ?? DeadPeerDetection()
    for child in statements(of: node, in: path, &gateway.notes) {
      switch child.keyword {
      case "interval":
        detection.interval =
          number(child, in: path, 2...60, "seconds", &gateway.notes) ?? detection.interval
      case "threshold":
        detection.threshold =
          number(child, in: path, 1...5, "lost probes", &gateway.notes) ?? detection.threshold
      case let mode: detection.mode = .init(rawValue: mode) ?? detection.mode
      }
    }
    gateway.value.deadPeerDetection = detection
  }

  /// What to do about a statement that is only for the IKE daemon.
  private func note(_ node: JunosNode, hasLocal: Bool) -> JunosNote {
    let value = node.value ?? ""
    let remedy =
      switch node.keyword {
      case "ike-policy": "swanctl.conf: proposals, local, remote; its key in secrets"
      case "external-interface":
        hasLocal
          ? "not needed beside local-address"
          : "swanctl.conf: local_addrs = address of that interface"
      case "version": "swanctl.conf: version = \(value == "v1-only" ? 1 : 2)"
      case "local-identity": "swanctl.conf: local.id"
      case "remote-identity": "swanctl.conf: remote.id"
      case "general-ikeid": "swanctl.conf: remote.id = %any"
      case "no-nat-traversal": "no counterpart: strongSwan encapsulates in UDP where it finds NAT"
      case "nat-keepalive": "strongswan.conf: charon.keep_alive = \(value)s"
      case "fragmentation": "swanctl.conf: fragmentation; strongswan.conf: charon.fragment_size"
      case "aaa", "xauth": "swanctl.conf: remote.auth; remote access is up to strongSwan alone"
      case "tcp-encap-profile": "no counterpart: strongSwan has no TCP encapsulation"
      case "ppk-profile": "swanctl.conf: ppk_id, ppk_required"
      case "description": "a comment"
      default: "only for Juniper's hardware"
      }
    return JunosNote(line: node.line, statement: junosText(node.words), remedy: remedy)
  }
}

private let unknownPeers = [
  "dynamic": "the peer's address is not known; expected: address ADDRESS",
  "advpn":
    "auto-discovered tunnels between peers are not supported; expected: gateways with an address",
]
