#!/bin/bash
# SAs flushed while the peer is out of reach: it is asked anew at a steady pace, and the tunnel is back when it is.

story() {
  routes_through vti0
  # Lost is lost, whoever is to establish tunnels.
  ESTABLISH=responder-only monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 10 "a list was read" -- knows_child
  drop_all both
  run ip -n gw-a xfrm state flush
  wait_until 10 "the child is terminated" -- agent_logged gw-a 'terminating child'
  wait_until 40 "the IKE SA that waits for its answer is given up" -- \
    agent_logged gw-a 'the peer does not answer: terminating IKE SA'
  wait_until 10 "charon tries anew" -- charon_tries
  for_seconds 10 "a silent peer is asked every five seconds or so"
  expect_between "attempts" "$(grep -c 'vici initiate' "$LAB/charon-gw-a.log")" 2 4
  heal
  wait_until 15 "the tunnel is restored" -- agent_logged gw-a 'SAs of to-b/net are restored'
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  stays 30 "one pair is enough" -- two_sas
}

charon_tries() { # The first was the scenario's own.
  (($(grep -c 'vici initiate' "$LAB/charon-gw-a.log") >= 2))
}

knows_child() {
  [[ $(tunnel_field gw-a to-b ike) != null ]]
}

two_sas() {
  [[ $(spis gw-a | wc -l) == 2 ]]
}
