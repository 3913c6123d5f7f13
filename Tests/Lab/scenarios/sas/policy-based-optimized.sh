#!/bin/bash
# Policy-based and optimized: the peer's probes and the answers to them are no traffic.

setup() {
  two_gateways
  # Traps keep the stream out of the clear while there is no SA.
  CHILD_SETTINGS='start_action = trap' policy_charons 10.1.0.0/16 10.2.0.0/16
}

story() {
  monitoring_without_link gw-a 'optimized = true' | agent gw-a
  monitoring_without_link gw-b | agent gw-b
  child_up gw-a
  wait_until 10 "gw-a is up" -- state_is gw-a to-b up
  wait_until 10 "gw-b is up" -- state_is gw-b to-a up
  wait_until 10 "gw-b probes" -- answered gw-b to-a 3
  local probes peers
  probes=$(set_field gw-a to-b sent)
  peers=$(set_field gw-b to-a received)
  for_seconds 5 "gw-b's probes are all there is"
  expect "gw-b went on probing" -- answered gw-b to-a "$((peers + 3))"
  expect_equal "probes from gw-a meanwhile" "$(($(set_field gw-a to-b sent) - probes))" 0

  ping_stream host-a 10.2.0.2 10/s
  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  heal
  wait_until 20 "gw-a is back" -- state_is gw-a to-b up
  wait_until 20 "gw-b is back" -- state_is gw-b to-a up
  run kill -INT "$(<"$LAB/stream-host-a.pid")"
}
