import Testing

@Test(arguments: tableRows)
func badTablesAndGatewaysAreRefused(row: Row) { row.check() }

private let gateway = "gateway.GW.address = '203.0.113.1'\n"

private let tableRows: [Row] = [
  Row(
    "vici-socket = 'charon.vici'",
    " vici-socket = \"charon.vici\": not the path of a socket; expected: \(socketForm)"),
  Row(
    "notify = 'page'",
    " notify = \"page\": not the path of a program; expected: \(programForm)"),
  Row(
    "notify = true",
    " notify = true: must be a path or an array of strings, not a boolean; expected: \(programForm)"
  ),
  Row(
    "notify = []",
    " notify = []: no command; expected: a program and up to 63 arguments, no NUL in them"),
  Row(
    "notify = ['/bin/true']\nnotify-timeout = 0",
    " notify-timeout = 0: must be \(intervalRange)"),
  Row(
    "vici-socket = false",
    " vici-socket = false: must be a string, not a boolean; expected: \(socketForm)"),
  Row(
    "respond-bad-spi = 5",
    " respond-bad-spi = 5: must be true, false or a table with max-responses, not an integer"),
  Row(
    "respond-bad-spi = { max-responses = 31 }",
    " respond-bad-spi.max-responses = 31: must be 1...30 (negotiations until ESP decrypts again)"),
  Row(
    "respond-bad-spi = { max-response = 1 }",
    " respond-bad-spi.max-response = 1: unknown key (did you mean max-responses?); "
      + "expected: max-responses"),
  Row(
    "vpm.v.gateway = 'GW'",
    " vpm = { v }: unknown key (did you mean vpn?); expected: \(rootKeys)"),
  Row("gateway = 'GW'", " gateway = \"GW\": must be a table, not a string"),
  Row("[[vpn]]\nx = 1", " vpn = [{ x }]: write [vpn.NAME] for each, not [[vpn]]"),
  Row("vpn.v = 1", " vpn.v = 1: must be a table, not an integer"),
  Row(
    "vpn.v = {}",
    " vpn.v.gateway: missing; expected: the name of a gateway (none defined, add [gateway.NAME])"),
  Row(
    "vpn.\"a b\".gateway = 'G\\nW'",
    " vpn.\"a b\": invalid name; expected: \(nameForm)",
    " vpn.\"a b\".gateway = \"G\\\\nW\": no such gateway; expected: the name of a gateway (none "
      + "defined, add [gateway.NAME])"),
  Row("vpn.\"\".gateway = 'GW'\n\(gateway)", " vpn.\"\": invalid name; expected: \(nameForm)"),
  Row(
    "vpn.\(String(repeating: "a", count: 65)).gateway = 'GW'\n\(gateway)",
    " vpn.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: invalid name; "
      + "expected: \(nameForm)"),
  Row(
    "gateway.GW = {}",
    " gateway.GW.address: missing; expected: an address or an array of them"),
  Row("gateway.GW.address = []", " gateway.GW.address = []: must contain at least one address"),
  Row(
    "gateway.GW.address = ''",
    " gateway.GW.address = \"\": not an IP address; expected: \(addressForm)"),
  Row(
    "gateway.GW.address = 1",
    " gateway.GW.address = 1: must be an address or an array of addresses, not an integer"),
  Row(
    "gateway.GW.address = ['1.2.3.4', 5]",
    " gateway.GW.address[1] = 5: must be a string, not an integer; expected: \(addressForm)"),
  Row(
    "gateway.GW.address = 'gw.example'",
    " gateway.GW.address = \"gw.example\": not an IP address; names are not looked up, write "
      + "the address"),
  Row(
    "gateway.GW.address = '10.0.0.0/8'",
    " gateway.GW.address = \"10.0.0.0/8\": not an IP address; write \"10.0.0.0\" alone"),
  Row(
    "gateway.GW.address = ['0.0.0.0', '::', '224.0.0.1', 'ff02::1', '255.255.255.255']",
    " gateway.GW.address[0] = \"0.0.0.0\": the unspecified address; \(unicast)",
    " gateway.GW.address[1] = \"::\": the unspecified address; \(unicast)",
    " gateway.GW.address[2] = \"224.0.0.1\": not one host's address; \(unicast)",
    " gateway.GW.address[3] = \"ff02::1\": not one host's address; \(unicast)",
    " gateway.GW.address[4] = \"255.255.255.255\": not one host's address; \(unicast)"),
  Row(
    "gateway.GW.address = ['10.0.0.1', '10.0.0.1']",
    " gateway.GW.address[1] = \"10.0.0.1\": already in gateway.GW.address[0]; \(once)"),
  Row(
    "gateway.A.address = '2001:db8::1'\ngateway.B.address = ['2001:DB8:0::1']",
    " gateway.B.address[0] = \"2001:DB8:0::1\": already in gateway.A.address; \(once)"),
  Row(
    "gateway.GW.address = '10.0.0.1'\ngateway.GW.local-address = '::1'",
    " gateway.GW.local-address = \"::1\": the gateway has 10.0.0.1; expected: an IPv4 address"),
  Row(
    "gateway.GW.address = ['10.0.0.1', '::1']\n"
      + "gateway.GW.local-address = '10.0.0.2'",
    " gateway.GW.local-address = \"10.0.0.2\": the gateway has ::1; expected: an IPv6 address"),
  Row(
    "gateway.GW.adress = '10.0.0.1'",
    " gateway.GW.adress = \"10.0.0.1\": unknown key (did you mean address?); expected: "
      + "address, local-address, ike-connection, dead-peer-detection",
    " gateway.GW.address: missing; expected: an address or an array of them"),
  Row(
    "vpn-monitor-options = true",
    " vpn-monitor-options = true: must be a table, not a boolean"),
  Row(
    "vpn-monitor-options.interval = 0",
    " vpn-monitor-options.interval = 0: must be \(intervalRange)"),
  Row(
    "vpn-monitor-options.thresholds = 0",
    " vpn-monitor-options.thresholds = 0: unknown key (did you mean threshold?); "
      + "expected: interval, threshold, path-mtu, \(reactionKeys)"),
  Row(
    "vpn-monitor-options.path-mtu = 1400",
    " vpn-monitor-options.path-mtu = 1400: must be true or false, not an integer"),
  Row(
    "vpn-monitor-options.threshold = 65537",
    " vpn-monitor-options.threshold = 65537: must be \(thresholdRange)"),
  Row(
    "vpn-monitor-options.threshold = 0",
    " vpn-monitor-options.threshold = 0: must be \(thresholdRange)"),
  Row(
    "vpn-monitor-options.threshold = 10.0",
    " vpn-monitor-options.threshold = 10.0: must be an integer, not a float; expected: "
      + "\(thresholdRange)"),
]
