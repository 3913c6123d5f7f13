#!/bin/bash
# What is withdrawn is on disk first: on a full disk the agent withdraws nothing, and tries again.
# Main: scripts/test runs it.

setup() {
  two_gateways
  vti gw-a
}

story() {
  route gw-a add 10.2.0.0/16 dev vti0
  local before
  before=$(routes_of gw-a vti0)
  on gw-a mkdir /run/vpnagent
  on gw-a mount -t tmpfs -o size=4k tmpfs /run/vpnagent
  on gw-a cp /bin/bash /run/vpnagent/filler 2>/dev/null || true

  monitoring gw-a | agent gw-a
  wait_until 5 "it says what it could not do" -- agent_logged gw-a \
    'cannot write the record, gate unchanged: .*No space left'
  stays 2 "nothing is withdrawn" -- same_routes "$before"
  expect_not "the link is held" -- operstate_is gw-a vti0 DORMANT

  on gw-a rm /run/vpnagent/filler
  wait_until 10 "the link is held" -- operstate_is gw-a vti0 DORMANT
  wait_until 5 "the route is withdrawn" -- is_unreachable gw-a 10.2.0.0/16
  expect "and on disk" -- on gw-a grep -q '"text" : "10.2.0.0/16"' /run/vpnagent/gates.json
}

same_routes() { [[ $(routes_of gw-a vti0) == "$1" ]]; } # ROUTES
