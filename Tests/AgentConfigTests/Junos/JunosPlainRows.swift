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
      probe-source = "endpoint"

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
      probe-source = "endpoint"
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
      probe-source = "endpoint"
      destination-ip = "10.9.0.1"
      verify-path = true

      """,
    warnings: junosOnTraffic),
  JunosRow(
    "options at their defaults",
    links: ["V": "vti7"],
    redundant: [4, 5],
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
      probe-source = "endpoint"
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
]
