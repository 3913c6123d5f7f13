#!/bin/bash
# doctor: a VTI between the same ends takes an XFRM interface's inbound ESP; it is named, and down it does not.

setup() {
  two_gateways
  xfrm_link gw-a
  xfrm_link gw-b
  charons if_id
}

story() {
  routes_through xfrm0
  LINK=xfrm0 monitoring gw-a >"$LAB/agent-gw-a.toml"
  child_up gw-a
  expect "a ping passes" -- ping_once host-a 10.2.0.2
  expect_equal "errors" "$(doctor_errors)" ""
  local before
  before=$(xfrm_stat gw-a XfrmInNoPols)
  on gw-a ip link add other type vti local 198.51.100.1 remote 203.0.113.1 key 9
  expect "while it is down a ping passes" -- ping_once host-a 10.2.0.2
  on gw-a ip link set other up
  lost
  say "XfrmInNoPols: $before before, $(xfrm_stat gw-a XfrmInNoPols) after"
  expect_equal "errors" "$(doctor_errors)" "stolen-esp ip link set other down"
  on gw-a ip link set other down
  expect "a ping passes" -- ping_once host-a 10.2.0.2
  expect_equal "errors" "$(doctor_errors)" ""
}

# All of ten pings, a tenth of a second apart.
lost() {
  on host-a ping -n -q -c 10 -i 0.1 -W 1 10.2.0.2 >"$LAB/pings" || true
  sed 's/^/    /' "$LAB/pings" >&9
  expect "none of ten pings is answered" -- grep -q ' 0 received' "$LAB/pings"
}

doctor_errors() {
  { QUIET=1 vpnagent gw-a doctor --config "$LAB/agent-gw-a.toml" --json || true; } |
    jq -r '.findings[] | select(.grade == "error") | .check + " " + .fix.commands[0]'
}
