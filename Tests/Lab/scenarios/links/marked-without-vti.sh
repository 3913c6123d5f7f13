#!/bin/bash
# Marked SAs that no VTI is for: observed only, said in words; probed once there is one.

setup() {
  two_gateways
  vti gw-b
  charons
}

story() {
  route gw-b add 10.1.0.0/16 dev vti0
  monitoring_without_link gw-a | agent gw-a
  child_up gw-a
  wait_until 10 "the SAs are seen" -- state_is gw-a to-b up
  expect_equal "monitoring" "$(tunnel_field gw-a to-b mon)" -
  expect "status says why" -- grep -q 'mark 0x2a and no VTI has it' <(tunnel_field gw-a to-b obstacle)
  stays 6 "nothing is made of it" -- state_is gw-a to-b up
  expect_equal "probes sent" "$(set_field gw-a to-b sent)" 0
  expect_equal "times SAs were cleared" "$(set_field gw-a to-b clears)" 0
  expect_not "an alarm was raised" -- agent_logged gw-a KMD_VPN

  vti gw-a vti9 42 none
  wait_until 10 "with a VTI it is verified" -- agent_logged gw-a \
    'reason="VPN monitoring verify-path succeeded"'
  expect_equal "the way of probes" "$(set_field gw-a to-b probe_way)" vti9
  expect_equal "gate" "$(tunnel_field gw-a to-b gate)" -
  expect_equal "tunnels" "$(QUIET=1 status gw-a | jq -r '.tunnels[].name')" to-b
}
