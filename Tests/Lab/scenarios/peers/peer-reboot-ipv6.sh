#!/bin/bash
# An IPv6 gateway forgets its SAs while host-a keeps sending: ESP over IPv6 with unknown SPIs is found as well.
UNDERLAY=6

setup() {
  two_gateways
  vti gw-a vti0 42 "${link_address6[gw-a]}"
  vti gw-b vti0 42 "${link_address6[gw-b]}"
  charons
}

story() {
  routes6_through vti0
  responding gw-b | agent gw-b
  child_up gw-a
  wait_until 10 "gw-b is up" -- state_is gw-b to-a up
  wait_until 10 "gw-b knows its child" -- knows_names gw-b to-a
  ping_stream host-a fd10:2::2 2/s
  wait_until 5 "the stream flows" -- stream_goes_on 2
  recovers_by_bad_spi gw-b to-a 500
  stream_result host-a
}
