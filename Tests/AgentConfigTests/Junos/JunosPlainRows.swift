/// Configurations that are kept whole.
let junosPlainRows: [JunosRow] = [
  JunosRow(
    "a policy-based VPN without monitoring",
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"

      """),
  JunosRow(
    "respond-bad-spi without a number",
    """
    set security ike respond-bad-spi
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW

    """,
    toml: """

      respond-bad-spi = true

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"

      """),
  JunosRow(
    "a bare vpn-monitor",
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ipsec vpn V vpn-monitor

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"
      bind-interface = "st0-0"  # st0.0
      # 3: bind-interface st0.0 -> call the VTI or XFRM interface st0-0, or import with --link st0.0=NAME

      [vpn.V.vpn-monitor]
      probe-source = "endpoint"  # as Junos; "link" for a peer that answers outside the tunnel

      """,
    warnings: junosOnTraffic),
  JunosRow(
    "every statement of vpn-monitor",
    links: ["ge-0/0/1.0": "eth1", "st0.0": "vti0"],
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ipsec vpn V vpn-monitor optimized
    set security ipsec vpn V vpn-monitor source-interface ge-0/0/1.0
    set security ipsec vpn V vpn-monitor destination-ip 10.9.0.1
    set security ipsec vpn V vpn-monitor verify-path destination-ip 10.9.0.2
    set security ipsec vpn V vpn-monitor verify-path packet-size 1350

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"
      bind-interface = "vti0"  # st0.0

      [vpn.V.vpn-monitor]
      optimized = true
      probe-source = "endpoint"  # as Junos; "link" for a peer that answers outside the tunnel
      source-interface = "eth1"  # ge-0/0/1.0
      destination-ip = "10.9.0.1"
      verify-path = { destination-ip = "10.9.0.2", packet-size = 1350 }

      """,
    warnings: junosOnTraffic),
  JunosRow(
    "several statements on one line",
    links: ["st0.0": "vti0"],
    """
    set security ipsec vpn-monitor-options interval 2 threshold 65536
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ipsec vpn V vpn-monitor optimized destination-ip 10.9.0.1 verify-path packet-size 64

    """,
    toml: """

      [vpn-monitor-options]
      interval = 2
      threshold = 65536

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"
      bind-interface = "vti0"  # st0.0

      [vpn.V.vpn-monitor]
      optimized = true
      probe-source = "endpoint"  # as Junos; "link" for a peer that answers outside the tunnel
      destination-ip = "10.9.0.1"
      verify-path = true

      """,
    warnings: junosOnTraffic),
  JunosRow(
    "options at their defaults",
    links: ["V": "vti7"],
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ipsec vpn-monitor-options interval 10
    set security ipsec vpn-monitor-options threshold 10

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"
      bind-interface = "vti7"  # st0.0

      """),
  JunosRow(
    "several addresses",
    """
    set security ike gateway GW address [ 203.0.113.1 203.0.113.2 ]
    set security ike gateway GW address 203.0.113.3
    set security ipsec vpn V ike gateway GW

    """,
    toml: """

      [gateway.GW]
      address = ["203.0.113.1", "203.0.113.2", "203.0.113.3"]

      [vpn.V]
      gateway = "GW"

      """),
  JunosRow(
    "the curly form",
    links: ["st0.0": "ipsec0"],
    """
    security {
        ike { gateway GW { address [ 203.0.113.1 203.0.113.2 ]; local-address 198.51.100.1; } }
        ipsec {
            vpn-monitor-options { interval 5; threshold 3; }
            vpn V { bind-interface st0.0; ike { gateway GW; } vpn-monitor { verify-path; }
                    establish-tunnels responder-only; }
        }
    }

    """,
    toml: """

      [vpn-monitor-options]
      interval = 5
      threshold = 3

      [gateway.GW]
      address = ["203.0.113.1", "203.0.113.2"]
      local-address = "198.51.100.1"

      [vpn.V]
      gateway = "GW"
      bind-interface = "ipsec0"  # st0.0
      establish-tunnels = "responder-only"
      # 6: establish-tunnels responder-only -> and swanctl.conf, child: no start_action

      [vpn.V.vpn-monitor]
      probe-source = "endpoint"  # as Junos; "link" for a peer that answers outside the tunnel
      verify-path = true

      """),
  JunosRow(
    "show configuration security, from below it",
    """
    ike { gateway GW { address 203.0.113.1; } }
    ipsec { vpn V { ike { gateway GW; } } }

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"

      """),
  JunosRow(
    "IPv6",
    """
    set security ike gateway GW address 2001:DB8:0::1
    set security ike gateway GW local-address 2001:db8::2
    set security ipsec vpn V ike gateway GW

    """,
    toml: """

      [gateway.GW]
      address = "2001:db8::1"
      local-address = "2001:db8::2"

      [vpn.V]
      gateway = "GW"

      """),
  JunosRow(
    "every establish-tunnels",
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V establish-tunnels immediately
    set security ipsec vpn W ike gateway GW
    set security ipsec vpn W establish-tunnels responder-only-no-rekey
    set security ipsec vpn X ike gateway GW
    set security ipsec vpn X establish-tunnels on-traffic

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"
      establish-tunnels = "immediately"
      # 3: establish-tunnels immediately -> and swanctl.conf, child: start_action = start

      [vpn.W]
      gateway = "GW"
      establish-tunnels = "responder-only"
      # 5: establish-tunnels responder-only-no-rekey -> and swanctl.conf, child: rekey_time = 0

      [vpn.X]
      gateway = "GW"
      # 7: establish-tunnels on-traffic -> and swanctl.conf, child: start_action = trap

      """),
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
      probe-source = "endpoint"  # as Junos; "link" for a peer that answers outside the tunnel

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
      #     in a routing table of its own:
      #     ip route add 10.5.0.0/16 dev vti0
      # 9: routing-options static route 10.6.0.0/16 qualified-next-hop st0.0 preference 20 ->
      #     not a plain route:
      #     ip route add 10.6.0.0/16 dev vti0 metric 20

      [vpn.V.vpn-monitor]
      probe-source = "endpoint"  # as Junos; "link" for a peer that answers outside the tunnel

      # Of no gateway and no VPN:
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
