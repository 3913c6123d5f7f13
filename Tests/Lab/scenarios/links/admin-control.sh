#!/bin/bash
# link-control = "admin" at both ends, at one by a template: down without a path, up and held while it is verified, converging.

setup() {
  two_gateways
  xfrm_link gw-a xfrm0 42 169.254.100.1/30 fd00:100::1/126
  xfrm_link gw-b xfrm0 42 169.254.100.2/30 fd00:100::2/126
  charons if_id
}

story() {
  local before
  routes_through xfrm0
  routes6_through xfrm0
  ip_lines gw-a <<'IP'
    nexthop add id 11 via 169.254.100.2 dev xfrm0
    nexthop add id 12 encap mpls 500 via 169.254.100.2 dev xfrm0
    route add 10.23.0.0/16 nhid 12
    route add 10.24.0.0/16 encap ip id 42 dst 10.9.9.9 dev xfrm0
    route add 10.21.0.0/16 nhid 11
    route add 10.22.0.0/16 via 169.254.100.2 dev xfrm0 metric 5 table 1000
IP
  before=$(all_of gw-a)
  template | agent gw-b
  ESTABLISH=responder-only OWNED='link-control = "admin"' LINK=xfrm0 monitoring gw-a | agent gw-a
  wait_until 5 "gw-a's link is down" -- operstate_is gw-a xfrm0 DOWN
  wait_until 5 "gw-b's link is down" -- operstate_is gw-b xfrm0 DOWN
  expect_not "a ping passes or leaks" -- ping_once host-a 10.2.0.2
  child_up gw-a
  both_up
  expect_equal "all that is on the link" "$(all_of gw-a)" "$before"

  drop_esp both
  wait_until 15 "gw-a says down" -- agent_logged gw-a 'state=down'
  wait_until 15 "gw-a's link is to be down" -- agent_logged gw-a 'gate=down'
  wait_until 5 "gw-a's route is held" -- is_unreachable gw-a 10.2.0.0/16
  expect_not "a ping passes or leaks" -- ping_once host-a 10.2.0.2
  heal
  child_up gw-a
  both_up
  expect_equal "all that is on the link" "$(all_of gw-a)" "$before"

  child_down gw-a
  wait_until 10 "gw-a's link is down" -- operstate_is gw-a xfrm0 DOWN
  agent_kill gw-a KILL
  agent_again gw-a
  stays 1 "it stays down" -- operstate_is gw-a xfrm0 DOWN
  child_up gw-a
  both_up
  expect_equal "all that is on the link" "$(all_of gw-a)" "$before"

  child_down gw-a
  wait_until 10 "gw-a's link is down" -- operstate_is gw-a xfrm0 DOWN
  run ip -n gw-a link set xfrm0 up
  stays 2 "who sets it up is not fought" -- operstate_is gw-a xfrm0 DORMANT
  expect_not "a ping passes or leaks" -- ping_once host-a 10.2.0.2
  agent_kill gw-b TERM
  agent_kill gw-a TERM
  expect_equal "all that is on the link" "$(all_of gw-a)" "$before"
}

template() {
  cat <<'TOML'
[vpn-monitor-options]
interval = 1
threshold = 3

[template.all]
match.interface = "xfrm*"
establish-tunnels = "responder-only"
link-control = "admin"
vpn-monitor.verify-path = true
TOML
}

both_up() {
  wait_until 25 "gw-a is up" -- state_is gw-a to-b up
  wait_until 25 "gw-b is up" -- state_is gw-b xfrm0 up
  wait_until 3 "a ping passes" -- ping_once host-a 10.2.0.2
  wait_until 3 "an IPv6 one too" -- ping_once host-a fd10:2::2
}

# Routes, nexthops and addresses of the link. A link-local address is a new one each time.
all_of() { # GATEWAY
  routes_of "$1" xfrm0 | grep -v fe80
  ip -n "$1" nexthop
  ip -n "$1" -o address show dev xfrm0 | grep -v fe80 | sed 's/.*inet/inet/' | sort
}
