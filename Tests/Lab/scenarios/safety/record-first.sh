#!/bin/bash
# What is withdrawn can be put back by whoever comes next: from the disk, and while that is full from a copy in the kernel.
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
  wait_until 10 "it says that there is no record" -- agent_logged gw-a 'VPN_RECORD_FAILED: .*No space left'
  wait_until 10 "the link is held all the same" -- operstate_is gw-a vti0 DORMANT
  wait_until 5 "the route is withdrawn" -- is_unreachable gw-a 10.2.0.0/16
  expect "a copy of it is in the kernel" -- has_copy

  agent_kill gw-a KILL
  run on gw-a "$VPNAGENT" release
  expect "nothing but the copy was needed to put it back" -- routes_are gw-a vti0 "$before"
  expect_not "the copy is left" -- has_copy

  agent_again gw-a
  wait_until 10 "the link is held again" -- operstate_is gw-a vti0 DORMANT
  on gw-a rm /run/vpnagent/filler
  wait_until 20 "it is on disk once there is room" -- prints '"text":"10.2.0.0/16"' \
    on gw-a cat /run/vpnagent/gates.json
  expect "the route is still withdrawn" -- is_unreachable gw-a 10.2.0.0/16
}


# Route.parkingTable(of: 254)
has_copy() { prints '10\.2\.0\.0/16' ip -n gw-a route show table $((0x56500000 | 254)); }
