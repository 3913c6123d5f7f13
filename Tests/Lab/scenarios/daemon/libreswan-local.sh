#!/bin/bash
# libreswan on our side, so no VICI: brought up by renegotiate-command, cleared by EXPIRE, and brought up again.
# Roots: libreswan

CHILD_SETTINGS=$'local_ts = 0.0.0.0/0\nremote_ts = 0.0.0.0/0'

setup() {
  two_gateways
  vti gw-a
  vti gw-b
  charon gw-b
  charon_loaded gw-b
  pluto gw-a
}

story() {
  local before
  routes_through vti0
  OWNED='renegotiate-command = ["ipsec", "auto", "--up", "to-b"]' monitoring gw-a | agent gw-a
  wait_until 20 "the tunnel is up" -- state_is gw-a to-b up
  expect "the command was run" -- agent_logged gw-a 'running ipsec auto --up to-b'
  wait_until 10 "it succeeded" -- agent_logged gw-a 'renegotiate-command ended with status 0'
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  expect_equal "how SAs are cleared" "$(tunnel_field gw-a to-b control)" 'kernel expire, renegotiate-command'
  before=$(spis gw-a)
  drop_esp both
  wait_until 10 "the SAs are expired" -- agent_logged gw-a 'cleared esp'
  wait_until 10 "they are gone" -- old_spis_gone "$before"
  heal
  wait_until 40 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}

old_spis_gone() { # SPIS
  [[ ! $(comm -12 <(echo "$1") <(spis gw-a)) ]]
}
