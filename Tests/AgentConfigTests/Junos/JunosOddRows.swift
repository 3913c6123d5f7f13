/// Configurations that are kept, and are odd or say more than the agent has keys for.
let junosOddRows: [JunosRow] = [
  JunosRow(
    "deactivate, activate, delete",
    links: ["st0.0": "vti0"],
    redundant: [6],
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ipsec vpn V vpn-monitor
    deactivate security ipsec vpn V vpn-monitor
    set security ike gateway GW local-address 198.51.100.1
    delete security ike gateway GW local-address
    deactivate security ipsec vpn V bind-interface
    activate security ipsec vpn V bind-interface
    delete security ipsec vpn NONE

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"
      bind-interface = "vti0"  # st0.0
      # 4: inactive: vpn-monitor -> left out, as Junos does

      """),
  JunosRow(
    "inactive and tagged blocks",
    """
    security {
        /* the
           peers */
        ike {
            protect: gateway GW { address 203.0.113.1; inactive: address 203.0.113.9; }
            inactive: gateway OLD { address 203.0.113.1; }
        } # end of ike
        ipsec {
            vpn V { ike { gateway WRONG; } }
            replace: vpn V { ike { gateway GW; } inactive: vpn-monitor; }
            vpn W { ike { gateway OLD; } }
            delete: vpn W;
        }
    }

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"
      # 5: inactive: address 203.0.113.9 -> left out, as Junos does

      [vpn.V]
      gateway = "GW"
      # 10: inactive: vpn-monitor -> left out, as Junos does

      # Outside of gateways and VPNs:
      # 6: inactive: gateway OLD address 203.0.113.1 -> left out, as Junos does

      """),
  JunosRow(
    "a terminal's log",
    """
    admin@srx> show configuration security | display set | no-more
    set version 21.4R3
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW

    {primary:node0}
    admin@srx> edit
    {primary:node0}[edit]
    admin@srx# edit security ipsec vpn V
    [edit security ipsec vpn V]
    admin@srx# set establish-tunnels immediately
    admin@srx# top
    [edit]
    admin@srx# show | compare
    admin@srx# commit
    commit complete;

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"
      establish-tunnels = "immediately"
      # 11: establish-tunnels immediately -> and swanctl.conf, child: start_action = start

      """),
  JunosRow(
    "names that TOML and the agent do not take bare",
    #"""
    set security ike gateway a.b address 203.0.113.1
    set security ike gateway "HQ 1/2" address 203.0.113.2
    set security ike gateway HQ-1-2 address 203.0.113.3
    set security ipsec vpn v.1 ike gateway a.b
    set security ipsec vpn "to HQ \"é\"" ike gateway "HQ 1/2"
    set security ipsec vpn z ike gateway HQ-1-2

    """#,
    toml: """

      [gateway."a.b"]
      address = "203.0.113.1"

      [gateway.HQ-1-2]  # "HQ 1/2"
      address = "203.0.113.2"

      [gateway.HQ-1-2-2]  # HQ-1-2
      address = "203.0.113.3"

      [vpn."v.1"]
      gateway = "a.b"

      [vpn.to-HQ----]  # "to HQ "é""
      gateway = "HQ-1-2"

      [vpn.z]
      gateway = "HQ-1-2-2"

      """),
  JunosRow(
    "groups that do not concern tunnels",
    redundant: [6],
    """
    set groups node0 system host-name a
    set groups top interfaces <*> mtu 1500
    set apply-groups "${node}"
    set apply-groups top
    set security apply-groups junos-defaults
    set security ike apply-groups-except top
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
    "a gateway that no VPN uses",
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ike gateway SPARE address 203.0.113.7

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      # [gateway.SPARE]
      # address = "203.0.113.7"
      # 3: gateway SPARE -> no VPN uses it

      [vpn.V]
      gateway = "GW"

      """),
  JunosRow(
    "no VPN at all",
    """
    set security ike gateway GW address 203.0.113.1

    """,
    toml: """

      # [gateway.GW]
      # address = "203.0.113.1"
      # 1: gateway GW -> no VPN uses it

      """,
    warnings: """
      f.conf: contains no VPN that can be converted
      """),
]
