#!/bin/bash
# charon is killed while the agent clears through it: orphaned SAs are expired, and the new charon initiates.

story() {
  local before
  routes_through vti0
  ESTABLISH=on-traffic monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 10 "a list was read" -- knows_child
  before=$(spis gw-a)
  drop_all both
  wait_until 10 "the child is terminated" -- agent_logged gw-a 'the path of to-b/net is dead: terminating child'
  charon_kill gw-a KILL
  wait_until 20 "its orphans are expired" -- agent_logged gw-a 'cleared esp'
  wait_until 10 "they are gone" -- orphans_gone "$before"
  charon_again gw-a
  charon_loaded gw-a
  heal
  wait_until 40 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}

knows_child() { [[ $(tunnel_field gw-a to-b ike) != null ]]; }

orphans_gone() { # SPIS
  [[ ! $(comm -12 <(echo "$1") <(spis gw-a)) ]]
}
