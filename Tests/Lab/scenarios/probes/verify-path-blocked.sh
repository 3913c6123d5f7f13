#!/bin/bash
# ESP never passes: at the threshold the SAs are cleared, and no packet ever enters the link.
# Main: scripts/test runs it.

story() {
  routes_through vti0
  drop_esp both
  monitoring gw-a | agent gw-a
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  count_entering gw-a vti0
  ping_stream host-a 10.2.0.2 20/s
  child_up gw-a
  local before
  before=$(spis gw-a)

  wait_until 12 "the alarm is raised" -- agent_logged gw-a "$down_alarm"
  expect_between "ms from SA up to the alarm" \
    "$(ms_between gw-a 'state=verifying' "$down_alarm")" 2500 5000
  # At once, but for the back-off that a slow machine has come to meanwhile.
  wait_until 40 "the SAs were cleared and negotiated anew" -- spis_gone gw-a "$before"
  wait_until 5 "the new ones are verified too" -- state_is gw-a to-b verifying
  wait_until 12 "they fail as well" -- logged_times gw-a "$down_alarm" 2

  stream_result host-a
  expect_between "pings sent" "$sent" 50 100000
  expect_equal "pings lost" "$lost" "$sent"
  expect_equal "packets that entered the link" "$(entered gw-a vti0)" 0
  expect_not "the link was in service" -- agent_logged gw-a 'gate=in-service'
}

down_alarm='KMD_VPN_DOWN_ALARM_USER: VPN to-b from 203.0.113.1 is down\..*Reason: VPN monitoring verify-path error'
