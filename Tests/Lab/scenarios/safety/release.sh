#!/bin/bash
# What a killed agent holds is put back by `vpnagent release`, link-control "admin" too; never beside an agent.

story() {
  run ip -n gw-a address add fd00:77::1/64 dev vti0
  run ip -n gw-a address add fd00:100::1/126 dev vti0
  routes_through vti0
  route gw-a add 10.22.0.0/16 dev vti0 metric 77
  run ip -n gw-a -6 route add fd10:2::/48 dev vti0
  run ip -n gw-a link set vti0 state up
  local before
  before=$(routes_of gw-a vti0)
  # A destination without a route: table 250, and a rule.
  ESTABLISH=responder-only OWNED='routes = ["10.33.0.0/16"]' \
    monitoring gw-a 'verify-path = { destination-ip = "fd00:99::2" }' | agent gw-a
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  wait_until 5 "a rule of the agent's is there" -- rule_is_there
  refused_beside_an_agent

  agent_kill gw-a KILL
  expect "still held without an agent" -- is_unreachable gw-a 10.2.0.0/16
  release
  nothing_is_left "$before"
  vpnagent gw-a release >"$LAB/release"
  expect_equal "what a second release prints" "$(<"$LAB/release")" "nothing was held"

  ESTABLISH=responder-only OWNED='link-control = "admin"' monitoring gw-a | agent gw-a
  wait_until 5 "the link is down" -- operstate_is gw-a vti0 DOWN
  agent_kill gw-a KILL
  release
  wait_until 5 "the link is up" -- operstate_is gw-a vti0 UP
  nothing_is_left "$before"
}

release() {
  vpnagent gw-a release >"$LAB/release"
  sed 's/^/    /' "$LAB/release" >&9
  expect "it says what it puts back" -- grep -q 'vti0: .*put back 10.2.0.0/16' "$LAB/release"
}

nothing_is_left() { # ROUTES
  expect "the link is in service" -- operstate_is gw-a vti0 UP
  expect_equal "routes" "$(routes_of gw-a vti0)" "$1"
  expect_not "a route of the agent's is left" -- has_route gw-a proto 250 table all
  expect_not "a rule of the agent's is left" -- rule_is_there
  expect "its addresses are there" -- prints 'fd00:77::1' ip -n gw-a -6 address show dev vti0
}

rule_is_there() { prints '^250:' ip -n gw-a -6 rule show; }

refused_beside_an_agent() {
  local status=0
  vpnagent gw-a release >"$LAB/release" 2>&1 || status=$?
  expect_equal "exit status beside an agent" "$status" 75
  expect "it names the lock" -- grep -q 'another vpnagent is already running (lock: /run/vpnagent/lock)' "$LAB/release"
  expect "the link is held still" -- operstate_is gw-a vti0 DORMANT
}
