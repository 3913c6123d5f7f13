#!/bin/bash
# A full routing table beside the agent costs it neither memory nor work, and its own routes are held and come back.

story() {
  local before with ticks
  routes_through vti0
  before=$(routes_of gw-a vti0)
  monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 8 "the tunnel is up" -- state_is gw-a to-b up
  with=$(memory)
  make_table | run_quietly on gw-a ip -batch -
  expect_equal "routes beside the agent" "$(ip -n gw-a route show proto bgp | wc -l)" 32768
  ticks=$(ticks_of)
  run on gw-a ip address add 192.0.2.77/32 dev lo
  run on gw-a ip address del 192.0.2.77/32 dev lo
  wait_until 5 "the agent answers" -- state_is gw-a to-b up
  expect "32,768 routes cost less than 1 MB" -- test $(($(memory) - with)) -lt 1024
  expect "an address that goes costs less than 0.3 s of CPU" -- test $(($(ticks_of) - ticks)) -lt 30
  agent_kill gw-a KILL
  agent_again gw-a
  expect "a start beside them takes little memory" -- test "$(memory)" -lt 40000
  wait_until 8 "the tunnel is up" -- state_is gw-a to-b up
  drop_esp both
  wait_until 12 "the link is held" -- operstate_is gw-a vti0 DORMANT
  heal
  wait_until 30 "the tunnel is back" -- state_is gw-a to-b up
  expect_equal "routes of the link" "$(routes_of gw-a vti0)" "$before"
}

make_table() {
  awk 'BEGIN { for (a = 0; a < 256; a++) for (b = 0; b < 128; b++)
    print "route add 20." a "." b ".0/24 via 198.51.100.2 proto bgp" }'
}
run_quietly() { QUIET=1 "$@" >/dev/null; }
memory() { awk '/VmRSS/ { print $2 }' "/proc/$(<"$LAB/agent-gw-a.pid")/status"; } # KiB
ticks_of() { awk '{ print $14 + $15 }' "/proc/$(<"$LAB/agent-gw-a.pid")/stat"; }   # of 10 ms
