#!/bin/bash
# ESP is dropped and IKE passes: the agent has strongSwan delete the child at both ends and negotiate anew.

story() {
  local before
  routes_through vti0
  ESTABLISH=on-traffic monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "it is known who began" -- initiator_is true
  expect_equal "how SAs are cleared" "$(tunnel_field gw-a to-b control)" vici
  expect_equal "the IKE version" "$(tunnel_field gw-a to-b ike | jq -r .version)" 2
  before=$(spis gw-a)
  drop_esp both
  wait_until 10 "the child is terminated" -- \
    agent_logged gw-a 'the path of to-b/net is dead: terminating child [0-9]+ and renegotiating'
  wait_until 5 "gw-b was told" -- grep -q 'received DELETE for ESP CHILD_SA' "$LAB/charon-gw-b.log"
  wait_until 10 "there are new SAs" -- spis_gone gw-a "$before"
  expect_not "an SA was expired" -- agent_logged gw-a 'cleared esp'
  expect_equal "IKE SAs made" "$(grep -c 'IKE_SA to-b\[.*established between' "$LAB/charon-gw-a.log")" 1
  heal
  wait_until 15 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  wait_until 15 "nothing is left to be done" -- done_with
  stays 5 "one pair is enough" -- two_sas
}

initiator_is() { # BOOLEAN
  [[ $(tunnel_field gw-a to-b ike | jq -r .initiator) == "$1" ]]
}

done_with() { [[ $(tunnel_field gw-a to-b renegotiation) == null ]]; }

two_sas() { [[ $(spis gw-a | wc -l) == 2 ]]; }
