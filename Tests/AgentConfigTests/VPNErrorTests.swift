import Testing

@Test(arguments: rows)
func badVPNsAreRefused(row: Row) { row.check() }

private let words = ["statistics", "bad-spi-count"]
private let taken: @Sendable (String) -> Row = {
  let problem = "bad name: `vpnagent clear \($0)` means something else; expected: any other name"
  return Row("\(gateway)[vpn.\($0)]\ngateway = 'GW'", " vpn.\($0): \(problem)")
}
private let gateway = "gateway.GW.address = '203.0.113.1'\n"

private let rows: [Row] =
  words.map(taken) + [
    Row(
      "a = 1\n  [vpn.v]\n",
      " a = 1: unknown key; expected: \(rootKeys)",
      " vpn.v.gateway: missing; expected: the name of a gateway (none defined, add [gateway.NAME])"),
    .vpn(
      "gatway = 'GW'",
      " vpn.v.gatway = \"GW\": unknown key (did you mean gateway?); expected: \(vpnKeys)"),
    .vpn(
      "ike-child = ''",
      " vpn.v.ike-child = \"\": not a name; expected: 1...255 bytes, a name of the IKE daemon's "
        + "configuration"),
    .vpn(
      "renegotiate-command = 'ipsec auto --up v'",
      " vpn.v.renegotiate-command = \"ipsec auto --up v\": must be an array of strings, the program "
        + "and its arguments, not a string"),
    .vpn(
      "renegotiate-command = []",
      " vpn.v.renegotiate-command = []: no command; expected: a program and up to 63 arguments, "
        + "no NUL in them"),
    .vpn(
      "renegotiate-command = ['ipsec', 1]",
      " vpn.v.renegotiate-command[1] = 1: must be a string, not an integer; expected: one word of the "
        + "command"),
    .vpn("mode = 'optimized'", " vpn.v.mode = \"optimized\": unknown key; expected: \(vpnKeys)"),
    .vpn(
      "vpn-monitor.mode = 'optimized'",
      " vpn.v.vpn-monitor.mode = \"optimized\": unknown key; expected: \(monitorKeys)"),
    .vpn(
      "bind-interface = ''",
      " vpn.v.bind-interface = \"\": not an interface name: it is empty"),
    .vpn(
      "bind-interface = 'a234567890123456'",
      " vpn.v.bind-interface = \"a234567890123456\": not an interface name: it "
        + "has 16 bytes, the maximum is 15"),
    .vpn(
      "bind-interface = 'vti0@NONE'",
      " vpn.v.bind-interface = \"vti0@NONE\": not an interface name: write \"vti0\": the part "
        + "after @ is not part of the name"),
    .vpn(
      "bind-interface = 'xfrm0@eth0'",
      " vpn.v.bind-interface = \"xfrm0@eth0\": not an interface name: write \"xfrm0\": the "
        + "part after @ is the underlying link"),
    .vpn(
      "bind-interface = '10.1.0.1/30'",
      " vpn.v.bind-interface = \"10.1.0.1/30\": not an interface name: \(isAddress)"),
    .vpn(
      "bind-interface = 'lo'", " vpn.v.bind-interface = \"lo\": \(isKernels)"),
    .vpn(
      "bind-interface = 'ip_vti0'", " vpn.v.bind-interface = \"ip_vti0\": \(isKernels)"),
    .vpn(
      "bind-interface = 'st0/0'",
      " vpn.v.bind-interface = \"st0/0\": not an interface name: it contains '/'"),
    .vpn(
      "bind-interface = 'vti 0'",
      " vpn.v.bind-interface = \"vti 0\": not an interface name: it contains white space"),
    .vpn(
      "bind-interface = '..'",
      " vpn.v.bind-interface = \"..\": not an interface name: the kernel does not accept . or .."),
    .vpn(
      "bind-interface = \"vti\\u0085\"",
      " vpn.v.bind-interface = \"vti\\u0085\": not an interface name: it contains white space"),
    .vpn(
      "bind-interface = 0",
      " vpn.v.bind-interface = 0: must be a string, not an integer; expected: \(interfaceForm)"),
    .vpn(
      "establish-tunnels = 'always'",
      " vpn.v.establish-tunnels = \"always\": unknown value; expected: immediately, "
        + "on-traffic, responder-only"),
    .vpn(
      "establish-tunnels = true",
      " vpn.v.establish-tunnels = true: must be a string, not a boolean; expected: "
        + "immediately, on-traffic, responder-only"),
    .vpn(
      "link-control = 'Admin'",
      " vpn.v.link-control = \"Admin\": unknown value; expected: oper, admin, none"),
    .vpn(
      "link-control = ''", " vpn.v.link-control = \"\": unknown value; expected: oper, admin, none"),
    .vpn(
      "bind-interface = 'vti0'\nheld-route = 'blackhole'",
      " vpn.v.held-route = \"blackhole\": unknown value; expected: unreachable, none"),
    .vpn(
      "link-control = 'oper'\nguard-protocols = ['bgp']\nheld-route = 'none'",
      " vpn.v.link-control = \"oper\": needs bind-interface, the link to control; without it use "
        + "\"none\"",
      " vpn.v.guard-protocols = [\"bgp\"]: needs bind-interface, the link whose routes are guarded",
      " vpn.v.held-route = \"none\": needs bind-interface, the link whose routes are guarded"),
    .vpn(
      "bind-interface = 'vpa2a'",
      " vpn.v.bind-interface = \"vpa2a\": reserved for the agent's own links; use a name that does "
        + "not begin with vpa"),
    .vpn(
      "routes = ['10.2.0.0/16']",
      " vpn.v.routes = [\"10.2.0.0/16\"]: needs bind-interface, the link to route through"),
    .vpn(
      "bind-interface = 'vti0'\nroutes = '10.2.0.0/16'",
      " vpn.v.routes = \"10.2.0.0/16\": must be an array of IP prefixes, not a string"),
    .vpn(
      "bind-interface = 'vti0'\n"
        + "routes = ['10.2.3.4/16', '::1/64', 'x', '10.0.0.0/33', 7, '']",
      " vpn.v.routes[0] = \"10.2.3.4/16\": has host bits; expected: 10.2.0.0/16",
      " vpn.v.routes[1] = \"::1/64\": has host bits; expected: ::/64",
      " vpn.v.routes[2] = \"x\": not an IP prefix; expected: \(prefixForm)",
      " vpn.v.routes[3] = \"10.0.0.0/33\": not an IP prefix; expected: \(prefixForm)",
      " vpn.v.routes[4] = 7: must be a string, not an integer; expected: \(prefixForm)",
      " vpn.v.routes[5] = \"\": not an IP prefix; expected: \(prefixForm)"),
    .vpn(
      "bind-interface = 'vti0'\nroutes = ['10.2.0.0/16', '10.2.0.0/16']",
      " vpn.v.routes[1] = \"10.2.0.0/16\": already in vpn.v.routes[0]; list each "
        + "prefix only once in the file"),
    .vpn(
      "bind-interface = 'vti0'\nguard-protocols = 'boot'",
      " vpn.v.guard-protocols = \"boot\": must be an array of route protocols, not a string"),
    .vpn(
      "bind-interface = 'vti0'\nguard-protocols = ['kernel', 2, 'Boot', 256, -1, true]",
      " vpn.v.guard-protocols[0] = \"kernel\": connected routes stay with their link; "
        + "expected: \(protocols)",
      " vpn.v.guard-protocols[1] = 2: connected routes stay with their link; expected: "
        + "\(protocols)",
      " vpn.v.guard-protocols[2] = \"Boot\": no such route protocol; expected: \(protocols)",
      " vpn.v.guard-protocols[3] = 256: no such route protocol; expected: \(protocols)",
      " vpn.v.guard-protocols[4] = -1: no such route protocol; expected: \(protocols)",
      " vpn.v.guard-protocols[5] = true: must be a string or an integer, not a boolean; "
        + "expected: \(protocols)"),
    .vpn(
      "vpn-monitor = 1",
      " vpn.v.vpn-monitor = 1: must be true, false or a table, not an integer"),
    .vpn(
      "vpn-monitor.optimized = 'yes'",
      " vpn.v.vpn-monitor.optimized = \"yes\": must be true or false, not a string"),
    .vpn(
      "vpn-monitor.interval = 0.05",
      " vpn.v.vpn-monitor.interval = 0.05: must be \(intervalRange)"),
    .vpn(
      "vpn-monitor.interval = 3600.1",
      " vpn.v.vpn-monitor.interval = 3600.1: must be \(intervalRange)"),
    .vpn(
      "vpn-monitor.interval = nan",
      " vpn.v.vpn-monitor.interval = nan: must be \(intervalRange)"),
    .vpn(
      "vpn-monitor.interval = inf",
      " vpn.v.vpn-monitor.interval = inf: must be \(intervalRange)"),
    .vpn(
      "vpn-monitor.interval = -1",
      " vpn.v.vpn-monitor.interval = -1: must be \(intervalRange)"),
    .vpn(
      "vpn-monitor.interval = '10'",
      " vpn.v.vpn-monitor.interval = \"10\": must be an integer or a float, not a string; "
        + "expected: \(intervalRange)"),
    .vpn(
      "vpn-monitor.interval = 9223372036854775807",
      " vpn.v.vpn-monitor.interval = 9223372036854775807: must be \(intervalRange)"),
    .vpn(
      "vpn-monitor.timeout = 0.01",
      " vpn.v.vpn-monitor.timeout = 0.01: must be \(timeoutRange)"),
    .vpn(
      "vpn-monitor.timeout = -inf",
      " vpn.v.vpn-monitor.timeout = -inf: must be \(timeoutRange)"),
    .vpn(
      "vpn-monitor.threshold = 0x10001",
      " vpn.v.vpn-monitor.threshold = 65537: must be \(thresholdRange)"),
    .vpn(
      "vpn-monitor.probe-source = 'vti0'",
      " vpn.v.vpn-monitor.probe-source = \"vti0\": unknown value; expected: link, endpoint"),
    .vpn(
      "vpn-monitor.source-interface = 'eth0:1'",
      " vpn.v.vpn-monitor.source-interface = \"eth0:1\": not an interface name: write "
        + "\"eth0\": the part after ':' is an address label"),
    .vpn(
      "vpn-monitor.source-interface = '10.1.0.1'",
      " vpn.v.vpn-monitor.source-interface = \"10.1.0.1\": not an interface name: \(isAddress)"),
    .vpn(
      "vpn-monitor.source-interface = 'fd00::1'",
      " vpn.v.vpn-monitor.source-interface = \"fd00::1\": not an interface name: \(isAddress)"),
    .vpn(
      "vpn-monitor.source-interface = 'lan@if7'",
      " vpn.v.vpn-monitor.source-interface = \"lan@if7\": not an interface name: write \"lan\": "
        + "the part after @ is the underlying link"),
    .vpn(
      "vpn-monitor.destination-ip = 'eth0'",
      " vpn.v.vpn-monitor.destination-ip = \"eth0\": not an IP address; \(isName)"),
    .vpn(
      "vpn-monitor.destination-ip = '10.99.0.2/32'",
      " vpn.v.vpn-monitor.destination-ip = \"10.99.0.2/32\": not an IP address; write "
        + "\"10.99.0.2\" alone"),
    .vpn(
      "vpn-monitor.destination-ip = ['10.99.0.2', '10.99.0', '10.99.0.2']",
      " vpn.v.vpn-monitor.destination-ip[1] = \"10.99.0\": not an IP address; expected: "
        + "\(addressForm)",
      " vpn.v.vpn-monitor.destination-ip[2] = \"10.99.0.2\": already in this array; list each "
        + "address once"),
    .vpn(
      "vpn-monitor.destination-ip = []",
      " vpn.v.vpn-monitor.destination-ip = []: must contain at least one address"),
    .vpn(
      "vpn-monitor.destination-ip = 10",
      " vpn.v.vpn-monitor.destination-ip = 10: must be an address or an array of addresses, not an "
        + "integer"),
    .vpn(
      "vpn-monitor.verify-path = 'yes'",
      " vpn.v.vpn-monitor.verify-path = \"yes\": must be true, false or a table, not a string"),
    .vpn(
      "vpn-monitor.verify-path.packet-size = 20",
      " vpn.v.vpn-monitor.verify-path.packet-size = 20: must be \(sizeRange)"),
    .vpn(
      "vpn-monitor.verify-path.packet-size = 1351",
      " vpn.v.vpn-monitor.verify-path.packet-size = 1351: must be \(sizeRange)"),
    .vpn(
      "vpn-monitor.verify-path.packet-size = true",
      " vpn.v.vpn-monitor.verify-path.packet-size = true: must be an integer, not a "
        + "boolean; expected: \(sizeRange)"),
    .vpn(
      "vpn-monitor.verify-path.destination-ip = '224.0.0.1'",
      " vpn.v.vpn-monitor.verify-path.destination-ip = \"224.0.0.1\": not one host's "
        + "address; \(unicast)"),
    .vpn(
      "vpn-monitor.verify-path.interval = 1",
      " vpn.v.vpn-monitor.verify-path.interval = 1: unknown key; expected: destination-ip, "
        + "packet-size"),
    Row(
      "[vpn.v]\ngateway = 'GW'",
      " vpn.v.gateway = \"GW\": no such gateway; expected: the name of a gateway (none defined, add "
        + "[gateway.NAME])"),
    Row(
      "[vpn.v]\ngateway = ''\n[gateway]\n"
        + "" + (0..<12).map { "g\($0).address = '10.0.0.\($0 + 1)'\n" }.joined(),
      " vpn.v.gateway = \"\": no such gateway; expected: g0, g1, g2, g3, g4, g5, g6, g7, "
        + "g8, g9 and 2 more"),
    Row(
      "[vpn.v]\n\(gateway)",
      " vpn.v.gateway = { GW }: must be a string, not a table; expected: the name of a gateway "
        + "(none defined, add [gateway.NAME])"),
    Row(
      "[vpn.v]\ngateway = 'GW'\n[gateway.GW]\naddress = 'x'",
      " gateway.GW.address = \"x\": not an IP address; expected: \(addressForm)"),
    .vpn(
      "bind-interface = ['vti0']",
      " vpn.v.bind-interface = [\"vti0\"]: must be a string, not an array; expected: "
        + "\(interfaceForm)"),
    Row(
      "[vpn.v]\ngateway = 1\n",
      " vpn.v.gateway = 1: must be a string, not an integer; expected: the name of a gateway "
        + "(none defined, add [gateway.NAME])"),
    Row(
      "[vpn.v]\ngateway = 'GW-X'\n[gateway.GW]\naddress = '10.0.0.1'",
      " vpn.v.gateway = \"GW-X\": no such gateway; expected: GW"),
    .vpn(
      "bind-interface = 'vti0'\n[vpn.w]\ngateway = 'G2'\nbind-interface = 'vti0'\n"
        + "link-control = 'none'\n[gateway.G2]\naddress = '::2'",
      " vpn.w.bind-interface = \"vti0\": vpn.v with gateway GW is on this link too; \(sharing)"),
    .vpn(
      "bind-interface = 'vti0'\n[vpn.w]\ngateway = 'GW'\nbind-interface = 'vti0'\n"
        + "[vpn.'x.1']\ngateway = 'G2'\nbind-interface = 'vti0'\n[gateway.G2]\naddress = '::2'",
      " vpn.\"x.1\".bind-interface = \"vti0\": vpn.v with gateway GW is on this link too; "
        + "\(sharing)"),
    .vpn(
      "bind-interface = 'vti0'\nroutes = ['10.2.0.0/16']\n[vpn.w]\ngateway = 'GW'\n"
        + "bind-interface = 'vti1'\nroutes = ['::/0', '10.2.0.0/16']",
      " vpn.w.routes[1] = \"10.2.0.0/16\": already in vpn.v.routes[0]; list each "
        + "prefix only once in the file"),
    Row(
      "gateway.GW.local-address = 'x'\ngateway.GW.address = ['y']\n[vpn.v]\n"
        + "gateway = 'GY'\nbind-interfaces = 1\nvpn-monitor = 'on'",
      " gateway.GW.address[0] = \"y\": not an IP address; expected: \(addressForm)",
      " gateway.GW.local-address = \"x\": not an IP address; expected: \(addressForm)",
      " vpn.v.bind-interfaces = 1: unknown key (did you mean bind-interface?); expected: "
        + "\(vpnKeys)",
      " vpn.v.gateway = \"GY\": no such gateway; expected: GW",
      " vpn.v.vpn-monitor = \"on\": must be true, false or a table, not a string"),
    .vpn(
      "routes = [1000000001, 1000000002, 1000000003, 1000000004, 1000000005, 1000000006, 1000000007]",
      " vpn.v.routes = [1000000001, 1000000002, 1000000003, 1000000004, 1000000005, "
        + "1000000006, 100000…: needs bind-interface, the link to route through",
      " vpn.v.routes[0] = 1000000001: must be a string, not an integer; expected: \(prefixForm)",
      " vpn.v.routes[1] = 1000000002: must be a string, not an integer; expected: \(prefixForm)",
      " vpn.v.routes[2] = 1000000003: must be a string, not an integer; expected: \(prefixForm)",
      " vpn.v.routes[3] = 1000000004: must be a string, not an integer; expected: \(prefixForm)",
      " vpn.v.routes[4] = 1000000005: must be a string, not an integer; expected: \(prefixForm)",
      " vpn.v.routes[5] = 1000000006: must be a string, not an integer; expected: \(prefixForm)",
      " vpn.v.routes[6] = 1000000007: must be a string, not an integer; expected: \(prefixForm)"),
  ]

private let isAddress =
  "it is an address; write the name of the interface that has it (ip -br address)"
private let isKernels =
  "a fallback device that exists in every namespace; write the name of the tunnel's VTI or XFRM interface"
private let isName = "names are not looked up, write the address"
