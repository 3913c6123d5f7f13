#!/bin/bash
# several IKE SAs with one peer: each is judged when the peer dies, and all are cleared; the tunnel comes back.

# Both ends begin one each, and both are kept.
setup() {
  two_gateways
  vti gw-a
  vti gw-b
  CHARON_SETTINGS='block_threshold = 0' IKE_SETTINGS='unique = never' charon gw-a
  IKE_SETTINGS='unique = never' charon gw-b
  charon_loaded gw-a
  charon_loaded gw-b
}

story() {
  routes_through vti0
  # Neither end hears of the other's before its own is under way.
  drop_all both
  swan gw-a --initiate --timeout 30 --child net >&9 2>&1 &
  swan gw-b --initiate --timeout 30 --child net >&9 2>&1 &
  wait_until 15 "gw-a has begun one" -- ike_sas_are 1
  wait_until 15 "gw-b has begun one" -- ike_sas_are 1 gw-b
  heal
  wait_until 30 "there are two IKE SAs" -- ike_sas_are 2
  count_questions 203.0.113.1
  GATEWAY_SETTINGS='dead-peer-detection = { mode = "probe-idle-tunnel", interval = 2, threshold = 3, transport = "ike-ping" }' \
    ESTABLISH=responder-only monitoring gw-a 'interval = 60' | agent gw-a
  wait_until 15 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 10 "the peer has answered" -- peer_is gw-a to-b supported
  drop_all both
  wait_until 20 "the peer is dead" -- agent_logged gw-a 'dpd=dead'
  wait_until 20 "no SA is left" -- has_no_sas gw-a
  wait_until 20 "no IKE SA is left" -- ike_sas_are 0
  expect_not "one of them is given up" -- agent_logged gw-a 'does not answer IKE liveness'
  heal
  run swan gw-b --terminate --timeout 20 --force --ike to-a || true
  child_up gw-b
  wait_until 30 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 10 "the peer has answered again" -- peer_is gw-a to-b supported
}

ike_sas_are() { # COUNT [GATEWAY]
  [[ $(QUIET=1 swan "${2:-gw-a}" --list-sas | grep -Ec '^to-[ab]: .*(ESTABLISHED|CONNECTING)') == "$1" ]]
}
