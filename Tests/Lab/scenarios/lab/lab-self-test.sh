#!/bin/bash
# The lab itself: packets pass through a real tunnel, and each of its checks can fail.
# Main: scripts/test runs it.

story() {
  routes_through vti0
  child_up gw-a

  expect "a ping passes through the tunnel" -- ping_once host-a 10.2.0.2
  expect "gw-a has SAs" -- has_sas gw-a
  expect "gw-b has SAs" -- has_sas gw-b
  expect_between "ESP packets from a to b" "$(esp_seen a-to-b)" 1 10
  expect_between "ESP packets from b to a" "$(esp_seen b-to-a)" 1 10
  expect "nothing passed in clear" -- no_clear_packets

  ping_stream host-a 10.2.0.2 50/s
  wait_until 10 "the stream flows" -- answered_more_than 50
  stream_result host-a
  expect_equal "pings lost without a cut" "$lost" 0

  ping_stream host-a 10.2.0.2 50/s
  wait_until 10 "the stream flows" -- answered_more_than 10
  drop_esp both
  expect_not "a ping passes while ESP is dropped" -- ping_once host-a 10.2.0.2
  heal
  wait_until 10 "a ping passes after healing" -- ping_once host-a 10.2.0.2
  stream_result host-a
  expect_between "pings lost in the cut" "$lost" 1 "$((sent - 10))"

  route gw-a del 10.2.0.0/16 dev vti0
  expect "without the route a ping leaves in clear and is answered" -- ping_once host-a 10.2.0.2
  expect_not "the check lets a leak pass" -- no_clear_packets
  expect "it is the leaked ping" -- leak_is_shown
  forget_capture
}

leak_is_shown() { prints '10.1.0.2 > 10.2.0.2: ICMP echo request' clear_packets; }

answered_more_than() { (($(stream_answered host-a) > $1)); }
