#!/bin/bash
# vpn-monitor optimized: silent while idle or answered, down when what is sent is not answered.

story() {
  routes_through vti0
  monitoring gw-a 'optimized = true' | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  for_seconds 1 "the verify-path probe has its reply"
  local before
  before=$(esp_seen a-to-b)
  for_seconds 4 "the tunnel is idle"
  expect_equal "ESP packets from a to b while idle" "$(($(esp_seen a-to-b) - before))" 0

  ping_stream host-a 10.2.0.2 10/s
  local probes
  probes=$(set_field gw-a to-b sent)
  for_seconds 4 "pings are answered"
  expect_equal "probes sent meanwhile" "$(($(set_field gw-a to-b sent) - probes))" 0

  drop_esp both
  for_seconds 1 "losses begin"
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  heal
  wait_until 10 "the tunnel is back by itself" -- state_is gw-a to-b up
  stream_result host-a

  drop_esp both
  before=$(esp_seen a-to-b)
  for_seconds 6 "nothing is sent into the cut, so nothing is missed"
  expect "the tunnel is up" -- state_is gw-a to-b up
  expect_between "ESP packets into the cut" "$(($(esp_seen a-to-b) - before))" 0 2
}
