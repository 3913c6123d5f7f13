#!/bin/bash
# charon crashes at one end, then at both, and comes back: the SAs that it left carry on until others are there, as with start_action = start alone.

CHILD_SETTINGS='rekey_time = 40s
      life_time = 75s
      rand_time = 0s'

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  monitoring gw-b | agent gw-b
  wait_until 40 "gw-a is up" -- state_is gw-a to-b up
  wait_until 40 "gw-b is up" -- state_is gw-b to-a up
  crashed gw-a
  crashed gw-a gw-b

  # The control: strongSwan alone.
  agent_kill gw-a TERM
  agent_kill gw-b TERM
  CHILD_SETTINGS+=$'\n      start_action = start'
  charon_changed gw-a
  crash gw-a
  expect_between "pings that strongSwan alone loses" "$lost" 0 20
}

crashed() { # GATEWAY...
  crash "$@"
  expect_between "pings lost" "$lost" 0 15
  expect "that is said" -- agent_logged gw-a 'strongSwan does not know these SAs'
  expect "gw-a is up" -- state_is gw-a to-b up
  expect "gw-b is up" -- state_is gw-b to-a up
  expect_equal "obstacle" "$(tunnel_field gw-a to-b obstacle)" null
}

# A stream of pings over the crash and what is left of the SAs' life.
crash() { # GATEWAY...
  local gateway
  ping_stream host-a 10.2.0.2 10/s
  for gateway; do
    charon_kill "$gateway" KILL
    charon_again "$gateway"
    charon_loaded "$gateway"
  done
  for_seconds 80 "the old SAs expire"
  stream_result host-a
}
