#!/bin/bash
# A policy-based tunnel that traffic triggers died: the agent's own packet has it negotiated, and never leaves in clear.

setup() {
  two_gateways
  trapping policy_charons 10.1.0.0/16 10.2.0.0/16
}

story() {
  {
    echo 'vici-socket = "/run/nobody.vici"'
    ESTABLISH=on-traffic monitoring_without_link gw-a 'renegotiate-backoff = { maximum = 10 }'
  } | agent gw-a
  expect_equal "state without SAs" "$(tunnel_field gw-a to-b state)" idle
  wait_until 20 "a user's ping has triggered it" -- ping_once host-a 10.2.0.2
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  drop_all both
  wait_until 15 "the tunnel is down" -- state_is gw-a to-b down
  wait_until 60 "the SAs are gone" -- has_no_sas gw-a
  wait_until 60 "strongSwan has given up" -- logged_by_charon 'giving up after 2 retransmits'
  wait_until 30 "packets have triggered negotiation" -- logged_times gw-a 'triggering negotiation by a packet' 2
  expect_equal "state" "$(tunnel_field gw-a to-b state)" down
  heal
  wait_until 25 "the tunnel is back without any user's packet" -- state_is gw-a to-b up
  expect "a ping passes" -- ping_once host-a 10.2.0.2
}

logged_by_charon() { grep -q -- "$1" "$LAB/charon-gw-a.log"; } # TEXT
