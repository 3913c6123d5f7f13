#!/bin/bash
# A policy-based tunnel that carries IPv6 over an IPv6 underlay: verified, cut, cleared and back.
UNDERLAY=6

setup() {
  two_gateways
  policy_charons fd10:1::/48 fd10:2::/48
}

story() {
  local before
  # The source is the agent's to find, inside the traffic selectors.
  LINK='' monitoring gw-a 'destination-ip = "fd10:2::1"' \
    'verify-path = { destination-ip = "fd10:2::1" }' | agent gw-a
  child_up gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 10 "vpn-monitor's probes are answered" -- answered gw-a to-b 3
  expect_equal "the way of probes" "$(set_field gw-a to-b probe_way)" policy
  expect_equal "source of probes" "$(set_field gw-a to-b probe_source)" fd10:1::1
  before=$(spis gw-a)
  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  wait_until 10 "the SAs were cleared" -- spis_gone gw-a "$before"
  heal
  wait_until 20 "the tunnel is back by itself" -- state_is gw-a to-b up
}
