#!/bin/bash
# A tunnel whose link and SAs do not exist yet is absent, and is picked up when they appear.

setup() {
  two_gateways
  vti gw-b
  charons
}

story() {
  route gw-b add 10.1.0.0/16 dev vti0
  OWNED='routes = ["10.2.0.0/16"]' monitoring gw-a | agent gw-a
  expect "the tunnel is absent" -- state_is gw-a to-b absent
  expect_equal "what status says" "$(tunnel_field gw-a to-b obstacle)" "link vti0 does not exist"
  child_up gw-a
  vti gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}
