#!/bin/bash
# BIRD 2 beside the agent with link-control = "admin": its routes follow the admin flag, that is, not a path that is dead.
# Roots: bird

# Besides the tunnel a leased line, to which BIRD falls back. gw-b answers by it always.
setup() {
  two_gateways
  leased_line
  vti gw-a
  vti gw-b
  charons
  bird gw-a <<'CONF'
log stderr all;
router id 10.1.0.1;
protocol device {}
protocol kernel { ipv4 { export all; }; scan time 5; }
protocol static tunnel { ipv4 { preference 200; }; route 10.2.0.0/16 via "vti0"; }
protocol static backup { ipv4 { preference 100; }; route 10.2.0.0/16 via 172.16.0.2; }
protocol ospf v2 { ipv4 {}; area 0 { interface "vti0" { type ptp; hello 1; dead 4; }; }; }
CONF
  bird gw-b <<'CONF'
log stderr all;
router id 10.2.0.1;
protocol device {}
protocol ospf v2 { ipv4 {}; area 0 {
  interface "vti0" { type ptp; hello 1; dead 4; };
  interface "lan" { stub; };
}; }
CONF
}

story() {
  wait_until 20 "BIRD has its route by the link" -- leads_to 10.2.0.0/16 vti0
  # No clear, which would set the link down for a moment, during the story.
  ESTABLISH=responder-only OWNED='link-control = "admin"' monitoring gw-a 'threshold = 30' | agent gw-a
  falls_back
  # While the path is verified the link is up, and BIRD goes by it; only OSPF waits for an answer.
  drop_esp both
  child_up gw-a
  wait_until 10 "BIRD goes by a link that is verified" -- goes_by_unverified
  expect_not "a ping passes or leaks" -- ping_once host-a 10.2.0.2
  expect "OSPF has no route" -- not_by_ospf
  heal
  returns
  child_down gw-a
  falls_back
  agent_kill gw-a TERM

  # The agent takes BIRD's route, BIRD puts it back at each scan: neither goes by the backup.
  ESTABLISH=responder-only OWNED='link-control = "admin"
guard-protocols = ["boot", "static", "unset", "bird"]' monitoring gw-a 'threshold = 30' | agent gw-a
  falls_back
  drop_esp both
  child_up gw-a
  wait_until 5 "BIRD's route is withdrawn" -- agent_has_withdrawn 10.2.0.0/16
  expect_not "a ping passes or leaks" -- ping_once host-a 10.2.0.2
  wait_until 40 "BIRD puts it back again and again" -- agent_logged gw-a 'another program keeps adding '
  heal
  returns
}

falls_back() {
  wait_until 10 "the link is down" -- operstate_is gw-a vti0 DOWN
  wait_until 5 "the backup is in its place" -- leads_to 10.2.0.0/16 line
  wait_until 10 "OSPF has lost its neighbour" -- not_by_ospf
  expect "a ping passes by the line" -- ping_once host-a 10.2.0.2
}

returns() {
  wait_until 20 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "BIRD has its route by the link" -- leads_to 10.2.0.0/16 vti0
  wait_until 20 "OSPF has its neighbour and route" -- leads_to 10.99.2.0/24 vti0
  expect "a ping passes" -- ping_once host-a 10.2.0.2
}

goes_by_unverified() { state_is gw-a to-b verifying && leads_to 10.2.0.0/16 vti0; }

agent_has_withdrawn() { # PREFIX
  [[ $(tunnel_field gw-a to-b withdrawn) == *"$1"* ]] && is_unreachable gw-a "$1"
}

not_by_ospf() { ! has_route gw-a 10.99.2.0/24; }

leads_to() { # PREFIX LINK
  [[ $(ip -n gw-a route show "$1") == *"dev $2 "* ]]
}
