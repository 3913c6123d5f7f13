#!/bin/bash
# BIRD 2 ignores a held link; with the agent's route by the tunnel and BIRD's as backup traffic fails over all the same.
# Roots: bird

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
protocol kernel { ipv4 { export all; }; scan time 2; }
protocol static tunnel { ipv4 { preference 200; }; route 10.99.0.0/16 via "vti0"; }
protocol static backup { ipv4 { preference 100; };
  route 10.2.0.0/16 via 172.16.0.2;
  route 10.99.0.0/16 via 172.16.0.2;
}
CONF
}

story() {
  wait_until 20 "BIRD has its routes" -- bird_has_its_routes
  ESTABLISH=responder-only OWNED='routes = ["10.2.0.0/16"]' monitoring gw-a | agent gw-a
  goes_by_backup
  initiates gw-a
  child_up gw-a
  goes_by_tunnel
  # IKE lives and negotiates again and again: the tunnel is verified nearly all the time.
  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  goes_by_backup
  wait_until 10 "it is verified again" -- state_is gw-a to-b verifying
  goes_by_backup
  heal
  goes_by_tunnel
  expect_equal "routes that the agent withdrew" "$(tunnel_field gw-a to-b withdrawn | jq -c)" "[]"
  expect_not "the agent quarrels" -- agent_logged gw-a 'keeps adding'
}

goes_by_backup() {
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  expect "a ping passes by the line" -- passes_by line
  expect "BIRD's own route by the held link is left where it is" -- bird_has_its_routes
  expect_not "what takes it passes or leaks" -- ping_once host-a 10.99.2.1
}

goes_by_tunnel() {
  wait_until 15 "the tunnel is up" -- state_is gw-a to-b up
  expect "a ping passes by the tunnel" -- passes_by vti0
  expect "and by BIRD's own route" -- ping_once host-a 10.99.2.1
}

bird_has_its_routes() {
  [[ $(ip -n gw-a route show 10.99.0.0/16) == *"dev vti0 proto bird "* ]] &&
    [[ $(ip -n gw-a route show 10.2.0.0/16) == *"dev line proto bird "* ]]
}

passes_by() { # LINK
  prints "dev $1 " ip -n gw-a route get 10.2.0.2 && ping_once host-a 10.2.0.2
}
