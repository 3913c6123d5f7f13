#!/bin/bash
# A vti6 tunnel over an IPv6 underlay that carries IPv6.
# Main: scripts/test runs it.
UNDERLAY=6

setup() {
  two_gateways
  vti gw-a vti0 42 "${link_address6[gw-a]}"
  vti gw-b vti0 42 "${link_address6[gw-b]}"
  charons
}

story() {
  routes6_through vti0
  monitoring gw-a | agent gw-a
  holds_opens_and_recovers vti0 fd10:2::2
}
