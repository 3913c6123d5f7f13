#!/bin/bash
# VTI with mark_in_sa: the inbound SA carries the mark too, is read, counted and cleared with it.

CHILD_SETTINGS='mark_in_sa = yes'

story() {
  routes_through vti0
  monitoring gw-a 'optimized = true' | agent gw-a
  child_up gw-a
  expect_equal "SAs with the mark" \
    "$(ip -n gw-a xfrm state list nokeys | grep -c 'mark 0x2a/0xffffffff')" 2
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  ping_stream host-a 10.2.0.2 10/s
  local probes before
  for_seconds 2 "pings are answered"
  probes=$(set_field gw-a to-b sent)
  for_seconds 4 "pings are answered"
  expect_equal "probes sent meanwhile: what came in was counted" \
    "$(($(set_field gw-a to-b sent) - probes))" 0
  before=$(spis gw-a)
  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  wait_until 5 "the SAs were cleared" -- spis_gone gw-a "$before"
  heal
  wait_until 10 "the tunnel is back by itself" -- state_is gw-a to-b up
  stream_result host-a
}
