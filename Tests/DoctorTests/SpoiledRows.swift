import TunnelCore

@testable import Doctor

let hostRows: [SpoiledRow] = [
  .init("configuration", .error, "x.toml: vpn.a: bad", "check-config") {
    $0.configErrors = ["x.toml: vpn.a: bad"]
  },
  .init("kernel", .error, "Protocol not supported", "modprobe xfrm_user") {
    $0.xfrmObstacle = "Protocol not supported"
  },
  .init("kernel", .error, "6.1.0 has no esp4", "linux-image") { $0.modules["esp4"] = .absent },
  .init("kernel", .note, "no ip_vti", "linux-image") { $0.modules["ip_vti"] = .absent },
  .init("kernel", .error, "no ip_vti", "linux-image") {
    $0.modules["ip_vti"] = .absent
    $0.modules["xfrm_interface"] = .absent
  },
  .init("ipv6", .error, "net.ipv6.conf.all.disable_ipv6 = 1", "=0") {
    $0.configuration.vpns[0].routes = [HealthyFacts.prefix("2001:db8:2::/48")]
    $0.sysctls["net.ipv6.conf.all.disable_ipv6"] = "1"
  },
  .init("capabilities", .error, "the agent (process 100) lacks CAP_NET_RAW", "CAP_NET_RAW") {
    $0.processes[0].capabilities = 1 << 12
  },
  .init("capabilities", .error, "this process lacks CAP_NET_ADMIN, CAP_NET_RAW", "sudo") {
    $0.processes.removeFirst()
    $0.agentPID = nil
    $0.own.capabilities = 0
  },
  .init("agents", .error, "2 agents", "kill 200") {
    $0.processes.insert(.init(pid: 200, name: "vpnagent"), at: 0)
  },
  .init("notify", .warning, "/usr/local/bin/page", "chmod 755 /usr/local/bin/page") {
    $0.configuration.notify = ["/usr/local/bin/page"]
    $0.notifyObstacle = "Permission denied"
  },
  .init("clock", .warning, "3600 s in the future", "set-ntp") { $0.recordAhead = 3600 },
  .init("clock", .note, "not synchronised", "set-ntp") { $0.isClockFree = true },
]

let strongSwanRows: [SpoiledRow] = [
  .init(
    "vici", .error, "not answer (/run/charon.vici: No such file or directory)", "start strongswan"
  ) { $0.vici = .missing },
  .init("vici", .error, "(/run/charon.vici: Connection refused)", "start strongswan") {
    $0.vici = .deaf
  },
  .init("vici", .warning, "no permission", "sudo") { $0.vici = .forbidden },
  .init("vici", .error, "(/run/charon.vici: hangs)", "start strongswan") {
    $0.vici = .failed("hangs")
  },
  .init("install-routes", .error, "not set, so yes", "install_routes = no") {
    $0.strongSwan = HealthyFacts.settings("charon { }")
  },
  .init("install-routes", .error, "table 220 has 10.9.0.0/16", "install_routes = no") {
    $0.strongSwan = HealthyFacts.settings("charon { install_routes = yes }")
    $0.routes.append(HealthyFacts.route("10.9.0.0/16", by: 2, table: 220))
  },
  .init("mobike", .warning, "lacks vti0", "interfaces_ignore = dummy0, vti0") {
    $0.configuration.vpns[0].linkControl = .admin
    $0.strongSwan = HealthyFacts.settings(
      "charon {\n install_routes = no\n interfaces_ignore = dummy0\n}")
  },
  .init("own-dpd", .note, "dpd_delay = 30 s", "dead-peer-detection = true") {
    $0.connections[0].dpdDelay = 30
  },
  .init("retransmission", .note, "165 s (retransmit_tries = 5)", "retransmit_tries = 3") {
    $0.configuration.vpns[0].monitor?.interval = .seconds(1)
  },
]

let linkRows: [SpoiledRow] = [
  .init("link", .error, "no such link", "ip link add vti0 type vti local") {
    $0.links.removeAll { $0.name == "vti0" }
    $0.links.append(
      Link(
        index: 9, name: "other",
        kind: .vti(
          local: HealthyFacts.own, remote: HealthyFacts.peerB, inputKey: 42, outputKey: 42)))
  },
  .init("link", .error, "\"vti0\": its kind is dummy", "bind-interface = \"other\"") {
    $0.links[1].kind = .other("dummy")
    $0.links.append(
      Link(
        index: 9, name: "other",
        kind: .vti(
          local: HealthyFacts.own, remote: HealthyFacts.peerB, inputKey: 42, outputKey: 42)))
  },
  .init("link", .error, "\"wan\": its kind is veth", "bind-interface = \"vti0\"") {
    $0.configuration.vpns[0].bindInterface = "wan"
  },
  .init("link", .error, "\"vti0\": its SAs are in another network namespace", "--netns NAME") {
    $0.links[1].hasSAsElsewhere = true
    $0.sas.removeFirst(2)
  },
  .init("link", .error, "it is a VTI between 198.51.100.1 and 203.0.113.77", "ipsec0 type xfrm") {
    $0.links[1].kind = .vti(
      local: HealthyFacts.own, remote: IPAddress(203, 0, 113, 77), inputKey: 42, outputKey: 42)
    $0.sas.removeFirst(2)
  },
  .init("twins", .error, "vti0 and vti9 are VTIs between the same ends", "type xfrm") {
    $0.links.append(
      Link(
        index: 9, name: "vti9",
        kind: .vti(
          local: HealthyFacts.own, remote: HealthyFacts.peerB, inputKey: 43, outputKey: 43)))
  },
  .init("twins", .error, "with the same key", "ip link delete vti9") {
    $0.links.append(
      Link(
        index: 9, name: "vti9",
        kind: .vti(
          local: HealthyFacts.own, remote: HealthyFacts.peerB, inputKey: 42, outputKey: 42)))
  },
  .init(
    "peer-route", .error, "0.0.0.0/0, the route to its peer 203.0.113.1, goes through vti0",
    "ip route add 203.0.113.1/32 dev wan"
  ) {
    var route = HealthyFacts.route("0.0.0.0/0", by: 2)
    route.identity.metric = 100
    $0.routes[0] = HealthyFacts.route("0.0.0.0/0", by: 5)
    $0.routes.append(route)
  },
  .init("link", .error, "vti0 is administratively down", "ip link set vti0 up") {
    $0.links[1].isAdminUp = false
  },
  .init("mark", .error, "vti0 between the same ends has key 43", "remote 203.0.113.1 key 42") {
    $0.links[1].kind = .vti(
      local: HealthyFacts.own, remote: HealthyFacts.peerB, inputKey: 43, outputKey: 43)
  },
  .init("mark", .error, "have neither mark nor if_id", "mark_out = 42") {
    $0.sas[0].key.mark = nil
  },
  .init("if-id", .error, "have if_id 8, and no XFRM interface", "if_id 8") {
    $0.sas[2].ifID = 8
    $0.sas[3].ifID = 8
  },
  .init("if-id", .warning, "xfrm0 has if_id 7, the SAs to 203.0.113.9: 8", "if_id_out = 7") {
    $0.sas[2].ifID = 8
    $0.sas[3].ifID = 8
    $0.links.append(Link(index: 9, name: "other", kind: .xfrm(ifID: 8)))
  },
  .init("endpoints", .error, "between 192.0.2.1 and 203.0.113.1", "local 198.51.100.1") {
    $0.links[1].kind = .vti(
      local: IPAddress(192, 0, 2, 1), remote: HealthyFacts.peerB, inputKey: 42, outputKey: 42)
  },
  .init("stolen-esp", .error, "vti9, a VTI with key 9, is up", "ip link set vti9 down") {
    $0.links.append(
      Link(
        index: 9, name: "vti9",
        kind: .vti(local: HealthyFacts.own, remote: HealthyFacts.peerC, inputKey: 9, outputKey: 9)))
  },
  .init("mtu", .warning, "vti0 has MTU 1280, verify-path probes are 1370 bytes", "mtu 1400") {
    $0.links[1].mtu = 1280
    $0.configuration.vpns[0].monitor?.verifyPath?.packetSize = 1350
  },
  .init("mtu", .error, "vti0 has MTU 1200", "mtu 1400") {
    $0.links[1].mtu = 1200
    $0.configuration.vpns[0].routes = [HealthyFacts.prefix("2001:db8:2::/48")]
  },
]

let switchRows: [SpoiledRow] = [
  .init("rp-filter", .warning, "net.ipv4.conf.vti0.rp_filter = 1", "conf.vti0.rp_filter=2") {
    $0.sysctls["net.ipv4.conf.vti0.rp_filter"] = "1"
  },
  .init("rp-filter", .error, "net.ipv4.conf.vti0.rp_filter = 1", "conf.vti0.rp_filter=2") {
    $0.sysctls["net.ipv4.conf.vti0.rp_filter"] = "1"
    $0.configuration.vpns[0].monitor?.destinations = [IPAddress(10, 99, 0, 1)]
  },
  .init("rp-filter", .warning, "net.ipv4.conf.all.rp_filter = 1", "conf.vti0.rp_filter=2") {
    $0.sysctls["net.ipv4.conf.all.rp_filter"] = "1"
  },
  .init("rp-filter", .warning, "net.ipv4.conf.default.rp_filter = 1", "default.rp_filter=2") {
    $0.sysctls["net.ipv4.conf.default.rp_filter"] = "1"
    $0.configuration.templates = [
      Template(
        name: "t", match: .init(interface: NamePattern("ipsec*")),
        settings: VPN(name: "t", gateway: "", monitor: Monitor()))
    ]
  },
  .init("disable-policy", .note, "vti0.disable_policy = 0", "vti0.disable_policy=1") {
    $0.sysctls["net.ipv4.conf.vti0.disable_policy"] = "0"
  },
  .init("disable-xfrm", .error, "all.disable_xfrm = 1", "all.disable_xfrm=0") {
    $0.sysctls["net.ipv4.conf.all.disable_xfrm"] = "1"
  },
  .init("echo", .warning, "net.ipv4.icmp_echo_ignore_all = 1", "icmp_echo_ignore_all=0") {
    $0.sysctls["net.ipv4.icmp_echo_ignore_all"] = "1"
  },
  .init("vrf", .error, "raw_l3mdev_accept = 0", "raw_l3mdev_accept=1") {
    $0.sysctls["net.ipv4.raw_l3mdev_accept"] = "0"
    $0.links[1].master = 20
    $0.links.append(Link(index: 20, name: "red", kind: .other("vrf"), vrfTable: 1000))
  },
]

let neighbourRows: [SpoiledRow] = [
  .init("probe-address", .error, "169.254.100.1 is an address of this host", "destination-ip") {
    $0.configuration.vpns[0].monitor?.destinations = [IPAddress(169, 254, 100, 1)]
  },
  .init("probe-address", .warning, "vti0 has no address", "ip address add") {
    $0.addresses.removeAll { $0.linkIndex == 5 }
  },
  .init("probe-address", .warning, "does not identify the other end", "destination-ip") {
    $0.addresses[1].prefixLength = 24
  },
  .init("route-owner", .warning, "10.7.0.0/16 through vti0 is BIRD's", #"["10.7.0.0/16"]"#) {
    $0.routes.append(HealthyFacts.route("10.7.0.0/16", by: 5, protocol: 12))
  },
  .init("networkd", .error, "without ConfigureWithoutCarrier=yes", "IgnoreCarrierLoss=yes") {
    $0.networkdFiles = [
      NetworkdFile(path: "/etc/systemd/network/v.network", texts: ["[Match]\nName=vti0\n"])
    ]
  },
  .init("networkd", .error, "without IgnoreCarrierLoss=yes", "IgnoreCarrierLoss=yes") {
    $0.networkdFiles = [
      NetworkdFile(
        path: "/etc/systemd/network/v.network",
        texts: [
          "[Match]\nName=vti0\n[Network]\nConfigureWithoutCarrier=yes\nIgnoreCarrierLoss=5s\n"
        ])
    ]
  },
  .init("firewall", .error, "policy drop drops replies", #"iifname "vti0" icmp type echo-reply"#) {
    $0.firewall = Firewall([HealthyFacts.input([])])
  },
  .init("watcher", .warning, "keepalived.conf names vti0", "vti0") {
    $0.watcherFiles[0].text += "track_interface {\n vti0\n}\n"
  },
]
