#!/bin/bash
# The peer is libreswan: its tunnel is verified, cleared through strongSwan's VICI when its path dies, and back.
# Roots: libreswan

CHILD_SETTINGS=$'local_ts = 0.0.0.0/0\nremote_ts = 0.0.0.0/0'

setup() {
  two_gateways
  vti gw-a
  vti gw-b
  charon gw-a
  charon_loaded gw-a
  pluto gw-b
}

story() {
  local before
  routes_through vti0
  ESTABLISH=on-traffic monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  before=$(spis gw-a)
  drop_esp both
  wait_until 10 "the child is terminated" -- agent_logged gw-a 'the path of to-b/net is dead: terminating child'
  wait_until 15 "there are new SAs" -- spis_gone gw-a "$before"
  heal
  wait_until 15 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}
