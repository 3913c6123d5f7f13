#!/bin/bash
# GRE over transport-mode ESP: such a link is left alone and works on, its SAs are counted.

setup() {
  two_gateways
  run ip -n gw-a link add gre1 type gre local 198.51.100.1 remote 203.0.113.1
  run ip -n gw-b link add gre1 type gre local 203.0.113.1 remote 198.51.100.1
  raise_link gw-a gre1
  raise_link gw-b gre1
  local ts='local_ts = dynamic[gre]
    remote_ts = dynamic[gre]
    mode = transport'
  CHILD_SETTINGS=$ts charons none
}

story() {
  local spis
  routes_through gre1
  child_up gw-a
  wait_until 10 "a ping passes" -- ping_once host-a 10.2.0.2
  spis=$(spis gw-a)

  LINK=gre1 monitoring gw-a | agent gw-a
  wait_until 5 "the log says it" -- agent_logged gw-a \
    'link=gre1 is left alone: its kind is gre, .*transport-mode SAs are not monitored'
  stays 8 "the link is not held" -- works_on
  expect_equal "its gate" "$(tunnel_field gw-a to-b gate)" -
  expect_equal "transport-mode SAs in JSON" "$(QUIET=1 status gw-a | jq .transport_sas)" 2
  expect "status counts them" -- prints '2 transport-mode SAs are not monitored' says status
  expect "status says why" -- prints 'link gre1 is left alone: its kind is gre' says status
  expect_equal "its SAs" "$(spis gw-a)" "$spis"
}

works_on() {
  has_route gw-a 10.2.0.0/16 dev gre1 && ! has_route gw-a type unreachable table all &&
    ! operstate_is gw-a gre1 DORMANT && ping_once host-a 10.2.0.2
}

says() { # ARGUMENT...
  { QUIET=1 vpnagent gw-a "$@" || true; } | tr '\n' ' ' | tr -s ' '
}
