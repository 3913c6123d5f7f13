/// What follows a keyword.
indirect enum JunosShape {
  /// Nothing.
  case flag
  /// A value; a later one takes its place.
  case leaf
  /// A value; later ones are added.
  case leaves
  /// Further statements.
  case container(JunosLevel)
  /// A name, and further statements.
  case list(JunosLevel)
  /// Words that are kept as they are.
  case opaque
  /// A name, and words that are kept as they are.
  case opaqueList
}

/// The statements of one level of the hierarchy.
struct JunosLevel {
  /// What becomes of statements that are not listed.
  enum Others {
    /// They are errors.
    case refused
    /// They are kept as they are: each is told what to do instead.
    case kept
    /// The same, if they name an st0 unit or a VPN; else they are none of the importer's business.
    case keptIfTheyNameTunnels
  }

  private let shapes: [String: JunosShape]
  let others: Others

  init(_ shapes: [String: JunosShape], others: Others = .refused) {
    self.shapes = shapes
    self.others = others
  }

  /// What follows a keyword here; nil: the keyword is not known.
  subscript(keyword: String) -> JunosShape? { shapes[keyword] ?? everywhere[keyword] }

  /// The known keywords.
  var keywords: [String] { shapes.keys.sorted() }

  /// Whether Junos takes a keyword at every level.
  static func isEverywhere(_ keyword: String) -> Bool { everywhere[keyword] != nil }

  /// Whether a statement that begins with these words may be one of those that are read.
  static func mayConcernTunnels(_ words: [String]) -> Bool {
    let words = fromTheTop(words)
    guard let first = words.first, containers.contains(first) else {
      return root.mayLead(to: words[...])
    }
    return root.mayLead(to: fromTheTop(Array(words.dropFirst(2)))[...])
  }

  private func mayLead(to words: ArraySlice<String>) -> Bool {
    guard let keyword = words.first else { return true }
    switch self[keyword] {
    case .container(let below): return below.mayLead(to: words.dropFirst())
    case .list(let below): return below.mayLead(to: words.dropFirst(2))
    case nil: return others != .keptIfTheyNameTunnels
    case .flag, .leaf, .leaves, .opaque, .opaqueList: return true
    }
  }

  /// Whether a word begins a statement at the top, or at a level from which parts are shown.
  static func beginsConfiguration(_ word: String) -> Bool {
    root[word] != nil || fromTheTop([word]).count > 1
  }

  /// A statement's words from the top of the hierarchy, with units of st0 in full: what `show
  /// configuration security` prints begins below it, and `interfaces st0.1` is `interfaces st0 unit
  /// 1`.
  static func fromTheTop(_ words: [String]) -> [String] {
    guard let first = words.first else { return words }
    var words = words
    if containers.contains(first) {
      return Array(words.prefix(2)) + fromTheTop(Array(words.dropFirst(2)))
    }
    if securityParts.contains(first) { words.insert("security", at: 0) }
    if first == "static" { words.insert("routing-options", at: 0) }
    if namesUnit(first) { words.insert("interfaces", at: 0) }
    guard words.count > 1, words[0] == "interfaces", words[1] != "st0",
      let unit = JunosTranslator.unit(words[1])
    else { return words }
    return ["interfaces", "st0", "unit", String(unit.dropFirst(4))] + words.dropFirst(2)
  }
}

/// Whether a word is st0 or a unit of it.
func namesUnit(_ word: String) -> Bool { JunosTranslator.unit(word) != nil }

/// Whether a word can only be about tunnels: a unit of st0, or what comes before a VPN's name.
func namesTunnel(_ word: String) -> Bool { namesUnit(word) || word == "ipsec-vpn" }

/// Whole configurations inside this one, each with a name.
private let containers: Set = ["groups", "logical-systems", "tenants"]

private let securityParts: Set = ["ike", "ipsec", "zones", "flow", "policies"]

/// Statements that Junos takes at every level.
private let everywhere: [String: JunosShape] = [
  "apply-groups": .leaves, "apply-groups-except": .leaves, "apply-macro": .opaqueList,
]

// The names and ranges are those that Juniper documents for Junos 24.4 (docs/facts/junos.md).

extension JunosLevel {
  /// The whole configuration, as far as tunnels are concerned.
  static let root = JunosLevel(
    [
      "security": .container(security),
      "routing-options": .container(routingOptions),
      "interfaces": .container(
        JunosLevel(
          ["st0": .container(JunosLevel(["unit": .list(unit)], others: .kept))],
          others: .keptIfTheyNameTunnels)),
      "routing-instances": .list(
        JunosLevel(
          ["routing-options": .container(routingOptions)], others: .keptIfTheyNameTunnels)),
      "groups": .opaqueList,
      "logical-systems": .opaqueList,
      "tenants": .opaqueList,
    ], others: .keptIfTheyNameTunnels)

  private static let security = JunosLevel(
    ["ike": .container(ike), "ipsec": .container(ipsec)], others: .keptIfTheyNameTunnels)

  private static let ike = JunosLevel([
    "gateway": .list(gateway), "policy": .opaqueList, "proposal": .opaqueList,
    "respond-bad-spi": .leaf, "traceoptions": .opaque, "session": .opaque, "blocklists": .opaque,
  ])

  private static let gateway = JunosLevel([
    "address": .leaves,
    "dynamic": .opaque,
    "local-address": .leaf,
    "external-interface": .leaf,
    "ike-policy": .leaf,
    "version": .leaf,
    "dead-peer-detection": .container(
      JunosLevel([
        "always-send": .flag, "optimized": .flag, "probe-idle-tunnel": .flag, "interval": .leaf,
        "threshold": .leaf,
      ])),
    "local-identity": .opaque,
    "remote-identity": .opaque,
    "no-nat-traversal": .flag,
    "nat-keepalive": .leaf,
    "general-ikeid": .flag,
    "fragmentation": .opaque,
    "aaa": .opaque,
    "xauth": .opaque,
    "advpn": .opaque,
    "node-local": .flag,
    "tcp-encap-profile": .leaf,
    "distribution-profile": .leaf,
    "ppk-profile": .leaf,
    "description": .leaf,
  ])

  private static let ipsec = JunosLevel([
    "vpn-monitor-options": .container(JunosLevel(["interval": .leaf, "threshold": .leaf])),
    "vpn": .list(vpn), "policy": .opaqueList, "proposal": .opaqueList,
    "security-association": .opaqueList, "traceoptions": .opaque, "anti-replay-window-size": .leaf,
    "tunnel-mtu": .leaf, "df-bit": .leaf, "internal": .opaque, "distribution-profile": .opaqueList,
  ])

  private static let vpn = JunosLevel([
    "bind-interface": .leaf,
    "establish-tunnels": .leaf,
    "ike": .container(
      JunosLevel([
        "gateway": .leaf,
        "ipsec-policy": .leaf,
        "proxy-identity": .container(
          JunosLevel(["local": .leaf, "remote": .leaf, "service": .leaf])),
        "idle-time": .leaf, "install-interval": .leaf, "no-anti-replay": .flag,
        "anti-replay-window-size": .leaf,
      ])),
    "manual": .opaque,
    "vpn-monitor": .container(
      JunosLevel([
        "optimized": .flag,
        "source-interface": .leaf,
        "destination-ip": .leaf,
        "verify-path": .container(JunosLevel(["destination-ip": .leaf, "packet-size": .leaf])),
      ])),
    "traffic-selector": .list(
      JunosLevel([
        "local-ip": .leaves, "remote-ip": .leaves, "protocol": .leaf, "source-port": .leaf,
        "destination-port": .leaf, "metric": .leaf, "description": .leaf, "term": .list(term),
      ])),
    "df-bit": .leaf,
    "copy-outer-dscp": .flag,
    "multi-sa": .opaque,
    "udp-encapsulate": .opaque,
    "tunnel-mtu": .leaf,
    "passive-mode-tunneling": .flag,
    "match-direction": .leaf,
    "distribution-profile": .leaf,
    "ha-link-encryption": .flag,
    "description": .leaf,
  ])

  private static let term = JunosLevel([
    "local-ip": .leaves, "remote-ip": .leaves, "protocol": .leaf, "source-port": .leaf,
    "destination-port": .leaf,
  ])

  private static let routingOptions = JunosLevel(
    [
      "static": .container(statics),
      "rib": .list(
        JunosLevel(["static": .container(statics)], others: .keptIfTheyNameTunnels)),
    ], others: .keptIfTheyNameTunnels)

  private static let statics = JunosLevel(
    [
      "route": .list(
        JunosLevel(
          [
            "next-hop": .leaves, "qualified-next-hop": .opaqueList, "preference": .leaf,
            "metric": .leaf, "tag": .leaf, "community": .leaves, "as-path": .opaque,
            "discard": .flag, "reject": .flag, "receive": .flag, "next-table": .leaf,
            "active": .flag, "passive": .flag, "install": .flag, "no-install": .flag,
            "readvertise": .flag, "no-readvertise": .flag, "resolve": .flag, "no-resolve": .flag,
            "retain": .flag, "no-retain": .flag, "bfd-liveness-detection": .opaque,
          ], others: .kept))
    ], others: .keptIfTheyNameTunnels)

  private static let unit = JunosLevel(
    ["family": .list(JunosLevel(["address": .opaqueList, "mtu": .leaf], others: .kept))],
    others: .kept)
}
