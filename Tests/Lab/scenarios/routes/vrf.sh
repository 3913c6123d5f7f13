#!/bin/bash
# A VTI in a VRF: probes find the VRF's table, and its routes are held and owned there, not in main.

setup() {
  two_gateways
  vrf gw-a
  vti gw-a
  vti gw-b
  run ip -n gw-a link set vti0 master blue
  charons
}

# The LAN and the tunnel are the VRF's; the underlay is not.
vrf() { # GATEWAY
  ip_lines "$1" <<'IP'
    link add blue type vrf table 100
    link set blue up
    link set lan master blue
IP
}

story() {
  route gw-a add 10.2.0.0/24 dev vti0 table 100
  route gw-b add 10.1.0.0/16 dev vti0
  ESTABLISH=responder-only OWNED='routes = ["10.2.128.0/17"]' monitoring gw-a | agent gw-a
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  expect "the VRF's route is unreachable" -- has_route gw-a table 100 type unreachable exact 10.2.0.0/24
  expect "so is the agent's own" -- has_route gw-a table 100 type unreachable exact 10.2.128.0/17
  expect_not "main has a route of the agent" -- has_route gw-a table main proto 250
  expect_not "a ping passes or leaks" -- ping_once host-a 10.2.0.2
  initiates gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  expect "the link is in service" -- operstate_is gw-a vti0 UP
  expect "the VRF's route is back" -- has_route gw-a table 100 exact 10.2.0.0/24 dev vti0
  expect "the agent's own is there" -- has_route gw-a table 100 exact 10.2.128.0/17 dev vti0 proto 250
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  expect_not "a ping passes or leaks" -- ping_once host-a 10.2.0.2
  heal
  wait_until 20 "the tunnel is back by itself" -- state_is gw-a to-b up
  expect_equal "replies outside the tunnel" "$(set_field gw-a to-b clear_replies)" 0
  expect_not "main has a route of the agent" -- has_route gw-a table main proto 250
}
