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
  daemon_falls_silent 20
}
