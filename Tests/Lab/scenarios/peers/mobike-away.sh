#!/bin/bash
# gw-a's IPv4 default route is away for some seconds: strongSwan moves the SAs to IPv6, where a VTI between IPv4 addresses cannot use them. They stay the tunnel's, and it comes back.

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  run ip -n gw-a route del default via 198.51.100.2
  wait_until 20 "the SAs are between IPv6 addresses" -- prints '^src [0-9a-f]*:' ip -n gw-a xfrm state
  wait_until 5 "that is said" -- obstacle_is 'SAs were moved and are between'
  expect "it is shown where they are" -- prints ':' tunnel_field gw-a to-b remote
  wait_until 20 "the tunnel is absent" -- state_is gw-a to-b absent
  run ip -n gw-a route add default via 198.51.100.2
  wait_until 60 "the tunnel is back" -- state_is gw-a to-b up
  expect_equal "where the SAs are" "$(tunnel_field gw-a to-b remote)" 203.0.113.1
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  expect_equal "obstacle" "$(tunnel_field gw-a to-b obstacle)" null
}

obstacle_is() { # REGEX
  prints "$1" tunnel_field gw-a to-b obstacle
}
