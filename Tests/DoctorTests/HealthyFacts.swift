import TunnelCore

@testable import Doctor

/// A gateway in which nothing is wrong: to-b on vti0 by mark, to-c on xfrm0 by if_id, both
/// monitored; strongSwan, networkd, a firewall.
enum HealthyFacts {
  static let own = IPAddress(198, 51, 100, 1)
  static let peerB = IPAddress(203, 0, 113, 1)
  static let peerC = IPAddress(203, 0, 113, 9)
  static let wan = Link(index: 2, name: "wan", kind: .other("veth"), mtu: 1500)
  static let vti = Link(
    index: 5, name: "vti0",
    kind: .vti(local: own, remote: peerB, inputKey: 42, outputKey: 42), mtu: 1400)
  static let xfrm = Link(index: 6, name: "xfrm0", kind: .xfrm(ifID: 7), mtu: 1400)

  static let strongSwanConf = "charon {\n  install_routes = no\n  include strongswan.d/*.conf\n}\n"

  static var facts: DoctorFacts {
    var facts = DoctorFacts()
    facts.configuration = configuration
    facts.configPath = "/etc/vpnagent/vpnagent.toml"
    facts.kernelRelease = "6.1.0"
    for name in ["esp4", "esp6", "ip_vti", "ip6_vti", "xfrm_interface", "xfrm_user"] {
      facts.modules[name] = .loaded
    }
    facts.own = .init(pid: 900, name: "vpnagent")
    facts.processes = [
      .init(pid: 100, name: "vpnagent"), .init(pid: 101, name: "charon-systemd"),
      .init(pid: 102, name: "systemd-network"), .init(pid: 103, name: "keepalived"),
      .init(pid: 104, name: "bird"),
    ]
    facts.agentPID = 100
    facts.vici = .answers(version: "5.9.8")
    facts.connections = [IKEConnection(name: "to-b", remote: [peerB])]
    facts.strongSwan = settings(strongSwanConf)
    facts.swanctl = settings("connections {\n  to-b {\n    mobike = yes\n  }\n}\n")
    facts.sas = sas
    facts.links = [wan, vti, xfrm]
    facts.addresses = [
      .init(linkIndex: 2, address: own, prefixLength: 30),
      .init(linkIndex: 5, address: IPAddress(169, 254, 100, 1), prefixLength: 30),
      .init(linkIndex: 6, address: IPAddress(169, 254, 101, 1), prefixLength: 30),
    ]
    facts.routes = routes
    facts.sysctls = sysctls
    facts.networkdFiles = [
      NetworkdFile(
        path: "/etc/systemd/network/vti0.network",
        texts: [
          "[Match]\nName = vti* xfrm*\n[Network]\n",
          "[Network]\nConfigureWithoutCarrier=yes\nIgnoreCarrierLoss=yes\n",
        ])
    ]
    facts.firewall = Firewall([input([accepts])])
    facts.watcherFiles = [
      .init(path: "/etc/keepalived/keepalived.conf", text: "vrrp_instance v {\n interface wan\n}\n")
    ]
    facts.isClockFree = false
    facts.recordAhead = -60
    return facts
  }

  static func settings(_ text: String) -> StrongSwanSettings {
    StrongSwanSettings(path: "/etc/strongswan.conf", text: text) { _, _ in [] }
  }

  private static var configuration: Configuration {
    var b = VPN(name: "to-b", gateway: "b", bindInterface: "vti0", monitor: Monitor())
    b.monitor?.verifyPath = .init()
    let c = VPN(name: "to-c", gateway: "c", bindInterface: "xfrm0", monitor: Monitor())
    return Configuration(
      gateways: [
        "b": Gateway(name: "b", addresses: [peerB]), "c": Gateway(name: "c", addresses: [peerC]),
      ], vpns: [b, c])
  }

  private static var sas: [SecurityAssociation] {
    [
      SecurityAssociation(
        key: SAKey(destination: peerB, spi: 1, mark: Mark(value: 42, mask: .max)), source: own,
        reqid: 1),
      SecurityAssociation(key: SAKey(destination: own, spi: 2), source: peerB, reqid: 1),
      SecurityAssociation(
        key: SAKey(destination: peerC, spi: 3), source: own, reqid: 2, ifID: 7),
      SecurityAssociation(
        key: SAKey(destination: own, spi: 4), source: peerC, reqid: 2, ifID: 7),
    ]
  }

  private static var routes: [Route] {
    [
      route("0.0.0.0/0", by: 2), route("10.2.0.0/16", by: 5), route("10.3.0.0/16", by: 6),
      route("10.4.0.0/16", by: 2, protocol: 12),
    ]
  }

  /// A prefix that is written right, or all of IPv4.
  static func prefix(_ text: String) -> IPPrefix { IPPrefix(text) ?? .any(.ipv4) }

  static func route(
    _ prefix: String, by link: Int32, protocol number: UInt8 = 3, table: UInt32 = 254
  ) -> Route {
    Route(
      identity: .init(table: table, destination: Self.prefix(prefix)), routeProtocol: number,
      linkIndex: link)
  }

  private static var sysctls: [String: String] {
    var values = [
      "net.ipv4.icmp_echo_ignore_all": "0", "net.ipv6.icmp.echo_ignore_all": "0",
      "net.ipv4.raw_l3mdev_accept": "1",
    ]
    for link in ["all", "default", "wan", "vti0", "xfrm0"] {
      values["net.ipv4.conf.\(link).rp_filter"] = link == "wan" ? "1" : "0"
      values["net.ipv4.conf.\(link).disable_policy"] = link == "vti0" ? "1" : "0"
      values["net.ipv4.conf.\(link).disable_xfrm"] = "0"
      values["net.ipv6.conf.\(link).disable_ipv6"] = "0"
    }
    return values
  }

  static let accepts = Firewall.Rule(
    handle: 3, conditions: [.icmpType(["echo-reply", "echo-request"], isNegated: false)],
    verdict: .accept)
  static let acceptsESP = Firewall.Rule(
    handle: 4, conditions: [.transport(["esp"], isNegated: false)], verdict: .accept)

  /// An input chain that drops what no rule accepts.
  static func input(_ rules: [Firewall.Rule], drops: Bool = true) -> Firewall.Chain {
    Firewall.Chain(
      family: "inet", table: "filter", name: "in", hook: .input, drops: drops,
      rules: rules + [acceptsESP])
  }
}
