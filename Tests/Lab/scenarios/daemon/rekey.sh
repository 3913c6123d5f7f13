#!/bin/bash
# Rekeys of CHILD_SA and IKE_SA and a break-before-make reauthentication: nothing is verified anew.
# Main: scripts/test runs it.

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  count_entering gw-a vti0
  ping_stream host-a 10.2.0.2 20/s
  local round before
  for round in 1 2 3 4 5; do
    before=$(spis gw-a)
    rekey_child gw-a
    wait_until 15 "CHILD_SA is rekeyed ($round)" -- spis_gone gw-a "$before"
    before=$(ike_spi gw-a)
    rekey_ike gw-a
    wait_until 10 "IKE_SA is rekeyed ($round)" -- ike_spi_differs gw-a "$before"
  done
  stream_result host-a
  expect_equal "pings lost" "$lost" 0
  before=$(spis gw-a)
  delay 250ms # two round trips without an SA: a probe falls due meanwhile
  reauth gw-a
  wait_until 15 "the reauthentication is over" -- spis_gone gw-a "$before"
  wait_until 5 "there are new SAs" -- has_sas gw-a
  for_seconds 5 "any false loss would show now"
  expect "the tunnel is up" -- state_is gw-a to-b up
  expect_equal "times it verified" "$(log_count gw-a 'state=verifying')" 1
  expect_equal "times it came up" "$(log_count gw-a 'state=up')" 1
  expect_equal "probes lost" "$(set_field gw-a to-b lost)" 0
  expect_between "probes answered" "$(set_field gw-a to-b received)" 10 100000
}
