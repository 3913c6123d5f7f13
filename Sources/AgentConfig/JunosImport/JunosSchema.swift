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
  private let shapes: [String: JunosShape]
  /// Whether other statements are none of the importer's business.
  let ignoresOthers: Bool

  init(_ shapes: [String: JunosShape], ignoresOthers: Bool = false) {
    self.shapes = shapes
    self.ignoresOthers = ignoresOthers
  }

  /// What follows a keyword here; nil: the keyword is not known.
  subscript(keyword: String) -> JunosShape? { shapes[keyword] ?? everywhere[keyword] }

  /// The known keywords.
  var keywords: [String] { shapes.keys.sorted() }

  /// Whether Junos takes a keyword at every level.
  static func isEverywhere(_ keyword: String) -> Bool { everywhere[keyword] != nil }
}

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
          ["st0": .container(JunosLevel(["unit": .list(unit)], ignoresOthers: true))],
          ignoresOthers: true)),
      "routing-instances": .list(
        JunosLevel(
          ["interface": .leaves, "routing-options": .container(routingOptions)],
          ignoresOthers: true)),
      "groups": .opaqueList,
      "logical-systems": .opaqueList,
      "tenants": .opaqueList,
      // `show configuration security` begins below `security`.
      "ike": .container(ike),
      "ipsec": .container(ipsec),
    ], ignoresOthers: true)

  private static let security = JunosLevel(
    ["ike": .container(ike), "ipsec": .container(ipsec)], ignoresOthers: true)

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
        "destination-port": .leaf, "metric": .leaf, "description": .leaf, "term": .opaqueList,
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

  private static let routingOptions = JunosLevel(
    [
      "static": .container(statics),
      "rib": .list(JunosLevel(["static": .container(statics)], ignoresOthers: true)),
    ], ignoresOthers: true)

  private static let statics = JunosLevel(
    [
      "route": .list(
        JunosLevel(
          [
            "next-hop": .leaves, "qualified-next-hop": .opaqueList, "preference": .leaf,
            "metric": .opaque, "tag": .opaque, "community": .leaves, "as-path": .opaque,
            "discard": .flag, "reject": .flag, "receive": .flag, "next-table": .leaf,
            "active": .flag, "passive": .flag, "install": .flag, "no-install": .flag,
            "readvertise": .flag, "no-readvertise": .flag, "resolve": .flag, "no-resolve": .flag,
            "retain": .flag, "no-retain": .flag, "bfd-liveness-detection": .opaque,
          ]))
    ],
    ignoresOthers: true)

  private static let unit = JunosLevel(
    [
      "family": .list(JunosLevel(["address": .opaqueList, "mtu": .leaf], ignoresOthers: true)),
      "multipoint": .flag,
    ], ignoresOthers: true)
}
