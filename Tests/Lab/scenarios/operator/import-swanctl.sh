#!/bin/bash
# import swanctl: what it writes passes check-config, and an agent with it brings tunnels up by VTI and by XFRM interface.

setup() {
  two_gateways
  vti gw-a
  vti gw-b
  CHILD_SETTINGS='start_action = trap' charons
}

story() {
  local first
  routes_through vti0
  imports
  first=$(<"$LAB/agent-gw-a.toml")
  expect "the link is found by the VTI that there is" -- grep -q '^bind-interface = "vti0"' "$LAB/agent-gw-a.toml"
  expect "so is the trap" -- grep -q '^establish-tunnels = "on-traffic" ' "$LAB/agent-gw-a.toml"
  agent_again gw-a
  wait_until 20 "traffic brings the tunnel up" -- traffic_passes
  wait_until 10 "it is up" -- state_is gw-a to-b up
  imports
  expect_equal "what is written with SAs there" "$(<"$LAB/agent-gw-a.toml")" "$first"
  agent_kill gw-a TERM

  say "another connection, by if_id"
  xfrm_link gw-a xfrm0 43 169.254.101.1/30
  xfrm_link gw-b xfrm0 43 169.254.101.2/30
  for gateway in gw-a gw-b; do ike_down "$gateway" || true; done
  on gw-a ip link delete vti0
  on gw-b ip link delete vti0
  CHILD_SETTINGS=$'if_id_in = 43\nif_id_out = 43' charon_changed gw-b none
  CHILD_SETTINGS=$'if_id_in = 43\nif_id_out = 43' charon_changed gw-a none
  routes_through xfrm0
  child_up gw-a
  imports
  expect "the link is found by the SAs' if_id" -- grep -q '^bind-interface = "xfrm0"' "$LAB/agent-gw-a.toml"
  expect "the initiator goes on initiating" -- grep -q '^establish-tunnels = "immediately" ' "$LAB/agent-gw-a.toml"
  child_down gw-a
  agent_again gw-a
  wait_until 20 "the agent brings the tunnel up" -- state_is gw-a to-b up
  expect "a ping passes" -- ping_once host-a 10.2.0.2

  local status=0
  vpnagent gw-a import swanctl --socket /run/nowhere.vici >"$LAB/said" 2>&1 || status=$?
  expect_equal "exit status without strongSwan" "$status" 71
  expect_equal "what it says" "$(<"$LAB/said")" \
    "vpnagent: connect to /run/nowhere.vici: No such file or directory"
}

imports() {
  vpnagent gw-a import swanctl >"$LAB/agent-gw-a.toml"
  sed 's/^/    /' "$LAB/agent-gw-a.toml" >&9
  expect "it is valid" -- prints '1 gateway, 1 VPN, 1 monitored' \
    vpnagent gw-a check-config --config "$LAB/agent-gw-a.toml"
}

traffic_passes() { ping_once host-a 10.2.0.2; }
