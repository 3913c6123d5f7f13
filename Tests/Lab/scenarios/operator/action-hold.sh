#!/bin/bash
# action = "hold": the link is held and SAs stay; "warn": alarm only, the link stays in service.

story() {
  local spis_before
  routes_through vti0
  monitoring gw-a 'action = "hold"' 'recovery-threshold = 15' | agent gw-a
  child_up gw-a
  wait_until 20 "the tunnel is up" -- state_is gw-a to-b up
  spis_before=$(spis gw-a)
  goes_down
  expect "the link is held" -- operstate_is gw-a vti0 DORMANT
  stays 5 "it is held still" -- operstate_is gw-a vti0 DORMANT
  expect_equal "SPIs" "$(spis gw-a)" "$spis_before"
  heal
  wait_until 20 "a reply opens nothing yet" -- recovering
  expect "the link is held" -- operstate_is gw-a vti0 DORMANT
  wait_until 40 "fifteen replies do" -- state_is gw-a to-b up
  expect "the link is in service" -- operstate_is gw-a vti0 UP
  agent_kill gw-a TERM

  : >"$LAB/agent-gw-a.log"
  monitoring gw-a 'action = "warn"' | agent gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  goes_down
  expect_equal "the gate" "$(tunnel_field gw-a to-b gate)" in-service
  stays 5 "the link stays in service" -- operstate_is gw-a vti0 UP
  expect "its route stays" -- has_route gw-a 10.2.0.0/16 dev vti0
  expect_equal "SPIs" "$(spis gw-a)" "$spis_before"
  heal
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
}

goes_down() {
  drop_esp both
  wait_until 10 "the tunnel is down" -- state_is gw-a to-b down
  expect "an alarm says so" -- agent_logged gw-a 'KMD_VPN_DOWN_ALARM_USER: VPN to-b'
}

recovering() {
  [[ $(QUIET=1 status gw-a | jq -r '.tunnels[0] | "\(.state) \(.recovery_threshold)"') == "down 15" ]]
}
