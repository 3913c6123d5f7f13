import AgentConfig
import Testing
import TunnelCore

@Suite struct TemplateFileTests {
  @Test func aTemplateTakesWhatAVPNTakes() throws {
    let loaded = try parseConfiguration(
      """
      [vpn-monitor-options]
      interval = 2
      [template.branches]
      match.interface = "ipsec*"
      match.if-id = "100-4999"
      match.peer = "203.0.113.0/24"
      establish-tunnels = "immediately"
      guard-protocols = ["static"]
      held-route = "none"
      vpn-monitor = { threshold = 5, verify-path = true }
      [template.rest]
      match = { if-id = 7 }
      link-control = "none"
      """, fileName: "f.toml")
    let templates = loaded.configuration.templates
    #expect(templates.map(\.name) == ["branches", "rest"])
    #expect(
      templates.map(\.match) == [
        .init(
          interface: NamePattern("ipsec*"), ifIDs: 100...4999, peer: IPPrefix("203.0.113.0/24")),
        .init(ifIDs: 7...7),
      ])
    #expect(
      templates.map(\.settings) == [
        VPN(
          name: "branches", gateway: "", establishTunnels: .immediately, guardProtocols: [4],
          heldRoute: .none,
          monitor: Monitor(interval: .seconds(2), threshold: 5, verifyPath: .init())),
        VPN(name: "rest", gateway: "", linkControl: .none),
      ])
    #expect(loaded.warnings.isEmpty)
  }

  @Test func aDestinationIsAllowedWhereThereIsOneLink() throws {
    for match in ["interface = 'hq0'", "if-id = 7", "if-id = '7-7'"] {
      let text = """
        template.hq.match.\(match)
        template.hq.vpn-monitor.destination-ip = "10.2.0.9"
        template.hq.vpn-monitor.verify-path.destination-ip = "10.2.0.9"
        """
      let loaded = try parseConfiguration(text, fileName: "f.toml")
      let monitor = loaded.configuration.templates.first?.settings.monitor
      #expect(monitor?.destinations == [IPAddress(10, 2, 0, 9)])
    }
  }

  @Test func theSameMatchTwiceIsWarnedOf() throws {
    let text = """
      template.a.match.peer = "203.0.113.0/24"
      template.b.match = { peer = "203.0.113.0/24" }
      """
    #expect(
      try parseConfiguration(text, fileName: "f.toml").warnings == [
        "f.toml:2: template.b: never applies: template.a has the same match and comes first"
      ])
  }

  @Test(arguments: rows)
  func badTemplatesAreRefused(row: Row) { row.check() }
}

private let templateKeys =
  "match, establish-tunnels, link-control, guard-protocols, held-route, vpn-monitor"
private let patternForm = "an interface name; * matches any characters, ? exactly one"
private let ifIDForm = "1...4294967295, or a range of them as \"100-4999\""
private let oneLink =
  "one address cannot be behind every tunnel; use it with a match.interface without '*' and "
  + "'?', or with one match.if-id"

private func row(_ lines: String, _ complaints: String...) -> Row {
  var row = Row("[template.t]\n\(lines)")
  row.complaints = complaints
  return row
}

private let rows: [Row] = [
  row("", " template.t.match: missing; expected: one or more of interface, if-id, peer"),
  row(
    "match = {}",
    " template.t.match = {}: is empty; expected: one or more of interface, if-id, peer"),
  row("match = 'ipsec*'", " template.t.match = \"ipsec*\": must be a table, not a string"),
  row(
    "match.iface = 'x'",
    " template.t.match.iface = \"x\": unknown key; expected: interface, if-id, peer"),
  row(
    "match.interface = 7",
    " template.t.match.interface = 7: must be a string, not an integer; expected: \(patternForm)"),
  row(
    "match.interface = ''",
    " template.t.match.interface = \"\": no interface can have this name: it is "
      + "empty"),
  row(
    "match.interface = 'a/*'",
    " template.t.match.interface = \"a/*\": no interface can have this name: it "
      + "contains '/'"),
  row(
    "match.interface = 'a23456789012345?*'",
    " template.t.match.interface = \"a23456789012345?*\": no interface can have this name: "
      + "it has 16 bytes, the maximum is 15"),
  row(
    "match.interface = 'vti*@NONE'",
    " template.t.match.interface = \"vti*@NONE\": no interface can have this name: write "
      + "\"vti*\": the part after @ is not part of the name"),
  row(
    "match.if-id = 0",
    " template.t.match.if-id = 0: not an if_id or a range of them; expected: \(ifIDForm)"),
  row(
    "match.if-id = 4294967296",
    " template.t.match.if-id = 4294967296: not an if_id or a range of them; expected: \(ifIDForm)"),
  row(
    "match.if-id = '9-8'",
    " template.t.match.if-id = \"9-8\": not an if_id or a range of them; expected: \(ifIDForm)"),
  row(
    "match.if-id = '1-2-3'",
    " template.t.match.if-id = \"1-2-3\": not an if_id or a range of them; expected: \(ifIDForm)"),
  row(
    "match.if-id = '-3'",
    " template.t.match.if-id = \"-3\": not an if_id or a range of them; expected: \(ifIDForm)"),
  row(
    "match.if-id = '+1-3'",
    " template.t.match.if-id = \"+1-3\": not an if_id or a range of them; expected: \(ifIDForm)"),
  row(
    "match.if-id = [1]",
    " template.t.match.if-id = [1]: must be an integer or a string, not an array; expected: "
      + ifIDForm),
  row(
    "match.peer = '203.0.113.1/24'",
    " template.t.match.peer = \"203.0.113.1/24\": has host bits; expected: 203.0.113.0/24"),
  row(
    "match.peer = 'hq'",
    " template.t.match.peer = \"hq\": not an IP prefix; expected: \(prefixForm)"),
  row(
    "match.if-id = 1\ngateway = 'GW'\nbind-interface = 'vti0'\nroutes = ['10.2.0.0/16']",
    " template.t.gateway = \"GW\": a template matches many tunnels; expected: \(templateKeys)",
    " template.t.bind-interface = \"vti0\": a template matches many tunnels; expected: "
      + templateKeys,
    " template.t.routes = [\"10.2.0.0/16\"]: a template matches many tunnels; expected: "
      + templateKeys),
  row(
    "match.if-id = 1\nmach = 1",
    " template.t.mach = 1: unknown key (did you mean match?); expected: \(templateKeys)"),
  row(
    "match.if-id = '1-2'\nvpn-monitor.destination-ip = '10.2.0.9'",
    " template.t.vpn-monitor.destination-ip = \"10.2.0.9\": \(oneLink)"),
  row(
    "match.peer = '203.0.113.1'\nvpn-monitor.verify-path.destination-ip = '10.2.0.9'",
    " template.t.vpn-monitor.verify-path.destination-ip = \"10.2.0.9\": \(oneLink)"),
  row(
    "match.if-id = 1\nlink-control = 'auto'",
    " template.t.link-control = \"auto\": unknown value; expected: oper, admin, none"),
  Row("template = 1", " template = 1: must be a table, not an integer"),
  Row(
    "[template.'a b']\nmatch.if-id = 1",
    " template.\"a b\": invalid name; expected: \(nameForm)"),
]
