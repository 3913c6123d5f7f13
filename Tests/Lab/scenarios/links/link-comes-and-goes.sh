#!/bin/bash
# The link is deleted and made again, renamed and renamed back: the tunnel recovers by itself.

story() {
  route gw-b add 10.1.0.0/16 dev vti0
  OWNED='routes = ["10.2.0.0/16"]' monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up

  run ip -n gw-a link del vti0
  wait_until 6 "the tunnel is absent" -- state_is gw-a to-b absent
  expect "nothing leaks" -- is_unreachable gw-a 10.2.0.0/16
  expect_not "a ping leaks" -- ping_once host-a 10.2.0.2
  vti gw-a
  wait_until 5 "the tunnel is up again" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2

  rename vti0 vti9
  wait_until 6 "the configured link is gone" -- state_is gw-a to-b absent
  expect_not "a ping leaks" -- ping_once host-a 10.2.0.2
  rename vti9 vti0
  wait_until 5 "the tunnel is up again" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}

rename() { # OLD NEW      (this kernel renames only what is down)
  ip_lines gw-a <<IP
    link set $1 down
    link set $1 name $2
    link set $2 up
IP
}
