#!/bin/bash
# An IKEv1 peer whose daemon falls silent is found dead, its SAs are cleared, and it comes back.

IKE_SETTINGS='version = 1
    proposals = aes128-sha256-ecp256'

story() {
  routes_through vti0
  detecting gw-a '{ mode = "always-send", interval = 2, threshold = 2 }' | agent gw-a
  wait_until 15 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "the peer has answered" -- peer_is gw-a to-b supported
  expect_equal "the version of IKE" "$(tunnel_field gw-a to-b ike | jq -r .version)" 1
  drop_ike both
  wait_until 10 "its silence is found, though ESP passes" -- agent_logged gw-a "state=down .*$dpd_dead"
  expect "only its IKE daemon was silent" -- agent_logged gw-a 'its IKE daemon is silent'
  wait_until 5 "its SAs are gone" -- no_sas
  expect "the link is held" -- operstate_is gw-a vti0 DORMANT
  heal
  wait_until 20 "the tunnel is back" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}

no_sas() { ! has_sas gw-a; }
