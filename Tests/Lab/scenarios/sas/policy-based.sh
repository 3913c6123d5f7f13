#!/bin/bash
# A policy-based tunnel, no link at all: verified, cut, cleared and back, and no probe ever in clear.
# Main: scripts/test runs it.

setup() {
  two_gateways
  policy_charons 10.1.0.0/16 10.2.0.0/16
}

story() {
  local before
  ESTABLISH=on-traffic monitoring_without_link gw-a | agent gw-a
  expect_equal "state without SAs" "$(tunnel_field gw-a to-b state)" idle
  child_up gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  expect "it was verified" -- agent_logged gw-a 'reason="VPN monitoring verify-path succeeded"'
  wait_until 10 "vpn-monitor's probes are answered" -- answered gw-a to-b 3
  expect_equal "the way of probes" "$(set_field gw-a to-b probe_way)" policy
  expect_equal "policies of its socket" "$(socket_policies gw-a)" 2
  expect_equal "gate" "$(tunnel_field gw-a to-b gate)" -
  expect_equal "replies in clear" "$(set_field gw-a to-b clear_replies)" 0
  expect "a ping passes" -- ping_once host-a 10.2.0.2

  before=$(spis gw-a)
  rekey_child gw-a
  wait_until 10 "the SAs are new" -- spis_gone gw-a "$before"
  stays 3 "it stays up through a rekey" -- state_is gw-a to-b up
  expect_equal "times it went down" "$(tunnel_field gw-a to-b failures)" 0

  before=$(spis gw-a)
  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  wait_until 10 "the SAs were cleared" -- spis_gone gw-a "$before"
  wait_until 20 "verify-path fails too" -- agent_logged gw-a 'reason="VPN monitoring verify-path error"'
  heal
  wait_until 20 "the tunnel is back by itself" -- state_is gw-a to-b up
  expect "a ping passes" -- ping_once host-a 10.2.0.2

  child_down gw-a
  wait_until 10 "the tunnel is idle" -- state_is gw-a to-b idle
  stays 4 "nothing is probed without SAs" -- state_is gw-a to-b idle
  expect_equal "policies of its socket" "$(socket_policies gw-a)" 0
  child_up gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  # Flushed behind everybody's back: the agent may be about to send.
  on gw-a ip xfrm state flush
  wait_until 20 "the SAs are restored" -- agent_logged gw-a "SAs of to-b/net are restored"
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  agent_kill gw-a TERM
}

# Policies of the agent's sockets; charon's bypass has no template.
socket_policies() { # GATEWAY
  QUIET=1 on "$1" ip xfrm policy list | awk '/socket/ { own = 1; next } /dir / { own = 0 }
    own && /tmpl/ { count++ } END { print count + 0 }'
}
