#!/bin/bash
# a wait for the next attempt ends within seconds when an address, a default route or a carrier is back, or a connection is loaded.

setup() {
  two_gateways
  vti gw-a
  vti gw-b
  wire gw-a wan2 transit to-a2
  run ip -n transit link set to-a2 up
  charon gw-b
  charon_loaded gw-b
}

# A first attempt comes to nothing, and the next would be two minutes later.
backoff='renegotiate-backoff = { initial = 150 }'

story() {
  routes_through vti0
  run ip -n gw-a link set wan2 up
  news_of address ip -n gw-a address add 192.0.2.1/30 dev wan2
  news_of 'default route' ip -n gw-a route add default via 192.0.2.2 metric 100
  run ip -n transit link set to-a2 down
  news_of link ip -n transit link set to-a2 up
  connection_is_loaded
}

# Without strongSwan it is renegotiate-command that waits.
news_of() { # WHAT COMMAND...
  local begun what=$1
  shift
  : >"$LAB/agent-gw-a.log"
  OWNED='renegotiate-command = ["true"]' monitoring gw-a "$backoff" | agent gw-a
  wait_until 15 "the command ran" -- ran 1
  stays 4 "it waits" -- ran 1
  begun=$(now)
  run "$@"
  wait_until 10 "the command ran again" -- ran 2
  expect_between "ms from the $what to the command" $(($(now) - begun)) 0 3500
  expect "it is said why" -- agent_logged gw-a "to-b .*$what.*: next attempt now"
  stays 4 "it waits again" -- ran 2
  agent_kill gw-a TERM
}

ran() { # TIMES
  (($(log_count gw-a 'running true') == $1))
}

connection_is_loaded() {
  local begun
  : >"$LAB/agent-gw-a.log"
  charon gw-a
  charon_loaded gw-a
  monitoring gw-a "$backoff" | agent gw-a
  wait_until 30 "the tunnel is up" -- state_is gw-a to-b up
  echo 'connections { }' >"$LAB/none.conf"
  swan gw-a --load-conns --file "$LAB/none.conf" >&9
  ike_down gw-a
  wait_until 20 "the tunnel is absent" -- state_is gw-a to-b absent
  stays 5 "there is no SA" -- has_no_sas gw-a
  charon_loaded gw-a
  begun=$(now)
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  expect_between "ms from the connection to the tunnel" $(($(now) - begun)) 0 5000
}
