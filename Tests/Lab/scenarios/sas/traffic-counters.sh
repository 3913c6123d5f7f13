#!/bin/bash
# Bytes and packets in show sa detail, status and metrics are the kernel's, and go on over rekeys and a flush.

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  a_burst 40
  detail_is_the_kernels
  totals_survive_rekeys
  replayed_esp_is_counted
  totals_survive_a_flush
}

# Pings of 1,028 bytes, one way and back.
a_burst() { # COUNT
  on host-a ping -n -q -c "$1" -i 0.02 -s 1000 10.2.0.2 >&9
}

# The agent's figures are a second old at most, and probes go on: it may lag behind by a few of these.
detail_is_the_kernels() {
  local said kernel
  for_seconds 2 "an older dump is not shown"
  said=$(vpnagent gw-a show sa detail | sed -n 's/^ *Traffic: \([0-9]*\) bytes, .*/\1/p' | tail -n 1)
  kernel=$(kernel_bytes gw-a 203.0.113.1)
  expect_between "bytes out of the kernel's $kernel" "$said" $((kernel - 2000)) "$kernel"
  expect "packets of users are in it" -- at_least "$said" $((40 * 1028))
  expect "errors are said" -- prints '^ *ESP errors: 0 outside replay window, 0 replayed, 0 not authentic$' \
    vpnagent gw-a show sa detail
  expect "status has it too" -- prints '^  traffic in: +[0-9.]+ kB, [0-9]+ packets' vpnagent gw-a status to-b
  if [[ $(traffic last_packet_in) != null ]]; then # kernels from 6.2 on
    expect_between "seconds since a packet came in" "$(traffic last_packet_in | cut -d . -f 1)" 0 3
  fi
  for_seconds 2 "a second look"
  expect "rates are there" -- at_least "$(traffic rate_interval | cut -d . -f 1)" 1
}

totals_survive_rekeys() {
  local round last now before
  last=$(bytes in)
  for round in 1 2 3; do
    before=$(spis gw-a)
    a_burst 20
    rekey_child gw-a
    wait_until 15 "CHILD_SA is rekeyed ($round)" -- spis_gone gw-a "$before"
    now=$(bytes in)
    expect "nothing went back, and nothing is missing ($round)" -- at_least "$now" $((last + 20 * 1028))
    last=$now
  done
  expect "the new SAs have counted less" -- at_least "$last" $(($(kernel_bytes gw-a 198.51.100.1) + 1))
}

# The underlay delivers each packet twice.
replayed_esp_is_counted() {
  local before
  prints 'replay[-_]window [1-9]' on gw-a ip xfrm state list || return 0
  before=$(($(errors replay) + $(errors window)))
  netem duplicate 100%
  a_burst 10
  heal
  wait_until 5 "packets that came twice are counted" -- at_least_errors $((before + 10))
  expect "status has them" -- prints '^  ESP errors: ' vpnagent gw-a status to-b
}

# A flush says no last counters: what passed since the last look is missing, and nothing goes back.
totals_survive_a_flush() {
  local before old
  before=$(bytes in)
  old=$(spis gw-a)
  run on gw-a ip xfrm state flush
  wait_until 20 "there are new SAs" -- spis_gone gw-a "$old"
  wait_until 20 "the tunnel is up again" -- state_is gw-a to-b up
  expect "nothing went back" -- at_least "$(bytes in)" "$before"
  a_burst 20
  wait_until 5 "they go on" -- at_least_bytes $((before + 20 * 1028))
}

bytes() { # in|out
  metric gw-a "tunnel_bytes_total{tunnel=\"to-b\",direction=\"$1\"}"
}

errors() { # window|replay|integrity
  metric gw-a "tunnel_esp_errors_total{tunnel=\"to-b\",error=\"$1\"}"
}

# A packet that is received again within the window counts as a replay, one behind it as too old.
at_least_errors() { at_least $(($(errors replay) + $(errors window))) "$1"; } # NUMBER

at_least_bytes() { at_least "$(bytes in)" "$1"; } # NUMBER

traffic() { # FIELD
  QUIET=1 status gw-a | jq -r ".tunnels[] | select(.name == \"to-b\") | .traffic.$1"
}

# Bytes that a gateway's SAs to an address have counted.
kernel_bytes() { # GATEWAY DESTINATION
  QUIET=1 on "$1" ip -s xfrm state list dst "$2" proto esp |
    awk '/lifetime current/ { getline; sub(/\(bytes\).*/, "", $1); sum += $1 } END { print sum + 0 }'
}

at_least() { (($1 >= $2)); } # NUMBER LEAST
