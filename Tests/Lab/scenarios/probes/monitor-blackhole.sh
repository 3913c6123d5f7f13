#!/bin/bash
# ESP is dropped mid-life, both ways or one: down after threshold x interval, never earlier.
# Main: scripts/test runs it.

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  blackhole both 1
  blackhole a-to-b 2
  blackhole b-to-a 3
}

blackhole() { # WAY NUMBER
  local begun spis_before down_at
  expect "a ping passes" -- ping_once host-a 10.2.0.2
  spis_before=$(spis gw-a)
  begun=$(wall_ms)
  drop_esp "$1"
  wait_until 10 "the monitor says down" -- logged_times gw-a 'reason="IPSEC SA VPN Monitor Failure"' "$2"
  down_at=$(logged_at gw-a 'reason="IPSEC SA VPN Monitor Failure"' "$2")
  expect_between "ms from the first packet lost to down" \
    "$((down_at - $(first_esp_dropped "$begun")))" 2500 4900
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  expect_not "a ping passes" -- ping_once host-a 10.2.0.2
  wait_until 5 "the SAs were cleared" -- spis_gone gw-a "$spis_before"
  heal
  wait_until 10 "the tunnel is back by itself" -- state_is gw-a to-b up
  expect "the link is in service" -- operstate_is gw-a vti0 UP
}
