#!/bin/bash
# IKEv1, where charon brings nothing back by itself: cleared and initiated, also with a dead peer.

IKE_SETTINGS='version = 1
    proposals = aes128-sha256-ecp256'

story() {
  local before
  routes_through vti0
  ESTABLISH=on-traffic monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "the version is known" -- version_is 1
  before=$(spis gw-a)
  drop_esp both
  wait_until 10 "the child is terminated" -- agent_logged gw-a 'the path of to-b/net is dead: terminating child'
  wait_until 10 "there are new SAs" -- spis_gone gw-a "$before"
  heal
  wait_until 15 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2

  drop_all both
  charon_kill gw-b KILL
  run ip -n gw-b xfrm state flush
  wait_until 30 "the IKE SA of the dead peer is given up" -- \
    agent_logged gw-a 'the peer does not answer: terminating IKE SA'
  charon_again gw-b
  charon_loaded gw-b
  heal
  wait_until 15 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}

version_is() { # NUMBER
  [[ $(tunnel_field gw-a to-b ike | jq -r .version) == "$1" ]]
}
