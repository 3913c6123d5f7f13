/// What the import of the cluster gives, below its head.
let threeVPNsFile = """

  [vpn-monitor-options]
  interval = 5
  threshold = 6

  [gateway.GW-HQ]
  address = ["203.0.113.1", "203.0.113.65"]
  local-address = "198.51.100.1"
  dead-peer-detection = { mode = "probe-idle-tunnel", threshold = 3 }
  # 45: ike-policy HEADQUARTERS -> swanctl.conf: proposals, local, remote; its key in secrets
  # 52: external-interface reth0.0 -> not needed beside local-address
  # 54: version v2-only -> swanctl.conf: version = 2

  [gateway.GW-PARIS]
  address = "192.0.2.33"
  dead-peer-detection = { threshold = 3 }
  # 57: ike-policy BRANCHES -> swanctl.conf: proposals, local, remote; its key in secrets
  # 63: external-interface reth0.0 -> swanctl.conf: local_addrs = address of that interface
  # 64: version v2-only -> swanctl.conf: version = 2

  [gateway.GW-LYON]
  address = "192.0.2.77"
  # 67: ike-policy BRANCHES -> swanctl.conf: proposals, local, remote; its key in secrets
  # 69: external-interface reth0.0 -> swanctl.conf: local_addrs = address of that interface
  # 70: version v2-only -> swanctl.conf: version = 2

  [vpn.HQ]
  gateway = "GW-HQ"
  bind-interface = "vti0"  # st0.0
  establish-tunnels = "immediately"
  routes = ["10.2.0.0/16", "10.4.0.0/14"]
  # 96: df-bit clear -> swanctl.conf, child: copy_df = no
  # 105: ike ipsec-policy PFS14 -> swanctl.conf, child: esp_proposals
  # 107: establish-tunnels immediately -> and swanctl.conf, child: start_action = start
  # 151: security zones security-zone vpn interfaces st0.0 ->
  #     nftables: iifname and oifname "vti0" where the rules of zone vpn are
  # 169: interfaces st0 unit 0 family inet mtu 1400 -> ip link set vti0 mtu 1400
  # 170: interfaces st0 unit 0 family inet address 169.254.100.1/30 ->
  #     ip address add 169.254.100.1/30 dev vti0
  # 190: routing-options static route 10.70.0.0/16 next-hop st0.0 qualified-next-hop st0.1 preference
  #     10 ->
  #     several next hops:
  #     ip route add 10.70.0.0/16 dev vti0 metric 5
  #     ip route add 10.70.0.0/16 dev st0-1 metric 10

  [vpn.HQ.vpn-monitor]
  optimized = true
  probe-source = "endpoint"
  verify-path = { packet-size = 1300 }

  [vpn.Paris-La-Defense]  # "Paris/La Defense"
  gateway = "GW-PARIS"
  bind-interface = "st0-1"  # st0.1
  establish-tunnels = "immediately"
  routes = ["10.33.0.0/16"]
  # 110: bind-interface st0.1 ->
  #     call the VTI or XFRM interface st0-1, or import with --link st0.1=NAME
  # 117: ike proxy-identity local 10.1.0.0/16 remote 10.33.0.0/16 ->
  #     swanctl.conf, child: local_ts = 10.1.0.0/16, remote_ts = 10.33.0.0/16
  # 121: ike ipsec-policy PFS14 -> swanctl.conf, child: esp_proposals
  # 123: establish-tunnels immediately -> and swanctl.conf, child: start_action = start
  # 152: security zones security-zone vpn interfaces st0.1 ->
  #     nftables: iifname and oifname "st0-1" where the rules of zone vpn are
  # 174: interfaces st0 unit 1 family inet -> nothing to set: a link of Linux has every family

  [vpn.Paris-La-Defense.vpn-monitor]
  probe-source = "endpoint"
  source-interface = "lo"  # lo0.0
  destination-ip = "10.33.0.1"

  [vpn.LYON]
  gateway = "GW-LYON"
  bind-interface = "st0-2"  # st0.2
  # 126: bind-interface st0.2 ->
  #     call the VTI or XFRM interface st0-2, or import with --link st0.2=NAME
  # 129: ike ipsec-policy PFS14 -> swanctl.conf, child: esp_proposals
  # 131: establish-tunnels on-traffic -> and swanctl.conf, child: start_action = trap
  # 153: security zones security-zone vpn interfaces st0.2 ->
  #     nftables: iifname and oifname "st0-2" where the rules of zone vpn are
  # 178: interfaces st0 unit 2 family inet address 169.254.100.9/30 ->
  #     ip address add 169.254.100.9/30 dev st0-2
  # 189: routing-options static route 10.69.0.0/16 next-hop st0.2 ->
  #     no vpn-monitor, so not the agent's:
  #     ip route add 10.69.0.0/16 dev st0-2

  # Outside of gateways and VPNs:
  # 26: security ike proposal AES256-SHA256-DH14 authentication-method pre-shared-keys dh-group
  #     group14 authentication-algorithm sha-256 encryption-algorithm aes-256-cbc lifetime-seconds
  #     28800 ->
  #     swanctl.conf: proposals of the connections that use it
  # 33: security ike policy HEADQUARTERS mode main proposals AES256-SHA256-DH14 pre-shared-key
  #     ascii-text <secret> ->
  #     swanctl.conf: proposals, local, remote and secrets of the connections that use it
  # 38: security ike policy BRANCHES mode main proposals AES256-SHA256-DH14 pre-shared-key ascii-text
  #     <secret> ->
  #     swanctl.conf: proposals, local, remote and secrets of the connections that use it
  # 72: inactive: gateway GW-OLD ike-policy BRANCHES address 192.0.2.99 external-interface reth0.0 ->
  #     left out, as Junos does
  # 83: security ipsec proposal ESP-AES256GCM protocol esp encryption-algorithm aes-256-gcm
  #     lifetime-seconds 3600 ->
  #     swanctl.conf: esp_proposals of the children that use it
  # 88: security ipsec policy PFS14 perfect-forward-secrecy keys group14 proposals ESP-AES256GCM ->
  #     swanctl.conf: esp_proposals of the children that use it

  """
