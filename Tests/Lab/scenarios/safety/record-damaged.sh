#!/bin/bash
# A damaged record: a wrong byte is made good by the copy, and what neither file has is said; no link stays held.

setup() {
  two_gateways
  vti gw-a
}

story() {
  route gw-a add 10.2.0.0/16 dev vti0
  local before
  before=$(routes_of gw-a vti0)
  monitoring gw-a | agent gw-a
  wait_until 10 "the link is held" -- operstate_is gw-a vti0 DORMANT
  wait_until 5 "the route is withdrawn" -- is_unreachable gw-a 10.2.0.0/16

  agent_kill gw-a KILL
  run on gw-a sed -i 's/"text":"10.2/"text":"10.3/' /run/vpnagent/gates.json
  run on gw-a "$VPNAGENT" release
  expect "the copy had what was damaged" -- routes_are gw-a vti0 "$before"
  expect "the link is open" -- operstate_is gw-a vti0 UP

  agent_again gw-a
  wait_until 10 "the link is held again" -- operstate_is gw-a vti0 DORMANT
  wait_until 5 "the route is withdrawn" -- is_unreachable gw-a 10.2.0.0/16
  agent_kill gw-a KILL
  run on gw-a sh -c 'echo nonsense >/run/vpnagent/gates.json; : >/run/vpnagent/gates.json.copy'
  agent_again gw-a
  expect "it runs, and says what is wrong" -- agent_logged gw-a 'the record is damaged: .*gates.json: it does not begin with the header of a record'
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  wait_until 5 "the damaged file is kept" -- on gw-a test -e /run/vpnagent/gates.json.damaged

  agent_kill gw-a KILL
  run on gw-a sh -c 'echo nonsense >/run/vpnagent/gates.json; rm /run/vpnagent/gates.json.copy'
  local status=0
  on gw-a "$VPNAGENT" release >"$LAB/said" 2>&1 || status=$?
  expect_equal "exit status of release" "$status" 71
  expect "it says what it cannot know" -- grep -q 'which routes it listed is not known' "$LAB/said"
  expect "the link is open" -- operstate_is gw-a vti0 UP
  expect_not "the stand-in is left" -- is_unreachable gw-a 10.2.0.0/16
  run on gw-a "$VPNAGENT" release
}
