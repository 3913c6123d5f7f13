#!/bin/bash
# One CHILD_SA with several selectors on a VTI is one set, probed inside one of them, and lives and dies as a whole.

setup() {
  two_gateways
  vti gw-a
  vti gw-b
  run ip -n gw-b address add 10.2.1.1/24 dev lan
  run ip -n host-b address add 10.2.1.2/24 dev eth0
  CHILD_SETTINGS=$'local_ts = 10.1.0.0/24\n remote_ts = 10.2.0.0/24, 10.2.1.0/24' charon gw-a
  CHILD_SETTINGS=$'remote_ts = 10.1.0.0/24\n local_ts = 10.2.0.0/24, 10.2.1.0/24' charon gw-b
  charon_loaded gw-a
  charon_loaded gw-b
}

story() {
  local both='["10.1.0.0/24 === 10.2.0.0/24","10.1.0.0/24 === 10.2.1.0/24"]' destinations
  route gw-a add 10.2.0.0/24 dev vti0
  route gw-a add 10.2.1.0/24 dev vti0
  route gw-b add 10.1.0.0/16 dev vti0
  destinations='destination-ip = ["10.9.9.9", "10.2.1.1", "10.2.0.1"]'
  monitoring gw-a "verify-path = { $destinations }" "$destinations" | agent gw-a
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  expect_equal "its selectors" "$(set_field gw-a to-b selectors | jq -c .)" "$both"
  expect_equal "where it is probed" "$(set_field gw-a to-b probe_destination)" 10.2.1.1
  expect "a ping passes" -- ping_once host-a 10.2.0.2
  expect "a ping passes" -- ping_once host-a 10.2.1.2

  rekey_child gw-a
  stays 8 "it is up while it rekeys" -- state_is gw-a to-b up
  expect_equal "its selectors" "$(set_field gw-a to-b selectors | jq -c .)" "$both"

  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  expect "both routes are held" -- both_unreachable
  expect_not "an alarm names a set" -- agent_logged gw-a 'Traffic-selector'
  heal
  wait_until 20 "the tunnel is back by itself" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  expect "a ping passes" -- ping_once host-a 10.2.1.2
}

both_unreachable() { is_unreachable gw-a 10.2.0.0/24 && is_unreachable gw-a 10.2.1.0/24; }
