#!/bin/bash
# SAs flushed or deleted behind charon's back are restored; a child that the operator took down is not.
# Main: scripts/test runs it.

story() {
  routes_through vti0
  # Lost is lost, whoever is to establish tunnels.
  ESTABLISH=responder-only monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 10 "the agent knows what strongSwan calls it" -- ike_is child net
  expect_equal "the connection" "$(ike_field connection)" to-b
  expect_equal "control" "$(status gw-a | jq -r .control)" vici

  restored 1 "a flush" flush
  restored 2 "the loss of the outbound SA" delete_sa 203.0.113.1
  restored 3 "the loss of the inbound SA" delete_sa 198.51.100.1

  child_down gw-a
  wait_until 10 "the tunnel is gone" -- state_is gw-a to-b absent
  stays 20 "what the operator took down stays down" -- has_no_sas gw-a
  expect_equal "the child that it was" "$(ike_field child)" net
  child_up gw-a
  wait_until 10 "the operator brings it up again" -- state_is gw-a to-b up
}

restored() { # NUMBER WHAT COMMAND...
  local before number=$1 what=$2
  before=$(spis gw-a)
  shift 2
  "$@"
  # Attempts on one child are ten seconds apart at least.
  wait_until 30 "the agent says that it restored $what" -- \
    logged_times gw-a 'SAs of to-b/net are restored' "$number"
  expect "the SAs are new ones" -- spis_gone gw-a "$before"
  wait_until 5 "the tunnel is up after $what" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  expect_equal "SAs of gw-a" "$(spis gw-a | wc -l)" 2
  wait_until 10 "gw-b has no others" -- same_sas
}

flush() { run ip -n gw-a xfrm state flush; }

delete_sa() { # DESTINATION
  local spi mark=()
  spi=$(ip -n gw-a xfrm state list nokeys dst "$1" | awk '$1 == "proto" { print $4 }')
  # VTI's outbound SA is found by its mark too.
  [[ $1 == "$(outer gw-a)" ]] || mark=(mark 42)
  run ip -n gw-a xfrm state delete src "$(other_end "$1")" dst "$1" proto esp spi "$spi" "${mark[@]}"
}

other_end() { # ADDRESS
  if [[ $1 == "$(outer gw-a)" ]]; then outer gw-b; else outer gw-a; fi
}

same_sas() { [[ $(spis gw-a) == "$(spis gw-b)" ]]; }

ike_field() { # FIELD
  tunnel_field gw-a to-b ike | jq -r --arg field "$1" '.[$field]'
}

ike_is() { # FIELD VALUE
  [[ $(ike_field "$1") == "$2" ]]
}
