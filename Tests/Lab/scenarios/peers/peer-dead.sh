#!/bin/bash
# The peer's charon is killed and its host cut off: the tunnel is back seconds after the peer, not after 165.

# gw-b forgets everything, and does not come back by itself.
story() {
  local back
  routes_through vti0
  ESTABLISH=on-traffic monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 10 "a list was read" -- knows_child
  drop_all both
  charon_kill gw-b KILL
  run ip -n gw-b xfrm state flush
  run ip -n gw-b xfrm policy flush
  wait_until 10 "the child is terminated" -- agent_logged gw-a 'the path of to-b/net is dead: terminating child'
  wait_until 15 "the IKE SA that waits for its answer is given up" -- \
    agent_logged gw-a 'the peer does not answer: terminating IKE SA'
  wait_until 10 "the SAs are gone" -- has_no_sas gw-a
  wait_until 10 "the peer is asked anew" -- agent_logged gw-a 'initiating to-b/net'
  for_seconds 12 "nobody answers"
  expect_equal "why it is brought back" "$(tunnel_field gw-a to-b renegotiation | jq -r .cause)" 'dead path'
  charon_again gw-b
  charon_loaded gw-b
  heal
  back=$(now)
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  expect_between "ms from the peer's return to the tunnel's" "$(($(now) - back))" 0 8000
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  expect_between "lines about the silent peer" "$(log_count gw-a 'the peer does not answer')" 1 1
  stays 5 "one pair is enough" -- two_sas
}

knows_child() { [[ $(tunnel_field gw-a to-b ike) != null ]]; }

two_sas() { [[ $(spis gw-a | wc -l) == 2 ]]; }
