/// Links of VPNs, and the static routes by them.
let junosLinkRows: [JunosRow] = [
  JunosRow(
    "static routes to the link",
    links: ["st0.0": "vti0"],
    """
    set interfaces st0 unit 0 family inet address 169.254.1.1/30
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ipsec vpn V vpn-monitor
    set routing-options static route 10.2.0.0/16 next-hop st0.0
    set routing-options static route 10.3/16 next-hop 169.254.1.2
    set routing-options static route 0.0.0.0/0 next-hop 198.51.100.1
    set routing-options rib inet6.0 static route 2001:db8:2::/48 next-hop st0.0

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"
      bind-interface = "vti0"  # st0.0
      routes = ["10.2.0.0/16", "10.3.0.0/16", "2001:db8:2::/48"]
      # 1: interfaces st0 unit 0 family inet address 169.254.1.1/30 ->
      #     ip address add 169.254.1.1/30 dev vti0

      [vpn.V.vpn-monitor]
      probe-source = "endpoint"

      """,
    warnings: junosOnTraffic),
  JunosRow(
    "static routes that stay the operator's",
    links: ["st0.0": "vti0"],
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ipsec vpn V vpn-monitor
    set routing-options static route 10.2.0.0/16 next-hop [ st0.0 st0.1 ]
    set routing-options static route 10.3.0.0/16 next-hop st0.0 preference 7
    set routing-options static route 10.4.0.0/16 next-hop st0.9
    set routing-instances VR routing-options static route 10.5.0.0/16 next-hop st0.0
    set routing-options static route 10.6.0.0/16 qualified-next-hop st0.0 preference 20

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"
      bind-interface = "vti0"  # st0.0
      # 5: routing-options static route 10.2.0.0/16 next-hop st0.0 next-hop st0.1 ->
      #     several next hops:
      #     ip route add 10.2.0.0/16 nexthop dev vti0 nexthop dev st0-1
      # 6: routing-options static route 10.3.0.0/16 next-hop st0.0 preference 7 ->
      #     not a plain route:
      #     ip route add 10.3.0.0/16 dev vti0 metric 7
      # 8: routing-instances VR routing-options static route 10.5.0.0/16 next-hop st0.0 ->
      #     in routing instance VR, a VRF here:
      #     ip route add 10.5.0.0/16 dev vti0 vrf VR
      # 9: routing-options static route 10.6.0.0/16 qualified-next-hop st0.0 preference 20 ->
      #     not a plain route:
      #     ip route add 10.6.0.0/16 dev vti0 metric 20

      [vpn.V.vpn-monitor]
      probe-source = "endpoint"

      # Outside of gateways and VPNs:
      # 7: routing-options static route 10.4.0.0/16 next-hop st0.9 ->
      #     no VPN here is bound to that link:
      #     ip route add 10.4.0.0/16 dev st0-9

      """,
    warnings: junosOnTraffic),
  JunosRow(
    "two VPNs of one gateway on one link",
    links: ["st0.0": "vti0"],
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ipsec vpn W ike gateway GW
    set security ipsec vpn W bind-interface st0.0

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"
      bind-interface = "vti0"  # st0.0

      [vpn.W]
      gateway = "GW"
      bind-interface = "vti0"  # st0.0

      """),
  JunosRow(
    "links named by VPN",
    links: ["V": "vti0", "W": "vti1"],
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ike gateway G2 address 203.0.113.2
    set security ipsec vpn W ike gateway G2
    set security ipsec vpn W bind-interface st0.0

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [gateway.G2]
      address = "203.0.113.2"

      [vpn.V]
      gateway = "GW"
      bind-interface = "vti0"  # st0.0

      [vpn.W]
      gateway = "G2"
      bind-interface = "vti1"  # st0.0

      """),
]
