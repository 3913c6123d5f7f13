#!/bin/bash
# The peer is libreswan: it answers the agent's questions, and the silence of its daemon is found, cleared and mended.
# Roots: libreswan

CHILD_SETTINGS=$'local_ts = 0.0.0.0/0\nremote_ts = 0.0.0.0/0'

setup() {
  two_gateways
  vti gw-a
  vti gw-b
  charon gw-a
  charon_loaded gw-a
  pluto gw-b
}

story() {
  routes_through vti0
  detecting gw-a '{ mode = "always-send", interval = 2, threshold = 2 }' | agent gw-a
  wait_until 20 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "the peer has answered" -- peer_is gw-a to-b supported
  ping_stream host-a 10.2.0.2 5/s
  stays 5 "and goes on answering" -- state_is gw-a to-b up
  expect_equal "questions without an answer" "$(peer_field gw-a to-b losses)" 0
  stream_result host-a
  expect_equal "pings lost" "$lost" 0

  daemon_falls_silent 30
}
