#!/bin/bash
# gw-b forgets its SAs while host-a keeps sending: its agent negotiates, long before strongSwan's DPD does.

setup() {
  two_gateways
  vti gw-a
  vti gw-b
  # Retransmissions of 12 s instead of 165, so that DPD comes to an end within this story.
  CHARON_SETTINGS=$'retransmit_tries = 2\n  retransmit_timeout = 2'
  IKE_SETTINGS='dpd_delay = 30s' CHILD_SETTINGS='dpd_action = start' charon gw-a
  charon gw-b
  charon_loaded gw-a &
  charon_loaded gw-b
  wait $!
}

story() {
  local begun without answered
  routes_through vti0
  child_up gw-a
  ping_stream host-a 10.2.0.2 2/s
  wait_until 5 "the stream flows" -- stream_goes_on 2
  forgets_everything gw-b
  begun=$(now)
  answered=$(stream_answered host-a)
  wait_until 90 "DPD has brought the tunnel back" -- stream_goes_on $((answered + 1))
  without=$(($(now) - begun))

  # The peer only responds, and its own monitor has time enough.
  ESTABLISH=responder-only monitoring gw-a 'threshold = 60' | agent gw-a
  responding gw-b | agent gw-b
  wait_until 10 "gw-a is up" -- state_is gw-a to-b up
  wait_until 10 "gw-b is up" -- state_is gw-b to-a up
  wait_until 10 "gw-b knows its child" -- knows_names gw-b to-a
  recovers_by_bad_spi gw-b to-a 500
  say "without the agent, DPD at 30 s: $without ms; with it: $recovery_ms ms"
  expect_between "ms that the agent needed" "$recovery_ms" 0 $((without / 2))
  stream_result host-a
}
