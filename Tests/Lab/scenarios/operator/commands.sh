#!/bin/bash
# verify, clear, explain, events, statistics against a real tunnel: what they do, print, and how they end.

story() {
  routes_through vti0
  ESTABLISH=on-traffic monitoring gw-a 'threshold = 300' | agent gw-a
  says 1 'to-b: no SAs to send a probe through' verify to-b
  says 1 'to-b: no SAs to clear' clear to-b
  explains 'gate: link vti0 is in service: on-traffic, so traffic must be able to trigger negotiation'
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up

  says 0 'to-b: path proven in [0-9.]+ ms, from 169\.254\.100\.1 to 169\.254\.100\.2 through vti0' \
    verify to-b
  says 1 'nowhere: no such tunnel; known: to-b' verify nowhere
  drop_esp both
  says 1 'to-b: no reply within [0-9.]+ ms, from 169\.254\.100\.1 to .* through vti0' verify to-b
  expect "the tunnel is up still" -- state_is gw-a to-b up
  heal
  explains 'gate: link vti0 is in service: the path is proven'
  explains 'why: VPN monitoring verify-path succeeded'
  on_background gw-a follow.log "$VPNAGENT" events to-b --follow
  local follower=$started_pid
  wait_until 5 "what happened is shown" -- grep -q 'verify-path succeeded' "$LAB/follow.log"

  local before
  before=$(spis gw-a)
  says 0 'to-b: clearing SAs 0x[0-9a-f]{8} 0x[0-9a-f]{8}' clear to-b
  wait_until 5 "none of its SAs is left" -- spis_gone gw-a "$before"
  expect "the alarm has the reason" -- agent_logged gw-a 'Reason: User cleared IPSec SA from CLI'
  wait_until 10 "the tunnel is back by itself" -- state_is gw-a to-b up
  expect "a ping passes" -- ping_once host-a 10.2.0.2
  before=$(spis gw-a)
  rekey_child gw-a
  wait_until 10 "the SAs are others" -- spis_differ gw-a "$before"
  events_and_statistics
  wait_until 5 "the follower has seen the end" -- grep -q 'rekey successfully completed' "$LAB/follow.log"
  expect_equal "times that it shows the clearing" "$(grep -c 'User cleared' "$LAB/follow.log")" 1
  run kill "$follower"
}

events_and_statistics() {
  local texts
  wait_until 5 "the rekey is among the events" -- \
    prints 'to-b IPSec SA rekey successfully completed' vpnagent gw-a events to-b
  texts=$(vpnagent gw-a events --json | jq -r '.events[].text')
  expect_equal "events" "$texts" "IPSec SA negotiation successfully completed
VPN monitoring verify-path succeeded
User cleared IPSec SA from CLI
IPSec SA negotiation successfully completed
VPN monitoring verify-path succeeded
IPSec SA rekey successfully completed"
  expect "statistics count them" -- \
    prints 'VPN monitoring verify-path succeeded +: 2' vpnagent gw-a statistics
  says 0 'event counters reset' clear statistics
  says 0 'no events yet' statistics
  says 1 'vpnagent: nowhere: no such tunnel; known: to-b' events nowhere
  says 1 'vpnagent: nowhere: no such tunnel; known: to-b' explain nowhere
}

explains() { # REGEX
  expect "explain says so" -- prints "^  $1\$" vpnagent gw-a explain to-b
}

# Runs a command on gw-a that must end with this status and print one line that matches.
says() { # STATUS REGEX COMMAND...
  local status=0
  vpnagent gw-a "${@:3}" >"$LAB/said" 2>&1 || status=$?
  sed 's/^/    /' "$LAB/said" >&9
  expect_equal "exit status" "$status" "$1"
  expect_equal "lines" "$(wc -l <"$LAB/said")" 1
  expect "it says so" -- grep -Eq -- "^$2\$" "$LAB/said"
}
