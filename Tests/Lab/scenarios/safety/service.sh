#!/bin/bash
# The systemd unit: a restart keeps a held link, a stop opens it, and so does a failure for good.
# Roots: networkd

story() {
  local before pid
  routes_through vti0
  before=$(routes_of gw-a vti0)
  monitoring gw-a >"$LAB/agent-gw-a.toml"
  systemd gw-a
  run systemctl gw-a start vpnagent
  expect "it is ready only when the gates are set" -- operstate_is gw-a vti0 DORMANT
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "systemd has a status line" -- status_is "1 up"
  expect "the alarm is in the journal with its fields" -- \
    journal_has KMD_VPN_UP_ALARM_USER VPN_NAME=to-b VPN_STATE=up

  drop_esp both
  wait_until 10 "the link is held" -- operstate_is gw-a vti0 DORMANT
  wait_until 5 "the journal says why" -- \
    journal_has KMD_VPN_DOWN_ALARM_USER VPN_NAME=to-b 'VPN_REASON=IPSEC SA VPN Monitor Failure'
  pid=$(unit_pid gw-a vpnagent)
  systemctl gw-a restart vpnagent
  expect_not "it is the same process" -- test "$(unit_pid gw-a vpnagent)" == "$pid"
  expect "a restart keeps the gate" -- journal_has "keeping held links"
  expect "and the link is held" -- operstate_is gw-a vti0 DORMANT
  expect "and nothing leaks" -- is_unreachable gw-a 10.2.0.0/16

  run kill -KILL "$(outer_pid gw-a)"
  wait_until 40 "systemd starts it again" -- unit_is gw-a vpnagent active
  expect "a crash keeps the gate" -- operstate_is gw-a vti0 DORMANT

  systemctl gw-a stop vpnagent
  expect_equal "routes after a stop" "$(routes_of gw-a vti0)" "$before"
  expect "a stop opens the link" -- operstate_is gw-a vti0 UP

  run systemctl gw-a start vpnagent
  wait_until 10 "the link is held" -- operstate_is gw-a vti0 DORMANT
  echo 'nonsense = 1' >"$LAB/agent-gw-a.toml"
  run kill -KILL "$(outer_pid gw-a)"
  wait_until 40 "it fails for good" -- unit_is gw-a vpnagent failed
  wait_until 40 "the link is opened" -- operstate_is gw-a vti0 UP
  expect_equal "routes after a failure" "$(routes_of gw-a vti0)" "$before"
}

status_is() { # TEXT
  [[ $(systemctl gw-a show --value --property StatusText vpnagent) == "$1" ]]
}

journal_has() { # TEXT FIELD=VALUE...
  prints "$1" inside gw-a journalctl --no-pager -o cat -u vpnagent "${@:2}"
}
