/// Statements that are the IKE daemon's, and stay with it.
let junosDaemonRows: [JunosRow] = [
  JunosRow(
    "secrets stay where they are",
    """
    set security ike policy P pre-shared-key ascii-text "$9$abc;}"
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ike gateway GW ike-policy P
    set security ike gateway GW aaa client username u password hunter2

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"
      # 4: ike-policy P -> swanctl.conf: proposals, local, remote; its key in secrets
      # 5: aaa client username u password <secret> ->
      #     swanctl.conf: remote.auth; remote access is up to strongSwan alone

      [vpn.V]
      gateway = "GW"

      # Outside of gateways and VPNs:
      # 1: security ike policy P pre-shared-key ascii-text <secret> ->
      #     swanctl.conf: proposals, local, remote and secrets of the connections that use it

      """),
  JunosRow(
    "what belongs to the gateway's connection",
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ike gateway GW ike-policy P
    set security ike gateway GW external-interface ge-0/0/0.0
    set security ike gateway GW version v1-only
    set security ike gateway GW local-identity hostname a.example
    set security ike gateway GW remote-identity inet 203.0.113.1
    set security ike gateway GW no-nat-traversal
    set security ike gateway GW nat-keepalive 20
    set security ike gateway GW general-ikeid
    set security ike gateway GW fragmentation size 1400
    set security ike gateway GW dead-peer-detection always-send interval 5 threshold 3

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"
      dead-peer-detection = { mode = "always-send", interval = 5, threshold = 3 }
      # 3: ike-policy P -> swanctl.conf: proposals, local, remote; its key in secrets
      # 4: external-interface ge-0/0/0.0 -> swanctl.conf: local_addrs = address of that interface
      # 5: version v1-only -> swanctl.conf: version = 1
      # 6: local-identity hostname a.example -> swanctl.conf: local.id
      # 7: remote-identity inet 203.0.113.1 -> swanctl.conf: remote.id
      # 8: no-nat-traversal -> no counterpart: strongSwan encapsulates in UDP where it finds NAT
      # 9: nat-keepalive 20 -> strongswan.conf: charon.keep_alive = 20s
      # 10: general-ikeid -> swanctl.conf: remote.id = %any
      # 11: fragmentation size 1400 -> swanctl.conf: fragmentation; strongswan.conf: charon.fragment_size

      [vpn.V]
      gateway = "GW"

      """),
  JunosRow(
    "what belongs to the VPN's child",
    links: ["st0.0": "vti0"],
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ipsec vpn V ike ipsec-policy P
    set security ipsec vpn V ike idle-time 60
    set security ipsec vpn V ike no-anti-replay
    set security ipsec vpn V ike proxy-identity local 10.1.0.0/16 remote 10.2.0.0/16 service any
    set security ipsec vpn V df-bit copy
    set security ipsec vpn V copy-outer-dscp
    set security ipsec vpn V tunnel-mtu 1400
    set security ipsec vpn V multi-sa forwarding-class best-effort
    set security ipsec vpn V udp-encapsulate
    set security ipsec vpn V traffic-selector T local-ip 10.1.0.0/16
    set security ipsec vpn V traffic-selector T remote-ip 10.2.0.0/16

    """,
    toml: """

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"
      bind-interface = "vti0"  # st0.0
      # 4: ike ipsec-policy P -> swanctl.conf, child: esp_proposals
      # 5: ike idle-time 60 -> swanctl.conf, child: inactivity = 60s
      # 6: ike no-anti-replay -> swanctl.conf, child: replay_window = 0
      # 7: ike proxy-identity local 10.1.0.0/16 remote 10.2.0.0/16 service any ->
      #     swanctl.conf, child: local_ts = 10.1.0.0/16, remote_ts = 10.2.0.0/16
      # 8: df-bit copy -> swanctl.conf, child: copy_df = yes
      # 9: copy-outer-dscp -> swanctl.conf, child: copy_dscp = yes
      # 10: tunnel-mtu 1400 -> ip link set vti0 mtu 1400
      # 11: multi-sa forwarding-class best-effort ->
      #     no counterpart: strongSwan creates one pair of SAs per child
      # 12: udp-encapsulate -> swanctl.conf: encap = yes
      # 13: traffic-selector T local-ip 10.1.0.0/16 remote-ip 10.2.0.0/16 ->
      #     swanctl.conf, child T: local_ts = 10.1.0.0/16, remote_ts = 10.2.0.0/16; Junos adds these
      #     routes itself, on Linux run:
      #     ip route add 10.2.0.0/16 dev vti0

      """),
  JunosRow(
    "what belongs to the daemon as a whole",
    redundant: [9],
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ike respond-bad-spi 7
    set security ike traceoptions flag all
    set security ike proposal P dh-group group14
    set security ike proposal P encryption-algorithm aes-256-cbc
    set security ipsec proposal E protocol esp
    set security ipsec policy E proposals E
    set security ipsec vpn-monitor-options

    """,
    toml: """

      respond-bad-spi = { max-responses = 7 }

      [gateway.GW]
      address = "203.0.113.1"

      [vpn.V]
      gateway = "GW"

      # Outside of gateways and VPNs:
      # 4: security ike traceoptions flag all -> strongswan.conf: charon.filelog; or swanctl --log
      # 5: security ike proposal P dh-group group14 encryption-algorithm aes-256-cbc ->
      #     swanctl.conf: proposals of the connections that use it
      # 7: security ipsec proposal E protocol esp ->
      #     swanctl.conf: esp_proposals of the children that use it
      # 8: security ipsec policy E proposals E -> swanctl.conf: esp_proposals of the children that use it

      """),
]
