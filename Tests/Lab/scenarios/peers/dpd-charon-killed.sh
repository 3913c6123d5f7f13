#!/bin/bash
# The peer's charon is killed and its kernel goes on passing ESP: found by each mode as it should, and named. IPv6.

setup() {
  UNDERLAY=6
  standard_stage
}

story() {
  routes_through vti0
  detecting gw-a '{ mode = "optimized", interval = 2, threshold = 2 }' | agent gw-a
  wait_until 15 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "the peer has answered" -- peer_is gw-a to-b supported

  charon_kill gw-b KILL
  ping_stream host-a 10.2.0.2 5/s
  stays 9 "traffic both ways is life enough for optimized" -- state_is gw-a to-b up
  stream_result host-a
  expect_equal "pings lost" "$lost" 0
  # Now what goes out is not answered, though the agent's own probes still are.
  mute host-b
  ping_stream host-a 10.2.0.2 5/s
  wait_until 10 "the peer is found dead" -- agent_logged gw-a "state=down .*$dpd_dead"
  expect "only its IKE daemon was silent" -- agent_logged gw-a 'its IKE daemon is silent'
  wait_until 5 "its SAs are gone" -- has_no_sas gw-a
  expect "the link is held" -- operstate_is gw-a vti0 DORMANT
  stream_result host-a
  unmute host-b
  comes_back

  agent_kill gw-a TERM
  detecting gw-a '{ mode = "always-send", interval = 2, threshold = 2 }' | agent gw-a
  wait_until 5 "the peer has answered" -- peer_is gw-a to-b supported
  ping_stream host-a 10.2.0.2 5/s
  charon_kill gw-b KILL
  wait_until 10 "always-send finds it under traffic" -- logged_times gw-a "state=down .*$dpd_dead" 2
  wait_until 5 "its SAs are gone" -- has_no_sas gw-a
  stream_result host-a
  comes_back
}

comes_back() {
  run ip -n gw-b xfrm state flush
  charon_again gw-b
  charon_loaded gw-b
  wait_until 20 "the tunnel is back" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}
