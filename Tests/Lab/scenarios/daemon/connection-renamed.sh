#!/bin/bash
# A connection renamed by `swanctl --load-all` while its SAs live on: what dies then comes back under the new name.

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  connection[gw-a]=office-b
  charon_changed gw-a
  expect "strongSwan has it under the new name" -- prints '^office-b:' swan gw-a --list-conns
  expect_not "strongSwan has the old name" -- prints '^to-b:' swan gw-a --list-conns
  stays 3 "SAs live on, the tunnel is up" -- state_is gw-a to-b up
  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  heal
  wait_until 30 "the tunnel is back" -- state_is gw-a to-b up
  expect "a ping passes" -- ping_once host-a 10.2.0.2
  wait_until 10 "status shows the new name" -- connection_is office-b
  expect "that is said" -- agent_logged gw-a 'has no to-b/net any more: negotiating office-b/net'
}

connection_is() { # NAME
  [[ $(tunnel_field gw-a to-b ike | jq -r .connection) == "$1" ]]
}
