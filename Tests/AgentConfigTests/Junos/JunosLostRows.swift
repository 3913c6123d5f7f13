/// Configurations of which something cannot be kept.
let junosLostRows: [JunosRow] = [
  JunosRow(
    "a dynamic gateway",
    """
    set security ike gateway GW dynamic hostname branch.example
    set security ipsec vpn V ike gateway GW

    """,
    errors: """
      f.conf:1: security ike gateway GW dynamic hostname branch.example: the peer's address is not known; expected: address ADDRESS
      f.conf: 1 statement cannot be converted; --lenient turns it into a comment
      """),
  JunosRow(
    "a dynamic gateway, leniently",
    isLenient: true,
    """
    set security ike gateway GW dynamic hostname branch.example
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V vpn-monitor

    """,
    toml: """

      # [gateway.GW]
      # address = []
      # 1: dynamic hostname branch.example ->
      #     left out: the peer's address is not known; expected: address ADDRESS

      # [vpn.V]
      # gateway = "GW"
      # 2: ike gateway GW -> left out, as its gateway is

      # [vpn.V.vpn-monitor]
      # probe-source = "endpoint"

      """,
    warnings: """
      f.conf:1: security ike gateway GW dynamic hostname branch.example: the peer's address is not known; expected: address ADDRESS; left out
      f.conf: contains no VPN that can be converted
      """),
  JunosRow(
    "host names",
    isLenient: true,
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ike gateway GW address gw.example.com

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"
      # 3: address gw.example.com ->
      #     left out: host names are not resolved; expected: an IPv4 or IPv6 address

      [vpn.V]
      gateway = "GW"

      """,
    warnings: """
      f.conf:3: security ike gateway GW address gw.example.com: host names are not resolved; expected: an IPv4 or IPv6 address; left out
      """),
  JunosRow(
    "keys by hand",
    """
    set security ipsec vpn V manual gateway 203.0.113.1
    set security ipsec vpn V manual spi 300
    set security ipsec vpn V manual encryption key hexadecimal 00ff

    """,
    errors: """
      f.conf:1: security ipsec vpn V manual gateway 203.0.113.1 spi 300 encryption key hexadecimal <secret>: manual keys are not supported, nothing would renew cleared SAs; expected: ike
      f.conf: 1 statement cannot be converted; --lenient turns it into a comment
      """),
  JunosRow(
    "an address of two gateways",
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ike gateway G2 address 203.0.113.1
    set security ipsec vpn W ike gateway G2

    """,
    errors: """
      f.conf:3: security ike gateway G2 address 203.0.113.1: gateway GW already has this address; use one gateway per address
      f.conf: 1 statement cannot be converted; --lenient turns it into a comment
      """),
  JunosRow(
    "a link of two gateways, strictly",
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ike gateway G2 address 203.0.113.2
    set security ipsec vpn W ike gateway G2
    set security ipsec vpn W bind-interface st0.0

    """,
    errors: """
      f.conf:3: security ipsec vpn V bind-interface st0.0: also the link of W, which has another gateway; use one link per gateway (--link V=NAME)
      f.conf:6: security ipsec vpn W bind-interface st0.0: also the link of V, which has another gateway; use one link per gateway (--link W=NAME)
      f.conf: 2 statements cannot be converted; --lenient turns them into comments
      """),
  JunosRow(
    "a link of two gateways, leniently",
    isLenient: true,
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ipsec vpn V vpn-monitor
    set security ike gateway G2 address 203.0.113.2
    set security ipsec vpn W ike gateway G2
    set security ipsec vpn W bind-interface st0.0
    set routing-options static route 10.2.0.0/16 next-hop st0.0

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [gateway.G2]
      address = "203.0.113.2"

      [vpn.V]
      gateway = "GW"
      bind-interface = "st0-0"  # st0.0
      link-control = "none"
      # 3: bind-interface st0.0 -> call the VTI or XFRM interface st0-0, or import with --link st0.0=NAME
      # 3: bind-interface st0.0 ->
      #     link-control = "none": also the link of W, which has another gateway; use one link per gateway
      #     (--link V=NAME)
      # 8: routing-options static route 10.2.0.0/16 next-hop st0.0 ->
      #     a link of several VPNs:
      #     ip route add 10.2.0.0/16 dev st0-0

      [vpn.V.vpn-monitor]
      probe-source = "endpoint"

      [vpn.W]
      gateway = "G2"
      bind-interface = "st0-0"  # st0.0
      link-control = "none"
      # 7: bind-interface st0.0 -> call the VTI or XFRM interface st0-0, or import with --link st0.0=NAME
      # 7: bind-interface st0.0 ->
      #     link-control = "none": also the link of V, which has another gateway; use one link per gateway
      #     (--link W=NAME)

      """,
    warnings: """
      f.conf:3: security ipsec vpn V bind-interface st0.0: also the link of W, which has another gateway; use one link per gateway (--link V=NAME); link-control = "none"
      f.conf:7: security ipsec vpn W bind-interface st0.0: also the link of V, which has another gateway; use one link per gateway (--link W=NAME); link-control = "none"
      """),
  JunosRow(
    "groups that may concern tunnels",
    """
    set groups VPN security ipsec vpn <*> vpn-monitor
    set security ipsec apply-groups VPN
    set apply-groups elsewhere
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW

    """,
    errors: """
      f.conf:2: security ipsec apply-groups VPN: groups are not expanded, 1 statement about tunnels in it; use 'show configuration | display inheritance no-comments | display set'
      f.conf:3: apply-groups elsewhere: groups are not expanded, and this one is not in the file; use 'show configuration | display inheritance no-comments | display set'
      f.conf: 2 statements cannot be converted; --lenient turns them into comments
      """),
  JunosRow(
    "commands that are not followed",
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    rename security ipsec vpn V to vpn W
    rename interfaces ge-0/0/0 to ge-0/0/1
    set logical-systems LS security ike gateway X address 203.0.113.9

    """,
    errors: """
      f.conf:3: rename security ipsec vpn V to vpn W: not supported; expected: set, delete, deactivate, activate
      f.conf:5: logical-systems LS: not supported (1 statement about tunnels in it); use 'show configuration' inside it
      f.conf: 2 statements cannot be converted; --lenient turns them into comments
      """),
  JunosRow(
    "an interface without a name on Linux",
    redundant: [3],
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ipsec vpn V vpn-monitor source-interface ge-0/0/1.0
    set security ipsec vpn V bind-interface ms-0/0/0.1

    """,
    errors: """
      f.conf:4: security ipsec vpn V vpn-monitor source-interface ge-0/0/1.0: no such interface on Linux; expected: lo0.0, st0.N, or any with --link NAME=INTERFACE
      f.conf:5: security ipsec vpn V bind-interface ms-0/0/0.1: not a tunnel interface; expected: st0.N
      f.conf: 2 statements cannot be converted; --lenient turns them into comments
      """),
]
