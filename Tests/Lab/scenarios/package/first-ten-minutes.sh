#!/bin/bash
# A new user on a bare Debian: the package, three VPNs from an SRX, a tunnel that dies, and why.
# Bare: gateway
# Alone: boots a whole system.

sites=(paris lyon nice)
declare -A site_address=([paris]=203.0.113.1 [lyon]=203.0.113.11 [nice]=203.0.113.12)
srx=$LAB/srx.conf

# gw-b is all three sites; gw-a is bare, with links and strongSwan's configuration as the README says.
setup() {
  local number site
  allow_clear_replies # of probes between the endpoints, as the import has them at first
  two_gateways
  ip_lines gw-b <<'IP'
    address add 203.0.113.11/32 dev wan
    address add 203.0.113.12/32 dev wan
IP
  route transit add 203.0.113.8/29 via 203.0.113.1
  for number in 0 1 2; do
    site=${sites[number]}
    wan[gw-b]=${site_address[$site]}
    vti gw-a "vti$number" $((42 + number)) "169.254.10$number.1/30"
    vti gw-b "vti$number" $((42 + number)) "169.254.10$number.2/30"
    route gw-b add 10.1.0.0/16 dev "vti$number" metric $((10 + number))
    ip_lines gw-b <<<"address add 10.2$number.0.1/16 dev lan"
  done
  charon gw-b
  charon_loaded gw-b
  srx_conf >"$srx"
  swanctl_conf gw-a >"$LAB/gw-a.conf"
  bare_system gw-a
  inside gw-a sh -c "echo 'charon { install_routes = no }' >>/etc/strongswan.conf &&
    cp $LAB/gw-a.conf /etc/swanctl/conf.d/ && systemctl restart strongswan"
}

story() {
  inside gw-a apt-get -qq -o Dpkg::Use-Pty=0 install "$LAB/vpnagent.deb" >&9
  expect "the agent runs, and touches nothing" -- unit_is gw-a vpnagent active
  inside gw-a sh -c "vpnagent import junos --link st0.0=vti0 --link st0.1=vti1 --link st0.2=vti2 \
    $srx >/etc/vpnagent/vpnagent.toml"
  inside gw-a cat /etc/vpnagent/vpnagent.toml >&9
  expect "it is valid" -- inside gw-a vpnagent check-config
  inside gw-a vpnagent doctor >&9 || fail "the doctor finds an error"
  inside gw-a systemctl reload vpnagent
  # The peers are no SRX: they answer a probe to their endpoint by the underlay.
  wait_until 40 "that is found" -- state_is gw-a to-paris down
  inside gw-a vpnagent status >&9 || true
  inside gw-a vpnagent explain to-paris >&9
  expect "explain names the remedy" -- \
    prints 'set probe-source = "link"' inside gw-a vpnagent explain to-paris
  inside gw-a sed -i 's/^probe-source = "endpoint"/probe-source = "link"/' \
    /etc/vpnagent/vpnagent.toml
  inside gw-a systemctl reload vpnagent
  wait_until 40 "all three are up" -- inside gw-a vpnagent status
  inside gw-a vpnagent status >&9
  expect "a route is there" -- has_route gw-a 10.21.0.0/16 dev vti1

  drop both "ip saddr 203.0.113.11 meta l4proto esp"
  wait_until 30 "one is held" -- gate_is gw-a to-lyon held
  inside gw-a vpnagent status >&9 || true
  wait_until 5 "the log says why" -- journal_has \
    "VPN to-lyon from 203.0.113.11 is down.*IPSEC SA VPN Monitor Failure" VPN_NAME=to-lyon
  expect "explain says that it is held" -- \
    prints "gate: link vti1 is held" inside gw-a vpnagent explain to-lyon
  inside gw-a vpnagent explain to-lyon >&9
  expect "the others are up" -- state_is gw-a to-paris up
  heal
  wait_until 40 "all three are up" -- inside gw-a vpnagent status
}

journal_has() { # TEXT FIELD=VALUE
  prints "$1" inside gw-a journalctl --no-pager -o cat -u vpnagent "$2"
}

srx_conf() {
  local number site
  echo 'set security ipsec vpn-monitor-options interval 2 threshold 3'
  for number in 0 1 2; do
    site=${sites[number]}
    cat <<CONF
set security ike gateway GW-${site^^} ike-policy IKE-POLICY
set security ike gateway GW-${site^^} address ${site_address[$site]}
set security ike gateway GW-${site^^} external-interface ge-0/0/0.0
set security ipsec vpn to-$site bind-interface st0.$number
set security ipsec vpn to-$site vpn-monitor verify-path
set security ipsec vpn to-$site ike gateway GW-${site^^}
set security ipsec vpn to-$site ike ipsec-policy IPSEC-POLICY
set security ipsec vpn to-$site establish-tunnels immediately
set interfaces st0 unit $number family inet address 169.254.10$number.1/30
set routing-options static route 10.2$number.0.0/16 next-hop st0.$number
CONF
  done
}

swanctl_conf() { # GATEWAY
  local number site local_addrs remote_addrs
  echo 'connections {'
  for number in 0 1 2; do
    site=${sites[number]}
    local_addrs=198.51.100.1 remote_addrs=${site_address[$site]}
    [[ $1 == gw-a ]] || { remote_addrs=$local_addrs; local_addrs=${site_address[$site]}; }
    cat <<CONF
  $site {
    version = 2
    local_addrs = $local_addrs
    remote_addrs = $remote_addrs
    local { auth = psk
      id = $local_addrs }
    remote { auth = psk
      id = $remote_addrs }
    proposals = aes128gcm16-prfsha256-ecp256
    children { net-$site {
      local_ts = 0.0.0.0/0
      remote_ts = 0.0.0.0/0
      esp_proposals = aes128gcm16
      mark_in = $((42 + number))
      mark_out = $((42 + number))
    } }
  }
CONF
  done
  echo '}'
  echo 'secrets { ike-lab { secret = "not a secret" } }'
}
