import AgentConfig
import Testing

// Mistakes of which it is plain what was meant, and the lines of all.

@Test(arguments: wordRows + placeRows)
func whatWasMeantIsSaid(row: Row) { row.check() }

private let wordRows: [Row] = [
  Row("a = 203.0.113.1", "1:5: 203.0.113.1 is not a number; put it in quotes: \"203.0.113.1\""),
  Row("a = [10.2.0.0/16]", "1:6: 10.2.0.0/16 is not a number; put it in quotes: \"10.2.0.0/16\""),
  Row(
    "a = 10.2.3.4/33 # no", "1:5: 10.2.3.4/33 is not a number; put it in quotes: \"10.2.3.4/33\""),
  Row("a = 2001:db8::1", "1:5: 2001:db8::1 is not a number; put it in quotes: \"2001:db8::1\""),
  Row("a = ::/0", "1:5: ::/0 is not a number; put it in quotes: \"::/0\""),
  Row("a = { b = fe80::1 }", "1:11: fe80::1 is not a value; put it in quotes: \"fe80::1\""),
  Row("a = fe80::1%eth0", "1:5: fe80::1%eth0 is not a value; put it in quotes: \"fe80::1%eth0\""),
  Row("a = st0.0", "1:5: st0.0 is not a value; put it in quotes: \"st0.0\""),
  Row("a = on-traffic", "1:5: on-traffic is not a value; put it in quotes: \"on-traffic\""),
  Row(
    "a = /run/charon.vici",
    "1:5: /run/charon.vici is not a value; put it in quotes: \"/run/charon.vici\""),
  Row("a = yes", "1:5: yes is not a value; write true"),
  Row("a = [Off]", "1:6: Off is not a value; write false"),
  Row("a = 10s", "1:5: 10s is not a value; write 10: \(seconds)"),
  Row("a = 500ms", "1:5: 500ms is not a value; write 0.5: \(seconds)"),
  Row("a = 1.5m", "1:5: 1.5m is not a value; write 90: \(seconds)"),
  .vpn(
    "vpn-monitor.interval = '2m'",
    " vpn.v.vpn-monitor.interval = \"2m\": times are numbers of seconds; write 120"),
  Row(
    "[gateway.2001:db8::1]",
    "1:14: expected '.' or ']', found ':'; put the name in quotes: [gateway.\"2001:db8::1\"]"),
  Row(
    "[vpn.paris/2.vpn-monitor]",
    "1:11: expected '.' or ']', found '/'; put the name in quotes: [vpn.\"paris/2.vpn-monitor\"]"),
  Row("[vpn.to b]", "1:9: expected '.' or ']', found 'b'"),
]

private let seconds = "times are numbers of seconds, without a unit"
private let gateway = "gateway.GW.address = '192.0.2.9'\n"

private let placeRows: [Row] = [
  Row(
    "[gateway.203.0.113.1]\naddress = '203.0.113.1'\n[gateway.203.0.113.2]\naddress = '203.0.113.2'",
    " gateway.203.0.113.1: \(dots): [gateway.\"203.0.113.1\"]",
    " gateway.203.0.113.2: \(dots): [gateway.\"203.0.113.2\"]"),
  Row(
    "\(gateway)[vpn.to.paris]\ngateway = 'GW'",
    " vpn.to.paris: \(dots): [vpn.\"to.paris\"]"),
  Row(
    "\(gateway)[[vpn]]\nname = 'v'\ngateway = 'GW'",
    " vpn = [{ name, gateway }]: write [vpn.NAME] for each, not [[vpn]]"),
  Row(
    "[[gateway]]\naddress = '192.0.2.9'",
    " gateway = [{ address }]: write [gateway.NAME] for each, not [[gateway]]"),
  Row(
    "[vpn-monitor]\ninterval = 1",
    " vpn-monitor = { interval }: unknown key here; it belongs in [vpn.NAME.vpn-monitor]; what holds for all: "
      + "[vpn-monitor-options]"),
  Row(
    "interval = 1\noptimized = true\nbind-interface = 'vti0'\naddress = '192.0.2.9'",
    " interval = 1: \(belongs) [vpn-monitor-options] or [vpn.NAME.vpn-monitor]",
    " optimized = true: \(belongs) [vpn.NAME.vpn-monitor]",
    " bind-interface = \"vti0\": \(belongs) [vpn.NAME]",
    " address = \"192.0.2.9\": \(belongs) [gateway.NAME]"),
  .vpn(
    "interval = 1\nverify-path = true\naddress = 'x'\nnotify = ['/bin/true']",
    " vpn.v.interval = 1: \(belongs) [vpn.v.vpn-monitor]",
    " vpn.v.verify-path = true: \(belongs) [vpn.v.vpn-monitor]",
    " vpn.v.address = \"x\": \(belongs) [gateway.NAME]",
    " vpn.v.notify = [\"/bin/true\"]: unknown key here; it belongs at the top of the file, before the "
      + "first [table]"),
  .vpn(
    "vpn-monitor = { packet-size = 100, bind-interface = 'vti0' }",
    " vpn.v.vpn-monitor.packet-size = 100: \(belongs) [vpn.v.vpn-monitor.verify-path]",
    " vpn.v.vpn-monitor.bind-interface = \"vti0\": \(belongs) [vpn.v]"),
  Row(
    "gateway.GW = { address = '192.0.2.9', vpn-monitor = true, threshold = 1 }",
    " gateway.GW.vpn-monitor = true: \(belongs) [vpn.NAME]",
    " gateway.GW.threshold = 1: \(belongs) [vpn.NAME.vpn-monitor]"),
  Row(
    "vpn-monitor-options.destination-ip = '192.0.2.9'",
    " vpn-monitor-options.destination-ip = \"192.0.2.9\": \(belongs) [vpn.NAME.vpn-monitor]"),
]

private let dots = "a name with dots needs quotes"
private let belongs = "unknown key here; it belongs in"

/// The line of each complaint, to the number.
@Test func everyErrorHasItsLine() {
  let text = """
    # a comment

    [gateway.GW]
    address = [
      "192.0.2.9",  # fine
      "192.0.2.300",
      { a = 1 },
    ]
    [vpn.v]
    gateway = "GX"
    vpn-monitor.verify-path = {
    """
  let rest = """
     packet-size = 1, destination-ip = "x" }

    [vpn."w.1"]
    routes = ["10.0.0.0/8", "10.0.0.0/8"]
    [[metrics]]
    [[metrics]]
    """
  let error = #expect(throws: ConfigurationError.self) {
    try parseConfiguration(text + rest, fileName: "f.toml")
  }
  #expect((error?.lines ?? []).map { PlacedLine($0).number } == [15, 6, 7, 10, 11, 11, 13, 14, 14])
}

@Test func warningsHaveTheirLinesToo() throws {
  let loaded = try parseConfiguration(
    "# a\n[gateway.GW]\naddress = '192.0.2.9'\n", fileName: "f.toml")
  #expect(loaded.warnings == ["f.toml:2: gateway.GW: no VPN uses this gateway"])
}
