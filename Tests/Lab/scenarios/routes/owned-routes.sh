#!/bin/bash
# The agent owns the routes of its VPN: there when the link opens, unreachable while it is held.
# Main: scripts/test runs it.

story() {
  route gw-b add 10.1.0.0/16 dev vti0
  ESTABLISH=responder-only OWNED='routes = ["10.2.0.0/16"]' monitoring gw-a | agent gw-a
  wait_until 5 "the owned route is unreachable" -- is_unreachable gw-a 10.2.0.0/16
  expect_not "a ping leaks" -- ping_once host-a 10.2.0.2
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  expect "the owned route leads through the link" -- has_route gw-a 10.2.0.0/16 dev vti0
  expect "a ping passes" -- ping_once host-a 10.2.0.2

  run ip -n gw-a link set vti0 down
  wait_until 5 "the operator's admin down is shown" -- shows_admin_down
  wait_until 5 "nothing leaks meanwhile" -- is_unreachable gw-a 10.2.0.0/16
  expect_not "a ping leaks" -- ping_once host-a 10.2.0.2
  stays 2 "the operator is not fought" -- operstate_is gw-a vti0 DOWN
  run ip -n gw-a link set vti0 up
  wait_until 5 "the route is back with the link" -- has_route gw-a 10.2.0.0/16 dev vti0
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2

  # Somebody's route in its place: the kernel has one alone of a prefix and metric.
  run ip -n gw-a route replace 10.2.0.0/16 dev lo proto static
  wait_until 5 "it is said" -- agent_logged gw-a 'link=vti0 cannot add 10.2.0.0/16: .*exists'
  run ip -n gw-a route del 10.2.0.0/16 dev lo proto static
  wait_until 5 "the route is back as soon as there is room" -- has_route gw-a 10.2.0.0/16 dev vti0
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}

shows_admin_down() {
  [[ $(tunnel_field gw-a to-b obstacle) == "link vti0 is administratively down" ]]
}
