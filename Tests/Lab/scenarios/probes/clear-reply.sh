#!/bin/bash
# An unnumbered link to a plain Linux peer: replies come in clear, so it is held, and not cleared.

setup() {
  allow_clear_replies
  two_gateways
  vti gw-a vti0 42 none
  vti gw-b vti0 42 none
  charons
}

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  child_up gw-a
  local before
  before=$(spis gw-a)
  wait_until 10 "the alarm names the remedy" -- agent_logged gw-a \
    'KMD_VPN_DOWN_ALARM_USER.*make the peer route 198.51.100.1 into the tunnel'
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  stays 8 "it stays down, the SAs are left alone" -- down_with_sas "$before"
  expect_equal "times SAs were cleared" "$(set_field gw-a to-b clears)" 0
  expect_between "replies in clear" "$(set_field gw-a to-b clear_replies)" 5 100
}

down_with_sas() { # SPIS
  state_is gw-a to-b down && [[ $(spis gw-a) == "$1" ]]
}
