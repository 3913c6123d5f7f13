#!/bin/bash
# verify-path holds the link until the first reply, then gives back the very same routes.
# Main: scripts/test runs it.

story() {
  route gw-a add 10.2.0.0/16 dev vti0
  route gw-a add 10.22.0.0/16 dev vti0 metric 77 src 10.1.0.1
  route gw-a add 10.222.0.0/16 dev vti0 table 100
  route gw-b add 10.1.0.0/16 dev vti0
  local before
  before=$(routes_of gw-a vti0)

  ESTABLISH=responder-only monitoring gw-a 'threshold = 10' | agent gw-a
  wait_until 5 "the absent tunnel's link is held" -- operstate_is gw-a vti0 DORMANT
  wait_until 5 "its routes are gone" -- no_route_but_connected
  expect "unreachable stands in" -- is_unreachable gw-a 10.2.0.0/16
  expect "in every table" -- has_route gw-a type unreachable exact 10.222.0.0/16 table 100
  expect_not "a ping passes" -- ping_once host-a 10.2.0.2

  drop_esp a-to-b
  child_up gw-a
  wait_until 5 "it verifies" -- state_is gw-a to-b verifying
  stays 2 "the link stays held" -- operstate_is gw-a vti0 DORMANT
  expect "its routes are still gone" -- no_route_but_connected
  heal
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  expect "the link is in service" -- operstate_is gw-a vti0 UP
  expect_equal "routes through the link" "$(routes_of gw-a vti0)" "$before"
  expect_not "unreachable is left" -- has_route gw-a type unreachable table all
  expect "a ping passes" -- ping_once host-a 10.2.0.2
}

no_route_but_connected() {
  [[ $(routes_of gw-a vti0 | grep -vc 'proto kernel') == 0 ]]
}
