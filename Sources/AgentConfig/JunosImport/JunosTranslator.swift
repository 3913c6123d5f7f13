import TunnelCore

/// Turns statements into the model. What it makes is only worth writing as it is when nothing was
/// lost; else what was lost is missing in it, and noted.
struct JunosTranslator {
  var findings: JunosFindings
  var model = JunosModel()
  /// Names of interfaces by what Junos calls them, or by the VPN they are for.
  let links: [String: String]
  /// Which of `links` came of use.
  var usedLinks: Set<String> = []
  /// Addresses of gateways, and whose they are.
  var addressOwners: [IPAddress: String] = [:]
  /// Addresses of st0 units, by `st0.N`.
  var linkAddresses: [String: [IPPrefix]] = [:]
  /// Routing instances of st0 units, by `st0.N`.
  var unitInstances: [String: String] = [:]
  /// VPNs behind addresses on a unit of several, by `next-hop-tunnel`.
  var tunnelsByHop: [IPAddress: String] = [:]
  /// Where probes go; nil: nobody said, so as Junos does.
  let probeSource: Monitor.ProbeSource?

  init(fileName: String, links: [String: String], probeSource: Monitor.ProbeSource?) {
    findings = JunosFindings(fileName: fileName)
    self.links = links
    self.probeSource = probeSource
  }

  /// Reads the whole configuration into `model`.
  mutating func translate(_ root: JunosNode, unfollowed: [JunosCommand]) {
    checkUnfollowed(unfollowed)
    checkGroups(in: root)
    readInstances(root)
    for node in statements(of: root, in: []) {
      switch node.keyword {
      case "security":
        for node in statements(of: node, in: ["security"]) where !node.isElsewhere {
          readSecurity(node)
        }
      default: break
      }
    }
    resolveGateways()
    checkSharedLinks()
    askForProbeSource()
    readLinks(root)
    readRoutes(root)
    readElsewhere(root)
    leaveOutUnused()
  }

  /// The statements below one that count; notes those that do not, in the model unless elsewhere.
  ///
  /// - Parameter path: Where these statements stand.
  mutating func statements(of node: JunosNode, in path: [String]) -> [JunosNode] {
    var notes: [JunosNote] = []
    defer { model.notes += notes }
    return statements(of: node, in: path, &notes)
  }

  /// The same, with the notes going elsewhere.
  mutating func statements(
    of node: JunosNode, in path: [String], _ notes: inout [JunosNote]
  ) -> [JunosNode] {
    var known: [JunosNode] = []
    for child in node.children where !JunosLevel.isEverywhere(child.keyword) {
      if child.isInactive {
        notes.append(
          JunosNote(
            line: child.line, statement: junosText(["inactive:"] + child.words),
            remedy: "left out, as Junos does"))
      } else if let allowed = child.allowed {
        let nearest = nearestName(to: child.keyword, among: allowed).map {
          " (did you mean \($0)?)"
        }
        notes.append(
          findings.lose(
            child.words, in: path, line: child.line,
            "unknown statement\(nearest ?? ""); expected: \(allowed.joined(separator: ", "))"))
      } else {
        known.append(child)
      }
    }
    return known
  }

  // MARK: - security ike, security ipsec

  private mutating func readSecurity(_ node: JunosNode) {
    let path = ["security", node.keyword]
    for node in statements(of: node, in: path) {
      switch node.keyword {
      case "gateway": model.gateways.append(gateway(node))
      case "vpn": model.vpns.append(vpn(node))
      case "vpn-monitor-options": readMonitorOptions(node)
      case "respond-bad-spi": readRespondBadSPI(node, in: path)
      default:
        let remedy =
          node.keyword == "df-bit"
          ? Self.fragmentation(node.value ?? "", of: "every child")
          : remedies[path[1] + " " + node.keyword] ?? "no counterpart"
        model.notes.append(
          JunosNote(line: node.line, statement: junosText(path + node.words), remedy: remedy))
      }
    }
  }

  /// With or without a number.
  private mutating func readRespondBadSPI(_ node: JunosNode, in path: [String]) {
    var settings = RespondBadSPI()
    var notes: [JunosNote] = []
    if node.value != nil {
      let count = number(node, in: path, 1...30, "responses", &notes)
      settings.maxResponses = count ?? settings.maxResponses
    }
    model.notes += notes
    model.respondBadSPI = settings
  }

  private mutating func readMonitorOptions(_ options: JunosNode) {
    let path = ["security", "ipsec", "vpn-monitor-options"]
    var notes: [JunosNote] = []
    for node in statements(of: options, in: path, &notes) {
      if node.keyword == "interval" {
        let value = number(node, in: path, 2...3600, "seconds", &notes)
        model.defaults.interval = value.map { .seconds($0) } ?? model.defaults.interval
      } else {
        let value = number(node, in: path, 1...65536, "consecutive lost probes", &notes)
        model.defaults.threshold = value ?? model.defaults.threshold
      }
    }
    model.notes += notes
  }

  /// Gateways without a VPN would only be warned of.
  private mutating func leaveOutUnused() {
    let used = Set(model.vpns.map(\.value.gateway))
    for index in model.gateways.indices where !used.contains(model.gateways[index].value.name) {
      let line = model.gateways[index].line
      model.gateways[index].isLeftOut = true
      model.gateways[index].notes.append(
        JunosNote(
          line: line, statement: "gateway \(junosText([model.gateways[index].junosName]))",
          remedy: "no VPN uses it"))
    }
  }
}

/// What to do about statements of `security ike` and `security ipsec` that are only for the IKE
/// daemon.
private let remedies = [
  "ike policy": "swanctl.conf: proposals, local, remote and secrets of the connections that use it",
  "ike proposal": "swanctl.conf: proposals of the connections that use it",
  "ike traceoptions": "strongswan.conf: charon.filelog; or swanctl --log",
  "ike session": "strongswan.conf: charon.half_open_timeout, cookie_threshold, block_threshold",
  "ike blocklists": "no counterpart in strongSwan: drop such peers with nftables",
  "ipsec policy": "swanctl.conf: esp_proposals of the children that use it",
  "ipsec proposal": "swanctl.conf: esp_proposals of the children that use it",
  "ipsec security-association": "for routing protocols' own packets, not for tunnels",
  "ipsec traceoptions": "strongswan.conf: charon.filelog; or swanctl --log",
  "ipsec anti-replay-window-size": "swanctl.conf, every child: replay_window",
  "ipsec tunnel-mtu": "ip link set LINK mtu N, on every link",
  "ipsec internal": "for traffic between Junos' own modules, not for tunnels",
  "ipsec distribution-profile": "only for Juniper's hardware",
]
