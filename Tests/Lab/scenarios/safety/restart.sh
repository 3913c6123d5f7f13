#!/bin/bash
# SIGKILL while in service and while held, then a new start: same gate, no lost or doubled route.
# Main: scripts/test runs it.

story() {
  routes_through vti0
  route gw-a add 10.22.0.0/16 dev vti0 metric 77
  local before
  before=$(routes_of gw-a vti0)
  monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up

  ping_stream host-a 10.2.0.2 50/s
  agent_kill gw-a KILL
  expect_equal "routes without an agent" "$(routes_of gw-a vti0)" "$before"
  agent_again gw-a
  wait_until 5 "it is up again" -- state_is gw-a to-b up
  stream_result host-a
  expect_equal "pings lost" "$lost" 0
  expect_equal "routes" "$(routes_of gw-a vti0)" "$before"

  drop_esp both
  wait_until 10 "the link is held" -- operstate_is gw-a vti0 DORMANT
  agent_kill gw-a KILL
  expect "still held without an agent" -- operstate_is gw-a vti0 DORMANT
  expect "nothing leaks meanwhile" -- is_unreachable gw-a 10.2.0.0/16
  agent_again gw-a
  expect "the next run knows that it is held" -- gate_is gw-a to-b held
  stays 2 "the next run holds it too" -- operstate_is gw-a vti0 DORMANT
  heal
  wait_until 10 "the tunnel is back" -- state_is gw-a to-b up
  expect_equal "routes" "$(routes_of gw-a vti0)" "$before"

  drop_esp both
  wait_until 10 "the link is held" -- operstate_is gw-a vti0 DORMANT
  agent_kill gw-a TERM
  expect_equal "SIGTERM gives the routes back" "$(routes_of gw-a vti0)" "$before"
  expect "and the link" -- operstate_is gw-a vti0 UP
  expect_not "nothing of the agent is left" -- has_route gw-a proto 250 table all
}
