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
  expect_between "ms between two clears, whosever" "$(shortest_gap)" 2500 9000
  heal
  wait_until 2 "gw-a is in service, two intervals after healing" -- state_is gw-a to-b up
  wait_until 2 "gw-b too" -- state_is gw-b to-a up
  wait_until 2 "a ping passes" -- ping_once host-a 10.2.0.2
}

negotiations() { grep -c 'CHILD_SA net{.*established' "$LAB/charon-gw-a.log"; }

# The shortest time between two clears of either agent, in milliseconds.
shortest_gap() {
  local line at before=0 least=999999
  while read -r line; do
    at=$(date -d "$line" +%s%3N)
    ((at - before >= least)) || least=$((at - before))
    before=$at
  done < <(sed -n 's/ .*\(terminating child\|cleared esp\) .*//p' "$LAB"/agent-gw-[ab].log | sort)
  echo "$least"
}
