#!/bin/bash
# The clock is set back an hour and forward two while the tunnel is up and verifying: nothing happens.
# Alone: sets the machine's clock.

story() {
  clock_is_ours || { say "not on this machine's own clock: LAB_VM=1 runs it"; return; }
  routes_through vti0
  monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  delay 300ms
  local shift
  for shift in -3600 7200 -3600; do
    shift_clock "$shift"
    stays 4 "the tunnel is up" -- state_is gw-a to-b up
    answered_while_asleep "$((-shift))"
    answered_while_asleep "$shift"
  done
  heal
  expect_equal "transitions" "$(log_count gw-a ' state=')" 2
  expect_equal "probes lost" "$(set_field gw-a to-b lost)" 0
  expect_between "seconds that it is up" "$(tunnel_field gw-a to-b since | cut -d . -f 1)" 12 120
  expect_between "smoothed round trip in ms" \
    "$(set_field gw-a to-b rtt | awk '{ printf "%d", $1 * 1000 }')" 0 3000

  # The threshold falls after three seconds, whatever the clock says.
  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  dies_verifying -3600 1
  dies_verifying 3600 2
  heal
  wait_until 10 "the tunnel is back by itself" -- state_is gw-a to-b up
  wait_until 3 "a ping passes" -- ping_once host-a 10.2.0.2
}

# A reply waits in the agent's socket while the clock is set.
answered_while_asleep() { # SECONDS
  local pid probes
  pid=$(<"$LAB/agent-gw-a.pid")
  probes=$(esp_seen a-to-b)
  wait_until 3 "a probe leaves" -- more_esp_than "$probes"
  on gw-a kill -STOP "$pid"
  for_seconds 0.8 "its reply comes"
  shift_clock "$1"
  on gw-a kill -CONT "$pid"
}

dies_verifying() { # SECONDS NUMBER
  wait_until 10 "new SAs are verified" -- state_is gw-a to-b verifying
  shift_clock "$1"
  wait_until 6 "the threshold falls" -- \
    logged_times gw-a 'state=down was=verifying reason="VPN monitoring verify-path error"' "$2"
}

more_esp_than() { (($(esp_seen a-to-b) > $1)); } # COUNT
