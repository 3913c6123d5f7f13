#!/bin/bash
# Road warriors on a gateway with a template: each one's virtual address is what is probed.

setup() {
  two_gateways
  run ip -n gw-b link add xfrm0 type xfrm dev wan if_id 42
  on gw-b sysctl -qw net.ipv4.conf.xfrm0.rp_filter=0
  ip_lines gw-b <<'IP'
    link set xfrm0 up
    route add 10.99.7.0/24 dev xfrm0
IP
  CHARON_SETTINGS='install_virtual_ip = yes' IKE_SETTINGS='vips = 0.0.0.0' \
    CHILD_SETTINGS=$'local_ts = dynamic\nremote_ts = 10.2.0.0/16' charon gw-a none
  CHILD_SETTINGS=$'local_ts = 10.2.0.0/16\nremote_ts = dynamic' \
    IKE_SETTINGS=$'remote_addrs = %any\npools = rw\nunique = replace' charon gw-b if_id
  echo 'pools { rw { addrs = 10.99.7.0/24 } }' >>"$LAB/swanctl-gw-b/swanctl.conf"
  charon_loaded gw-a
  charon_loaded gw-b
}

story() {
  agent gw-b <<'TOML'
[vpn-monitor-options]
interval = 1
threshold = 3
[template.roadwarriors]
match.interface = "xfrm*"
establish-tunnels = "responder-only"
vpn-monitor.verify-path = true
TOML
  wait_until 5 "the link is held before anybody is there" -- operstate_is gw-b xfrm0 DORMANT
  child_up gw-a
  wait_until 10 "the road warrior is verified" -- state_is gw-b xfrm0 up
  expect_equal "what is probed" "$(set_field gw-b xfrm0 probe_destination)" "$(vip)"
  expect "the link is in service" -- operstate_is gw-b xfrm0 UP
  wait_until 5 "its ping passes" -- pings
  drop_esp both
  wait_until 10 "its death is found" -- agent_logged gw-b 'reason="IPSEC SA VPN Monitor Failure"'
  heal
}

pings() { on gw-a ping -n -c 1 -W 1 -I "$(vip)" 10.2.0.2; }

# The address that gw-a was given.
vip() {
  ip -n gw-a -o -4 address show | awk '/10\.99\.7\./ { sub(/\/.*/, "", $4); print $4; exit }'
}
