#!/bin/bash
# strongSwan 6 as the local daemon: names by VICI, a blackhole is cleared by VICI, a dead peer forgotten, the tunnel back.
# Roots: charon6

setup() {
  charon_island[gw-a]=charon6
  standard_stage
}

story() {
  local before
  expect "gw-a's charon is of version 6" -- grep -q 'Starting IKE charon daemon (strongSwan 6\.' "$LAB/charon-gw-a.log"
  routes_through vti0
  monitoring gw-a | agent gw-a
  wait_until 20 "the tunnel is up" -- state_is gw-a to-b up
  expect "the agent initiated it" -- agent_logged gw-a 'initiating to-b/net'
  expect "the link is in service" -- operstate_is gw-a vti0 UP
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  wait_until 5 "its names are known" -- names_are to-b net
  expect_equal "how SAs are cleared" "$(tunnel_field gw-a to-b control)" vici

  before=$(spis gw-a)
  drop_esp both
  wait_until 10 "the child is terminated" -- \
    agent_logged gw-a 'the path of to-b/net is dead: terminating child [0-9]+ and renegotiating'
  wait_until 5 "gw-b was told" -- grep -q 'received DELETE for ESP CHILD_SA' "$LAB/charon-gw-b.log"
  wait_until 10 "there are new SAs" -- spis_gone gw-a "$before"
  expect_not "an SA was expired" -- agent_logged gw-a 'cleared esp'
  expect "the link is held" -- operstate_is gw-a vti0 DORMANT
  heal
  wait_until 15 "the tunnel is up again" -- state_is gw-a to-b up

  drop_all both
  wait_until 60 "the silent peer's IKE SA is forgotten" -- agent_logged gw-a 'the peer does not answer: terminating IKE SA'
  heal
  wait_until 25 "the tunnel is up, though charon would wait longer" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}

names_are() { # CONNECTION CHILD
  [[ $(tunnel_field gw-a to-b ike | jq -r '"\(.connection) \(.child) \(.version)"') == "$1 $2 2" ]]
}
