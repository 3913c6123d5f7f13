#!/bin/bash
# gw-a is behind NAT: ESP in UDP, agents at both ends, and the NAT forgets its mapping mid-life.
# Main: scripts/test runs it.

setup() { stage_behind_nat; }

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  # Soon the agent brings the tunnel up itself.
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  monitoring gw-b | agent gw-b
  child_up gw-a
  wait_until 5 "gw-a is up" -- state_is gw-a to-b up
  wait_until 5 "gw-b is up" -- state_is gw-b to-a up
  expect "ESP is in UDP" -- in_udp
  expect "a ping passes" -- ping_once host-a 10.2.0.2
  expect_equal "gw-a's encapsulation" "$(set_field gw-a to-b encap)" "udp 4500:4500"
  expect "gw-b's status has the mapping" -- encap_is_peer_port
  expect_equal "the algorithm" "$(set_field gw-b to-a algorithm)" aes-gcm-128

  # The mapping is forgotten: what comes next has another port, and gw-b's charon follows.
  local before
  before=$(peer_port)
  on transit conntrack -F
  wait_until 20 "gw-b has the new mapping" -- peer_port_differs "$before"
  wait_until 10 "gw-a is up" -- state_is gw-a to-b up
  wait_until 10 "gw-b is up" -- state_is gw-b to-a up
  wait_until 5 "gw-b's status has the new mapping" -- encap_is_peer_port
  wait_until 10 "a ping passes" -- ping_once host-a 10.2.0.2

  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  heal
  wait_until 10 "gw-a is back" -- state_is gw-a to-b up
}

in_udp() { ip -n gw-a xfrm state list nokeys | grep 'encap type espinudp'; }

# The port that gw-b sends to.
peer_port() {
  ip -n gw-b xfrm state list nokeys | awk '/^src 203.0.113.1/ { out = 1 } /^src 203.0.113.2/ { out = 0 }
    out && /encap/ { print $7 }' | sort -u
}

encap_is_peer_port() {
  [[ $(set_field gw-b to-a encap) == "udp 4500:$(peer_port)" ]]
}

peer_port_differs() { # PORT
  local now
  now=$(peer_port)
  [[ $now && $now != "$1" ]]
}
