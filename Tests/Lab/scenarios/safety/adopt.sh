#!/bin/bash
# The agent is started on a working tunnel that it has no record of: not one ping is lost.

story() {
  routes_through vti0
  child_up gw-a
  ping_stream host-a 10.2.0.2 100/s
  local before
  before=$(routes_of gw-a vti0)
  monitoring gw-a | agent gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  for_seconds 4 "more than a threshold"
  stream_result host-a
  expect_between "pings sent" "$sent" 300 100000
  expect_equal "pings lost" "$lost" 0
  expect_equal "routes through the link" "$(routes_of gw-a vti0)" "$before"
  expect "it was adopted" -- prints "Existing SAs found at start" vpnagent gw-a events to-b
  expect_equal "reason" "$(tunnel_field gw-a to-b reason)" "VPN monitoring verify-path succeeded"
}
