#!/bin/bash
# A tunnel that traffic triggers died: users stay on the backup until its path is proven, and it comes back.

setup() {
  two_gateways
  vti gw-a
  vti gw-b
  backup_line
  trapping charons
}

story() {
  route gw-a add 10.2.0.0/16 dev vti0
  ESTABLISH=on-traffic monitoring gw-a 'renegotiate-backoff = { maximum = 10 }' | agent gw-a
  expect_equal "state without SAs" "$(tunnel_field gw-a to-b state)" idle
  expect_equal "its letter" "$(tunnel_field gw-a to-b mon)" -
  expect "that is well" -- vpnagent gw-a status
  expect "users may trigger it" -- gate_is gw-a to-b in-service
  wait_until 20 "a user's ping has triggered it" -- ping_once host-a 10.2.0.2
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up

  say "the peer is cut off; the agent clears by VICI"
  drop_all both
  wait_until 15 "the tunnel is down" -- state_is gw-a to-b down
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  wait_until 30 "the SAs are gone" -- has_no_sas gw-a
  users_stay_on_backup vti0 25
  heal
  is_back
}

is_back() {
  wait_until 25 "the tunnel is back by itself" -- state_is gw-a to-b up
  wait_until 5 "the link is in service" -- operstate_is gw-a vti0 UP
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}
