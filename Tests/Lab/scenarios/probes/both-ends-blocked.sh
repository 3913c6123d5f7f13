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
  expect_between "ms that SAs lived until somebody cleared them" "$(shortest_life)" 2500 9000
  heal
  wait_until 2 "gw-a is in service, two intervals after healing" -- state_is gw-a to-b up
  wait_until 2 "gw-b too" -- state_is gw-b to-a up
  wait_until 2 "a ping passes" -- ping_once host-a 10.2.0.2
}

negotiations() { grep -c 'CHILD_SA net{.*established' "$LAB/charon-gw-a.log"; }

# The shortest time from the negotiation of SAs to their end, in milliseconds. Both agents may end the same
# ones at once: each found them dead by itself.
shortest_life() {
  local time child least=999999 life
  local -A begun=()
  while read -r time child; do
    if [[ $child == +* ]]; then
      begun[${child:1}]=$(date -d "$time" +%s%3N)
    elif [[ ${begun[${child:1}]:-} ]]; then
      life=$(($(date -d "$time" +%s%3N) - begun[${child:1}]))
      ((life >= least)) || least=$life
    fi
  done < <(sed -nE -e 's/^([0-9:.]+) .* CHILD_SA net\{([0-9]+)\} established .*/\1 +\2/p' \
    -e 's/^([0-9:.]+) .* closing CHILD_SA net\{([0-9]+)\} .*/\1 -\2/p' "$LAB/charon-gw-a.log")
  echo "$least"
}
