#!/bin/bash
# Detection is added, changed and removed by reload under traffic: it applies at once, and no ping is lost.

story() {
  local before
  routes_through vti0
  monitoring gw-a | agent gw-a
  count_questions 203.0.113.1
  wait_until 20 "the tunnel is up" -- state_is gw-a to-b up
  before=$(spis gw-a)
  ping_stream host-a 10.2.0.2 5/s
  expect_equal "what status says of the peer" "$(tunnel_field gw-a to-b dpd)" null

  becomes '{ mode = "always-send", interval = 2, threshold = 3 }'
  wait_until 10 "the peer has answered" -- peer_is gw-a to-b supported
  wait_until 20 "it is asked on" -- asked_more_than 2

  becomes '{ mode = "optimized", interval = 3, threshold = 3 }'
  expect_equal "the mode" "$(peer_field gw-a to-b mode)" optimized
  local asked
  for_seconds 3 "what was asked is answered"
  asked=$(questions)
  for_seconds 6 "traffic passes both ways"
  expect_equal "questions meanwhile" "$(($(questions) - asked))" 0

  becomes false
  expect_equal "what status says of the peer" "$(tunnel_field gw-a to-b dpd)" null
  stream_result host-a
  expect_equal "pings lost" "$lost" 0
  expect_equal "SAs" "$(spis gw-a)" "$before"
}

becomes() { # SETTINGS
  detecting gw-a "$1" >"$LAB/agent-gw-a.toml"
  vpnagent gw-a reload
}

asked_more_than() { # COUNT
  (($(questions) > $1))
}
