#!/bin/bash
# Without a configuration the agent lists what it finds and touches nothing.
# Main: scripts/test runs it.

story() {
  routes_through vti0
  child_up gw-a
  local before esp_before
  before=$(kernel_state gw-a vti0)
  observer gw-a
  wait_until 5 "the tunnel is listed" -- state_is gw-a vti0 up
  expect_equal "monitoring" "$(tunnel_field gw-a vti0 mon)" -
  esp_before=$(esp_seen a-to-b)
  drop_esp both
  for_seconds 4 "no probe is sent, none is missed"
  expect "it is still up" -- state_is gw-a vti0 up
  expect_equal "ESP packets sent" "$(($(esp_seen a-to-b) - esp_before))" 0
  expect_equal "kernel state" "$(kernel_state gw-a vti0)" "$before"
  child_down gw-a || true
  wait_until 10 "it goes from the list" -- no_tunnel
}

no_tunnel() { prints '^No tunnels configured and no IPsec SAs found.$' vpnagent gw-a status; }
