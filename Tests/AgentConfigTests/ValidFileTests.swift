import AgentConfig
import Testing
import TunnelCore

private func parse(_ text: String) throws -> LoadedConfiguration {
  try parseConfiguration(text, fileName: "vpnagent.toml")
}

/// A file with one gateway GW (203.0.113.1) and one VPN, `lines` being in the VPN's table.
private func vpn(_ lines: String) throws -> VPN {
  let text = """
    gateway.GW.address = "203.0.113.1"
    [vpn.v]
    gateway = "GW"
    \(lines)
    """
  return try #require(try parse(text).configuration.vpns.first)
}

@Test func everyKeyReachesTheConfiguration() throws {
  let loaded = try parse(fullFile)
  let peers = [IPAddress(203, 0, 113, 1), IPAddress(203, 0, 113, 2)]
  let six = try #require(IPAddress("2001:db8::1"))
  let loopback6 = try #require(IPAddress("::1"))
  let far6 = try #require(IPAddress("fd99::3"))
  let prefix = try #require(IPPrefix("2001:db8:2::/48"))
  var first = VPN(
    name: "to-b", gateway: "GW-B", bindInterface: "vti0", establishTunnels: .immediately,
    linkControl: .oper,
    routes: [
      IPPrefix(IPAddress(10, 2, 0, 0), length: 16), IPPrefix(IPAddress(10, 3, 0, 0), length: 16),
    ],
    guardProtocols: [0, 3, 4, 186], heldRoute: .none,
    monitor: Monitor(
      mode: .optimized, interval: .seconds(1), threshold: 3, timeout: .milliseconds(500),
      probeSource: .endpoint, sourceInterface: "lo", destinations: [IPAddress(10, 99, 0, 2)],
      acceptsClearReply: true,
      verifyPath: .init(destinations: [IPAddress(10, 99, 0, 3), far6], packetSize: 1350)),
    ikeChild: "net", renegotiateCommand: ["ipsec", "auto", "--up", "to-b"])
  first.monitor?.action = .warn
  first.monitor?.recoveryThreshold = 4
  first.monitor?.renegotiateBackoff = .init(initial: .seconds(20), maximum: .seconds(200))
  first.monitor?.neverAnswered = .warn
  var second = VPN(
    name: "a6", gateway: "GW-6", bindInterface: "xfrm6", establishTunnels: .responderOnly,
    linkControl: .none, routes: [prefix],
    monitor: Monitor(
      interval: .seconds(5), threshold: 6, findsPathMTU: true, verifyPath: .init()))
  second.monitor?.action = .hold
  second.monitor?.recoveryThreshold = 3
  second.monitor?.renegotiateBackoff = .init(initial: .seconds(20), maximum: .seconds(100))
  second.monitor?.neverAnswered = .clear
  var expected = Configuration(
    gateways: [
      "GW-B": Gateway(
        name: "GW-B", addresses: peers, localAddress: IPAddress(198, 51, 100, 1),
        ikeConnection: "branch"),
      "GW-6": Gateway(name: "GW-6", addresses: [six]),
    ],
    vpns: [first, second, VPN(name: "shown", gateway: "GW-6")])
  expected.viciSocket = "/run/ike/charon.vici"
  expected.notify = ["/usr/local/sbin/page", "--team", "net"]
  expected.notifyTimeout = .milliseconds(2500)
  expected.massFailureThreshold = 0.25
  expected.maxClearsPerMinute = 6
  expected.metrics = .tcp(loopback6, port: 9112)
  expected.respondBadSPI = RespondBadSPI(maxResponses: 7)
  #expect(loaded.configuration == expected)
  #expect(loaded.warnings.count == 1)  // a6 has routes that it does not touch
}

@Test(arguments: [("true", 5), ("{}", 5), ("{ max-responses = 30 }", 30), ("false", nil)])
func respondBadSPIIsOnOrATable(value: String, responses: Int?) throws {
  let loaded = try parse("respond-bad-spi = \(value)")
  #expect(loaded.configuration.respondBadSPI?.maxResponses == responses)
}

@Test(arguments: ["", "\n", "# nothing\r\n", "\u{feff}", "[gateway]\n[vpn]\n"])
func aFileWithoutTunnelsObserves(text: String) throws {
  #expect(try parse(text) == LoadedConfiguration(configuration: .observing, warnings: []))
}

@Test func defaultsOfAVPN() throws {
  let vpn = try vpn("")
  #expect(vpn.bindInterface == nil)
  #expect(vpn.establishTunnels == .onTraffic)
  #expect(vpn.linkControl == .oper)
  #expect(vpn.routes.isEmpty)
  #expect(vpn.guardProtocols == [0, 3, 4])
  #expect(vpn.heldRoute == .unreachable)
  #expect(vpn.monitor == nil)
  #expect(vpn.ikeChild == nil)
  #expect(vpn.renegotiateCommand == nil)
}

@Test(arguments: ["vpn-monitor = true", "vpn-monitor = {}", "[vpn.v.vpn-monitor]"])
func defaultsOfTheMonitor(line: String) throws {
  let monitor = try #require(try vpn(line).monitor)
  #expect(monitor.mode == .alwaysSend)
  #expect(monitor.interval == .seconds(10))
  #expect(monitor.threshold == 10)
  #expect(monitor.timeout == nil)
  #expect(monitor.probeSource == .link)
  #expect(monitor.sourceInterface == nil)
  #expect(monitor.destinations == [])
  #expect(monitor.verifyPath == nil)
}

@Test(arguments: ["verify-path = true", "verify-path = {}", "[vpn.v.vpn-monitor.verify-path]"])
func defaultsOfVerifyPath(line: String) throws {
  let path = try #require(try vpn("[vpn.v.vpn-monitor]\n\(line)").monitor?.verifyPath)
  #expect(path.destinations == [])
  #expect(path.packetSize == 64)
}

@Test(arguments: ["vpn-monitor.optimized = false", "vpn-monitor.verify-path = false"])
func falseIsTheDefault(line: String) throws {
  #expect(try vpn(line).monitor == Monitor())
}

@Test(arguments: [
  ("interval = 0.1", Monitor(interval: .milliseconds(100))),
  ("interval = 3600", Monitor(interval: .seconds(3600))),
  ("interval = 1e1", Monitor()),
  ("threshold = 1", Monitor(threshold: 1)),
  ("threshold = 0x1_0000", Monitor(threshold: 65536)),
  ("timeout = 0.05", Monitor(timeout: .milliseconds(50))),
  ("timeout = 3600.0", Monitor(timeout: .seconds(3600))),
  ("verify-path.packet-size = 64", Monitor(verifyPath: .init())),
])
func boundsAreAllowed(line: String, expected: Monitor) throws {
  #expect(try vpn("vpn-monitor.\(line)").monitor == expected)
}

@Test func everyRouteProtocolHasItsNumber() throws {
  let names = [
    "unspec", "unset", "redirect", "boot", "static", "ra", "dhcp", "zebra", "bird", "babel", "bgp",
    "isis", "ospf", "rip", "eigrp",
  ]
  let vpn = try vpn(
    "bind-interface = 'vti0'\nguard-protocols = [\(names.map { "'\($0)'" }.joined(separator: ", ")), 255]"
  )
  #expect(vpn.guardProtocols == [0, 1, 3, 4, 9, 16, 11, 12, 42, 186, 187, 188, 189, 192, 255])
}

@Test(arguments: [
  "[vpn.z]\ngateway = 'GW'\n[vpn.a]\ngateway = 'GW'\n[vpn.'m.1']\ngateway = 'GW'",
  "[vpn]\nz.gateway = 'GW'\na = { gateway = 'GW' }\n\"m.1\".gateway = '''GW'''",
  "vpn.z.gateway = \"\"\"\\\nGW\"\"\"\nvpn.a.gateway = 'GW'\n[ vpn . \"m.1\" ]\ngateway = 'GW'",
  "[vpn.z]  # [vpn.a]\ngateway = 'GW'\nroutes = [ # ]\n]\n[vpn.a]\ngateway = 'GW'\n[vpn.'m.1']\n"
    + "gateway = 'GW'",
  "vpn = { z.gateway = 'GW', a = { gateway = 'GW' }, 'm.1' = { gateway = 'GW' } }",
  "\u{feff}[vpn.z]\r\ngateway = 'GW'\r\n[vpn.a]\r\ngateway = 'GW'\r\n[vpn.'m.1']\r\ngateway = 'GW'",
])
func vpnsKeepTheFilesOrder(text: String) throws {
  let loaded = try parse(text + "\n[gateway.GW]\naddress = '203.0.113.1'\n")
  #expect(loaded.configuration.vpns.map(\.name) == ["z", "a", "m.1"])
}

@Test(arguments: [
  // One gateway with two tunnels through one link; several gateways where links are not touched.
  "[vpn.a]\ngateway = 'A'\nbind-interface = 'vti0'\n"
    + "[vpn.b]\ngateway = 'A'\nbind-interface = 'vti0'",
  "[vpn.a]\ngateway = 'A'\nbind-interface = 'vti0'\nlink-control = 'none'\n"
    + "[vpn.b]\ngateway = 'B'\nbind-interface = 'vti0'\nlink-control = 'none'",
])
func linksMayBeShared(text: String) throws {
  let gateways = "\n[gateway]\nA.address = '203.0.113.1'\nB.address = '203.0.113.2'\n"
  #expect(try parse(text + gateways).configuration.vpns.count == 2)
}

@Test func warnings() throws {
  let text = """
    [vpn-monitor-options]
    interval = 0.1
    threshold = 9
    [gateway]
    GW.address = "203.0.113.1"
    spare.address = "203.0.113.2"
    [vpn.a]
    gateway = "GW"
    bind-interface = "vti0"
    vpn-monitor = true
    [vpn.b]
    gateway = "GW"
    vpn-monitor.threshold = 10
    [vpn.c]
    gateway = "GW"
    bind-interface = "vti1"
    routes = ["10.2.0.0/16"]
    """
  #expect(
    try parse(text).warnings == [
      "vpnagent.toml:10: vpn.a.vpn-monitor: threshold 9 x interval 0.1 seconds is 0.9 seconds, "
        + "faster than IKE can renegotiate; recommended: at least 1 second",
      "vpnagent.toml:17: vpn.c.routes: no route is touched without vpn-monitor and "
        + "link-control = \"oper\"",
      "vpnagent.toml:6: gateway.spare: no VPN uses this gateway",
      "vpnagent.toml:7: vpn.a.establish-tunnels: \"on-traffic\" (the default) with vpn-monitor: "
        + "after a failure the tunnel is held, and only start_action = trap in strongSwan, or the "
        + "peer, brings it back; \"immediately\" always does",
    ])
}

@Test func severalVPNsThatWaitForTrafficAreOneWarning() throws {
  let text = """
    gateway.GW.address = "203.0.113.1"
    [vpn]
    a = { gateway = "GW", bind-interface = "vti0", vpn-monitor = true }
    b = { gateway = "GW", bind-interface = "vti1", vpn-monitor = { action = "warn" } }
    c = { gateway = "GW", bind-interface = "vti2", vpn-monitor = true, link-control = "none" }
    d = { gateway = "GW", bind-interface = "vti3", vpn-monitor = { verify-path = true } }
    e = { gateway = "GW", vpn-monitor = true }
    [template.t]
    match.interface = "x*"
    vpn-monitor = true
    """
  let warnings = try parse(text).warnings
  #expect(warnings.count == 1)
  #expect(warnings[0].hasPrefix("vpnagent.toml:3: vpn.a.establish-tunnels: \"on-traffic\""))
  #expect(warnings[0].hasSuffix("; so are 2 more"))
}

@Test func aSocketsPathFitsIntoItsAddress() throws {
  for (length, isAllowed) in [(107, true), (108, false)] {
    let path = "/" + String(repeating: "x", count: length - 1)
    let loaded = try? parse("vici-socket = '\(path)'")
    #expect((loaded?.configuration.viciSocket == path) == isAllowed)
  }
}
