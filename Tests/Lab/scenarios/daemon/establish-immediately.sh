#!/bin/bash
# establish-tunnels = "immediately": the agent finds the connection and brings it up; several that fit are said.

# A second child fits as well until one is named.
MORE_CHILDREN='other { esp_proposals = aes128gcm16 }'

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  wait_until 10 "status says that two children fit" -- obstacle_is 'several children fit .*to-b/net, to-b/other'
  stays 6 "nothing is initiated" -- has_no_sas gw-a
  expect_equal "lines about it" "$(log_count gw-a 'several children fit')" 1
  agent_kill gw-a TERM

  OWNED='ike-child = "net"' monitoring gw-a | agent gw-a
  expect "the link is held" -- operstate_is gw-a vti0 DORMANT
  wait_until 15 "the tunnel is up" -- state_is gw-a to-b up
  expect "it was initiated" -- agent_logged gw-a 'initiating to-b/net'
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2

  charon_kill gw-a TERM
  wait_until 10 "the tunnel is gone" -- state_is gw-a to-b absent
  charon_again gw-a
  charon_loaded gw-a
  wait_until 40 "it is up again" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  stays 5 "one pair is enough" -- two_sas
}

obstacle_is() { # REGEX
  [[ $(tunnel_field gw-a to-b obstacle) =~ $1 ]]
}

two_sas() { [[ $(spis gw-a | wc -l) == 2 ]]; }
