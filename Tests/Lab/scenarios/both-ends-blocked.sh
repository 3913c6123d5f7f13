#!/bin/bash
# Both agents, ESP dropped for five thresholds: they do not kill each other's fresh SAs.

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  monitoring gw-b | agent gw-b
  child_up gw-a
  wait_until 5 "gw-a is up" -- state_is gw-a to-b up
  wait_until 5 "gw-b is up" -- state_is gw-b to-a up

  local before
  before=$(negotiations)
  drop_esp both
  for_seconds 15 "five thresholds of three seconds"
  expect_between "negotiations in five thresholds" "$(($(negotiations) - before))" 1 5
  heal
  wait_until 2 "gw-a is in service, two intervals after healing" -- state_is gw-a to-b up
  wait_until 2 "gw-b too" -- state_is gw-b to-a up
  wait_until 2 "a ping passes" -- ping_once host-a 10.2.0.2
}

negotiations() { grep -c 'CHILD_SA net{.*established' "$LAB/charon-gw-a.log"; }
