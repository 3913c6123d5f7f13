#!/bin/bash
# A VICI socket that never answers delays no probe; status says so; a charon that hangs is found again.

story() {
  routes_through vti0
  on_background gw-a fake.log socat UNIX-LISTEN:/run/fake.vici,fork SYSTEM:'sleep 3600'
  local fake=$started_pid
  wait_until 10 "the fake listens" -- on gw-a test -S /run/fake.vici
  { echo 'vici-socket = "/run/fake.vici"' && monitoring gw-a; } | agent gw-a
  expect_equal "control" "$(status gw-a | jq -r .control)" 'kernel expire'
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 15 "status says that VICI does not answer" -- obstacle_is 'does not answer'
  keeps_its_times
  expect_equal "lines about it" "$(log_count gw-a 'vici: ')" 1
  run kill "$fake"
  wait_until 30 "status says that nobody listens" -- obstacle_is 'No such file'
  expect "and that charon runs" -- obstacle_is '; charon is running, process [0-9]+$'
  leads_with_it status
  leads_with_it explain to-b
  doctor 1
  expect_equal "what doctor finds first" "$(jq -r '.findings[0].check' "$LAB/doctor")" vici

  on gw-a ln -s charon.vici /run/fake.vici
  wait_until 30 "the real one is found" -- control_is vici
  wait_until 5 "a list was read" -- knows_child
  # From now on a flush has to be noticed by whoever is still there.
  local charon
  charon=$(<"$LAB/charon-gw-a.pid")
  run kill -STOP "$charon"
  run ip -n gw-a xfrm state flush
  wait_until 20 "the hung charon is given up" -- control_is 'kernel expire'
  run kill -CONT "$charon"
  wait_until 40 "it is found again, and the tunnel restored" -- \
    agent_logged gw-a 'SAs of to-b/net are restored'
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}

# Twenty seconds of probes, one a second, over several attempts to connect.
keeps_its_times() {
  local from before after
  from=$(wall_ms)
  before=$(set_field gw-a to-b sent)
  for_seconds 20 "the agent probes, and tries VICI"
  after=$(set_field gw-a to-b sent)
  expect_between "ms a probe" "$((($(wall_ms) - from) / (after - before)))" 900 1200
  expect_equal "probes lost" "$(set_field gw-a to-b lost)" 0
}

leads_with_it() { # COMMAND...
  vpnagent gw-a "$@" >"$LAB/said" 2>&1 || true
  sed -n 1p "$LAB/said" >"$LAB/first"
  expect "$1 says so first" -- grep -Eq -- \
    '^strongSwan does not answer \(/run/fake.vici: No such file or directory' "$LAB/first"
}

obstacle_is() { # REGEX
  [[ $(status gw-a | jq -r .control_obstacle) =~ $1 ]]
}

control_is() { # WAY
  [[ $(status gw-a | jq -r .control) == "$1" ]]
}

knows_child() {
  [[ $(tunnel_field gw-a to-b ike) != null ]]
}
