#!/bin/bash
# FRR beside the agent: its routes follow the gate by themselves, and the agent leaves them alone.
# Roots: frr

# Besides the tunnel a leased line, to which FRR falls back. gw-b answers by it always.
setup() {
  two_gateways
  leased_line
  vti gw-a
  vti gw-b
  charons
  frr gw-a staticd ospfd <<'CONF'
ip route 10.2.0.0/16 vti0
ip route 10.2.0.0/16 172.16.0.2 200
interface vti0
 ip ospf area 0
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 4
router ospf
 ospf router-id 10.1.0.1
CONF
  frr gw-b ospfd <<'CONF'
interface vti0
 ip ospf area 0
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 4
interface lan
 ip ospf area 0
 ip ospf passive
router ospf
 ospf router-id 10.2.0.1
CONF
}

story() {
  wait_until 20 "zebra has its route by the link" -- leads_to 10.2.0.0/16 vti0
  monitoring gw-a | agent gw-a
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  falls_back
  child_up gw-a
  returns
  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  falls_back
  heal
  returns
  expect_equal "routes that the agent withdrew" "$(tunnel_field gw-a to-b withdrawn | jq -c)" "[]"
  expect_not "a route of the agent is left" -- has_route gw-a proto 250 table all
  expect_not "the agent quarrels" -- agent_logged gw-a 'keeps adding'
}

falls_back() {
  wait_until 5 "the backup is in its place" -- leads_to 10.2.0.0/16 line
  wait_until 10 "OSPF has lost its neighbour" -- not_by_ospf
  expect "a ping passes by the line" -- ping_once host-a 10.2.0.2
}

returns() {
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "zebra has its route by the link" -- leads_to 10.2.0.0/16 vti0
  wait_until 20 "OSPF has its neighbour and route" -- leads_to 10.99.2.0/24 vti0
  expect "a ping passes" -- ping_once host-a 10.2.0.2
}

not_by_ospf() { ! has_route gw-a 10.99.2.0/24; }

leads_to() { # PREFIX LINK
  [[ $(ip -n gw-a route show "$1") == *"dev $2 "* ]]
}
