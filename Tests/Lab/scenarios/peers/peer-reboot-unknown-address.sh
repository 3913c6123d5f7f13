#!/bin/bash
# gw-a is behind NAT and gw-b, which cannot initiate to it, forgets its SAs: it alarms and waits for its peer.

setup() { stage_behind_nat; }

story() {
  routes_through vti0
  responding gw-b | agent gw-b
  child_up gw-a
  wait_until 10 "gw-b is up" -- state_is gw-b to-a up
  wait_until 10 "gw-b knows its child" -- knows_names gw-b to-a
  ping_stream host-a 10.2.0.2 2/s
  wait_until 5 "the stream flows" -- stream_goes_on 2
  alarms_and_waits gw-b \
    'bad SPI 0x[0-9a-f]{8} from 203.0.113.2: strongSwan has no address to negotiate to-a with'
  ike_forgotten gw-a
  child_up gw-a
  wait_until 10 "gw-b is up" -- state_is gw-b to-a up
  wait_until 10 "ESP decrypts again" -- agent_logged gw-b 'ESP decrypts again'
  stream_result host-a
}
