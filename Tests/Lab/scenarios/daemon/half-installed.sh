#!/bin/bash
# strongSwan believes in a child whose outbound SA, or both, are not in the kernel, and the agent did not see them leave: it comes back.

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  half_installed "the outbound SA" delete_outbound
  half_installed "both SAs" flush
}

half_installed() { # WHAT COMMAND
  local before
  agent_kill gw-a TERM
  before=$(spis gw-a)
  "$2"
  expect "strongSwan believes in the child" -- prints 'net: #.*INSTALLED' swan gw-a --list-sas
  agent_again gw-a
  wait_until 40 "the tunnel is back without $1" -- state_is gw-a to-b up
  expect "the SAs are new ones" -- spis_gone gw-a "$before"
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  stays 5 "the tunnel is up" -- state_is gw-a to-b up
}

flush() { run ip -n gw-a xfrm state flush; }

delete_outbound() {
  local spi
  spi=$(ip -n gw-a xfrm state list nokeys dst 203.0.113.1 | awk '$1 == "proto" { print $4 }')
  run ip -n gw-a xfrm state delete src 198.51.100.1 dst 203.0.113.1 proto esp spi "$spi" mark 42 mask 0xffffffff
}
