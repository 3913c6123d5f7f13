#!/bin/bash
# A held link gets another name than its VPN's bind-interface: it is given back all that was taken, and held under its own.

setup() {
  two_gateways
  vti gw-a
}

story() {
  route gw-a add 10.2.0.0/16 dev vti0
  monitoring gw-a | agent gw-a
  wait_until 10 "the link is held" -- operstate_is gw-a vti0 DORMANT
  wait_until 5 "the route is withdrawn" -- is_unreachable gw-a 10.2.0.0/16

  renamed vti0 old0
  wait_until 10 "it is in service" -- operstate_is gw-a old0 UP
  wait_until 10 "its route is back" -- has_route gw-a 10.2.0.0/16 dev old0
  expect_not "an unreachable is left" -- is_unreachable gw-a 10.2.0.0/16

  renamed old0 vti0
  wait_until 10 "it is held" -- operstate_is gw-a vti0 DORMANT
  renamed vti0 old0
  agent_kill gw-a TERM
  expect "it is in service after the end" -- operstate_is gw-a old0 UP
}

renamed() { # OLD NEW
  run ip -n gw-a link set "$1" down # before kernel 6.2 a link that is up has to keep its name
  run ip -n gw-a link set "$1" name "$2"
  run ip -n gw-a link set "$2" up
}
