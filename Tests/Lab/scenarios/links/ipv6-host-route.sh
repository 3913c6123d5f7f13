#!/bin/bash
# Links with a /128 address at each end: probes find the peer by a route that nobody else's traffic does.

setup() {
  two_gateways
  xfrm_link gw-a xfrm0 42 fd00:200::1/128
  xfrm_link gw-b xfrm0 42 fd00:200::2/128
  charons if_id
}

story() {
  routes6_through xfrm0
  probing gw-b fd00:200::1 | agent gw-b
  probing gw-a fd00:200::2 | agent gw-a
  wait_until 5 "gw-a is held" -- operstate_is gw-a xfrm0 DORMANT
  wait_until 5 "gw-b is held" -- operstate_is gw-b xfrm0 DORMANT
  wait_until 5 "the rule is there" -- has_rule gw-a
  wait_until 5 "and the route" -- has_route6 gw-a fd00:200::2 table 250
  expect_not "a ping passes or leaks" -- ping_once host-a fd10:2::2
  child_up gw-a
  wait_until 10 "gw-a is up" -- state_is gw-a to-b up
  wait_until 10 "gw-b is up" -- state_is gw-b to-a up
  wait_until 2 "a ping passes" -- ping_once host-a fd10:2::2
  expect_not "others find the way to the peer" -- others_go_by_link

  agent_kill gw-a KILL
  expect "after a crash the rule is there" -- has_rule gw-a
  agent_again gw-a
  wait_until 10 "gw-a is up" -- state_is gw-a to-b up
  # Its rule stays and answers; its probes would be answered in clear once gw-a's rule is gone.
  agent_kill gw-b KILL
  agent_kill gw-a TERM
  expect_not "the rule is left" -- has_rule gw-a
  expect_not "the route is left" -- has_route6 gw-a table 250

  agent_again gw-a
  wait_until 5 "the rule is there" -- has_rule gw-a
  agent_kill gw-a KILL
  observer gw-a
  wait_until 5 "what a crash left is swept" -- no_rule gw-a
  wait_until 5 "the route too" -- no_route6
}

probing() { # GATEWAY DESTINATION
  ESTABLISH=responder-only LINK=xfrm0 monitoring "$1" "destination-ip = \"$2\"" "verify-path = { destination-ip = \"$2\" }"
}

has_rule() { prints 'oif xfrm0 lookup 250' ip -n "$1" -6 rule show; } # GATEWAY
no_rule() { ! has_rule "$1"; }                                        # GATEWAY

has_route6() { # NODE WORDS...
  [[ $(ip -n "$1" -6 route show "${@:2}") ]]
}

others_go_by_link() {
  prints 'dev xfrm0' ip -n gw-a -6 route get fd00:200::2
}

no_route6() { ! has_route6 gw-a table 250; }
