/// What stands outside of `security ike` and `security ipsec`, and how a text may come.
let junosElsewhereRows: [JunosRow] = [
  JunosRow(
    "a unit in one word, and what is not imported of it",
    links: ["st0.1": "vti1"],
    """
    \(oneVPN)
    set interfaces st0.1 family inet address 10.255.0.1/30
    set interfaces st0.1 family inet mtu 1400
    set interfaces st0.1 family inet6
    set interfaces st0.1 description "to \\"B\\""
    set interfaces st0.1 disable
    deactivate interfaces st0.1 disable
    set routing-options static route 10.8.0.0/16 next-hop 10.255.0.2
    set routing-options static route 10.9.0.0/16 next-hop st0.1 metric 7 tag 3
    set routing-options static route 10.10.0.0/16 next-hop st0.1
    deactivate routing-options static route 10.10.0.0/16
    set security zones security-zone vpn interfaces st0.1
    set security flow tcp-mss ipsec-vpn mss 1350
    set class-of-service interfaces st0 unit 1 scheduler-map M

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"
      bind-interface = "vti1"  # st0.1
      routes = ["10.8.0.0/16"]
      # 5: interfaces st0 unit 1 family inet address 10.255.0.1/30 ->
      #     ip address add 10.255.0.1/30 dev vti1
      # 6: interfaces st0 unit 1 family inet mtu 1400 -> ip link set vti1 mtu 1400
      # 7: interfaces st0 unit 1 family inet6 -> nothing to set: a link of Linux has every family
      # 8: interfaces st0 unit 1 description "to "B"" -> ip link set vti1 alias "to "B""
      # 9: inactive: interfaces st0 unit 1 disable -> left out, as Junos does
      # 12: routing-options static route 10.9.0.0/16 next-hop st0.1 metric 7 tag 3 ->
      #     not a plain route:
      #     ip route add 10.9.0.0/16 dev vti1 metric 7
      # 13: inactive: routing-options static route 10.10.0.0/16 next-hop st0.1 -> left out, as Junos does
      # 15: security zones security-zone vpn interfaces st0.1 ->
      #     nftables: iifname and oifname "vti1" where the rules of zone vpn are
      # 17: class-of-service interfaces st0 unit 1 scheduler-map M -> not imported; st0.1 is vti1 here

      [vpn.V.vpn-monitor]
      probe-source = "endpoint"

      # Outside of gateways and VPNs:
      # 16: security flow tcp-mss ipsec-vpn mss 1350 ->
      #     nftables, chain forward: oifname { "vti1" } tcp flags syn tcp option maxseg size set 1350; the
      #     same with iifname

      """,
    warnings: junosOnTraffic),
  JunosRow(
    "probes for Linux peers",
    links: ["st0.1": "vti1"], probeSource: .link,
    """
    \(oneVPN)
    set security ipsec vpn W ike gateway GW
    set security ipsec vpn W vpn-monitor source-interface lo0.0

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"
      bind-interface = "vti1"  # st0.1

      [vpn.V.vpn-monitor]

      [vpn.W]
      gateway = "GW"

      [vpn.W.vpn-monitor]
      probe-source = "endpoint"
      source-interface = "lo"  # lo0.0

      """,
    warnings: junosOnTraffic),
]

private let oneVPN = """
  set security ike gateway GW address 203.0.113.1
  set security ipsec vpn V ike gateway GW
  set security ipsec vpn V bind-interface st0.1
  set security ipsec vpn V vpn-monitor
  """
