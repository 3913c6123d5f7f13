#!/bin/bash
# Echo requests without end to a gateway that watches them: status answers, timers run, memory stays.

story() {
  local rss number answers=0
  routes_through vti0
  monitoring gw-b 'optimized = true' | agent gw-b
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-b to-a up
  # The capture on transit would not take so many packets in.
  stop_capture
  ping_stream host-b 10.1.0.2 10/s
  for_seconds 2 "pings are answered"
  rss=$(agent_rss gw-b)

  for number in 1 2 3; do
    on_background transit "flood.$number" ping -f -l 64 -s 8 -q -w 40 203.0.113.1
  done
  for_seconds 5 "the flood"
  for number in {1..10}; do
    ! vpnagent gw-b status --json >"$LAB/status.$number" || ((++answers))
  done
  expect_equal "times that status answered, of 10" "$answers" 10
  expect "the tunnel is up" -- state_is gw-b to-a up
  drop_esp both
  wait_until 20 "the monitor says down" -- agent_logged gw-b 'reason="IPSEC SA VPN Monitor Failure"'
  heal
  wait_until 20 "the tunnel is back by itself" -- state_is gw-b to-a up
  expect_between "growth of the agent's memory, KiB" $(($(agent_rss gw-b) - rss)) -20000 4096
  stream_result host-b
  start_capture
}

agent_rss() { # GATEWAY
  awk '/^VmRSS/ { print $2 }' "/proc/$(<"$LAB/agent-$1.pid")/status"
}
