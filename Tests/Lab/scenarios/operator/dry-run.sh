#!/bin/bash
# run --dry-run: probes, states and alarms as ever; what would be done is logged, and nothing is changed.

story() {
  local before
  routes_through vti0
  child_up gw-a
  before=$(kernel_state gw-a vti0)
  OWNED='routes = ["10.9.0.0/16"]' monitoring gw-a >"$LAB/agent-gw-a.toml"
  on_background gw-a agent-gw-a.log "$VPNAGENT" run --dry-run --config "$LAB/agent-gw-a.toml"
  echo "$started_pid" >"$LAB/agent-gw-a.pid"
  wait_until 20 "the agent answers" -- answers_or_died gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  expect_equal "dry_run in status" "$(QUIET=1 status gw-a | jq .dry_run)" true
  wait_until 5 "its own route would be added" -- agent_logged gw-a 'dry run: would link=vti0 .*add 10\.9\.0\.0/16'

  drop_esp both
  wait_until 10 "the tunnel is down" -- state_is gw-a to-b down
  wait_until 5 "an alarm says so, and that it is a dry run" -- \
    agent_logged gw-a 'dry run: KMD_VPN_DOWN_ALARM_USER: VPN to-b from 203\.0\.113\.1 is down\.'
  wait_until 5 "the link would be held" -- agent_logged gw-a 'dry run: would link=vti0 .*set operstate DORMANT'
  wait_until 5 "its route would be withdrawn" -- agent_logged gw-a 'dry run: would link=vti0 .*withdraw 10\.2\.0\.0/16'
  wait_until 10 "SAs would be cleared" -- agent_logged gw-a 'dry run: would vici: terminate child '
  for_seconds 3 "survivors would be cleared once more"
  expect_equal "kernel state" "$(kernel_state gw-a vti0)" "$before"

  heal
  wait_until 10 "the tunnel is up again" -- state_is gw-a to-b up
  agent_kill gw-a TERM
  expect_equal "kernel state" "$(kernel_state gw-a vti0)" "$before"
  expect_not "a record was written" -- on gw-a test -e /run/vpnagent/gates.json
  expect "a ping passes" -- ping_once host-a 10.2.0.2
}
