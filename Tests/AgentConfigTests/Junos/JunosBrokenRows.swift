/// Configurations that Junos itself would refuse, and texts that are none.
let junosBrokenRows: [JunosRow] = [
  JunosRow(
    "values out of range",
    redundant: [4],
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ipsec vpn V vpn-monitor
    set security ipsec vpn-monitor-options interval 1 threshold 0
    set security ike gateway GW dead-peer-detection interval 61 threshold six
    set security ipsec vpn V vpn-monitor verify-path packet-size 1351
    set security ipsec vpn V vpn-monitor destination-ip 224.0.0.1
    set security ipsec vpn V establish-tunnels always

    """,
    errors: """
      f.conf:5: security ipsec vpn-monitor-options interval 1: not valid; expected: 2...3600 (seconds)
      f.conf:5: security ipsec vpn-monitor-options threshold 0: not valid; expected: 1...65536 (consecutive lost probes)
      f.conf:6: security ike gateway GW dead-peer-detection interval 61: not valid; expected: 2...60 (seconds)
      f.conf:6: security ike gateway GW dead-peer-detection threshold six: not valid; expected: 1...5 (lost probes)
      f.conf:7: security ipsec vpn V vpn-monitor verify-path packet-size 1351: not valid; expected: 64...1350 (bytes of the whole ICMP message)
      f.conf:8: security ipsec vpn V vpn-monitor destination-ip 224.0.0.1: not valid; expected: a unicast IPv4 or IPv6 address
      f.conf:9: security ipsec vpn V establish-tunnels always: not valid; expected: immediately, on-traffic, responder-only, responder-only-no-rekey
      f.conf: 7 statements cannot be converted; --lenient turns them into comments
      """),
  JunosRow(
    "misspelt statements",
    """
    set security ike gateway GW adress 203.0.113.1
    set security ike gatway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GX
    set security ipsec vpn V vpn-monitor verify

    """,
    errors: """
      f.conf:1: security ike gateway GW adress 203.0.113.1: unknown statement (did you mean address?); expected: aaa, address, advpn, dead-peer-detection, description, distribution-profile, dynamic, external-interface, fragmentation, general-ikeid, ike-policy, local-address, local-identity, nat-keepalive, no-nat-traversal, node-local, ppk-profile, remote-identity, tcp-encap-profile, version, xauth
      f.conf:1: security ike gateway GW: no address; expected: address ADDRESS
      f.conf:2: security ike gatway GW address 203.0.113.1: unknown statement (did you mean gateway?); expected: blocklists, gateway, policy, proposal, respond-bad-spi, session, traceoptions
      f.conf:3: security ipsec vpn V ike gateway GX: no such gateway; expected: GW
      f.conf:4: security ipsec vpn V vpn-monitor verify: unknown statement; expected: destination-ip, optimized, source-interface, verify-path
      f.conf: 5 statements cannot be converted; --lenient turns them into comments
      """),
  JunosRow(
    "missing values",
    """
    set security ike gateway GW address
    set security ipsec vpn V bind-interface
    set security ipsec vpn W vpn-monitor

    """,
    errors: """
      f.conf:1: security ike gateway GW address: value missing; expected: a unicast IPv4 or IPv6 address
      f.conf:2: security ipsec vpn V bind-interface: not a tunnel interface; expected: st0.N
      f.conf:2: security ipsec vpn V: no gateway; expected: ike gateway NAME
      f.conf:3: security ipsec vpn W: no gateway; expected: ike gateway NAME
      f.conf: 4 statements cannot be converted; --lenient turns them into comments
      """),
  JunosRow(
    "families that differ",
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ike gateway GW local-address ::1

    """,
    errors: """
      f.conf:3: security ike gateway GW local-address ::1: the gateway has 203.0.113.1; expected: addresses of one family
      f.conf: 1 statement cannot be converted; --lenient turns it into a comment
      """),
  JunosRow(
    "routes that are no prefixes",
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0
    set security ipsec vpn V vpn-monitor
    set routing-options static route 10.2.3.4/16 next-hop st0.0
    set routing-options static route 10.0.0.0/33 next-hop st0.0

    """,
    errors: """
      f.conf:5: routing-options static route 10.2.3.4/16: has host bits; expected: 10.2.0.0/16
      f.conf:6: routing-options static route 10.0.0.0/33: not an IP prefix; expected: ADDRESS/LENGTH
      f.conf: 2 statements cannot be converted; --lenient turns them into comments
      """),
  JunosRow(
    "a block without its end",
    """
    security {
      ike {
        gateway GW {
          address 203.0.113.1;
        }

    """,
    errors: """
      f.conf:2: '{' without '}': security ike
      """),
  JunosRow(
    "an end without its block",
    """
    security {
    } }

    """,
    errors: """
      f.conf:2: '}' closes nothing
      """),
  JunosRow(
    "a statement without its end",
    """
    security {
      ike {
        gateway GW
      }
    }

    """,
    errors: """
      f.conf:3: no ';' after gateway GW
      """),
  JunosRow(
    "a string without its end",
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ike gateway "GW

    """,
    errors: """
      f.conf:3: a string without its closing '"'
      """),
  JunosRow(
    "a comment without its end",
    """
    /* set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW

    """,
    errors: """
      f.conf:1: '/*' without '*/'
      """),
  JunosRow(
    "a list without its end",
    """
    set security ike gateway GW address [ 203.0.113.1

    """,
    errors: """
      f.conf:1: '[' without ']' after security ike gateway GW address
      """),
  JunosRow(
    "another language",
    """
    [gateway.GW]
    address = "203.0.113.1"

    """,
    errors: """
      f.conf:1: '[' without a statement; expected: set lines, or the form with braces
      """),
  JunosRow(
    "nothing",
    """

    """,
    errors: """
      f.conf: contains neither 'security ike' nor 'security ipsec'; expected: the output of 'show configuration' or 'show configuration security', with or without '| display set'
      """),
  JunosRow(
    "a configuration without tunnels",
    """
    set system host-name srx
    set security zones security-zone trust

    """,
    errors: """
      f.conf: contains neither 'security ike' nor 'security ipsec'; expected: the output of 'show configuration' or 'show configuration security', with or without '| display set'
      """),
  JunosRow(
    "up",
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    edit security ike gateway GW
    up

    """,
    errors: """
      f.conf:4: 'up' is not supported; use top and edit
      """),
  JunosRow(
    "a link that is no name",
    links: ["st0.0": "a/b"],
    """
    set security ike gateway GW address 203.0.113.1
    set security ipsec vpn V ike gateway GW
    set security ipsec vpn V bind-interface st0.0

    """,
    errors: """
      --link: st0.0 = "a/b": not an interface name: it contains '/'
      """),
]
