#!/bin/bash
# A responder-only gateway forgets its SAs: it alarms, negotiates nothing, and waits for its peer.

story() {
  local answered
  routes_through vti0
  ESTABLISH=responder-only responding gw-b | agent gw-b
  child_up gw-a
  wait_until 10 "gw-b is up" -- state_is gw-b to-a up
  wait_until 10 "gw-b knows its child" -- knows_names gw-b to-a
  ping_stream host-a 10.2.0.2 2/s
  wait_until 5 "the stream flows" -- stream_goes_on 2
  alarms_and_waits gw-b \
    'gateway=gw-a bad SPI 0x[0-9a-f]{8} from 198.51.100.1: to-a is responder-only'
  answered=$(stream_answered host-a)
  ike_forgotten gw-a
  child_up gw-a
  wait_until 10 "gw-b is up" -- state_is gw-b to-a up
  wait_until 10 "the stream goes on" -- stream_goes_on "$answered"
  wait_until 10 "ESP decrypts again" -- agent_logged gw-b 'ESP decrypts again'
  stream_result host-a
}
