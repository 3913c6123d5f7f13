#!/bin/bash
# The agent runs for 30 ms in every 280: probes leave at their pace, a dead path is found, and stalls are said.

story() {
  local pid starving before cut
  routes_through vti0
  monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  pid=$(<"$LAB/agent-gw-a.pid")
  starve "$pid" &
  starving=$!
  before=$(esp_seen a-to-b)
  for_seconds 15 "it gets 30 ms in every 280"
  expect_between "ESP from gw-a in 15 s, a probe a second" $(($(esp_seen a-to-b) - before)) 9 40
  expect "the log warns of stalls" -- agent_logged gw-a 'too little CPU time'
  expect_equal "downs so far" "$(log_count gw-a 'state=down')" 0
  cut=$(now)
  drop_esp both
  wait_until 20 "the dead path is found" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  say "found after $(($(now) - cut)) ms"
  wait_until 10 "the link is held" -- operstate_is gw-a vti0 DORMANT
  kill "$starving"
  wait "$starving" 2>/dev/null || true
  run kill -CONT "$pid"
  heal
  wait_until 30 "the tunnel is back" -- state_is gw-a to-b up
  # Only those in which something was due count, and a slow machine stops the agent less often.
  expect "stalls are counted" -- metric_above gw-a stalls_total 8
}

# Stops a process for 250 ms, lets it run for 30, and so on.
starve() { # PID
  trap - ERR
  set +e
  while kill -STOP "$1" 2>/dev/null; do
    pause 0.25
    kill -CONT "$1"
    pause 0.03
  done
}
