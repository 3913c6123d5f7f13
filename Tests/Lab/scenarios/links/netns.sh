#!/bin/bash
# run --netns: an agent outside of the gateway's namespace guards the links inside, beside another one.

setup() {
  two_gateways
  vti gw-a
  vti gw-b
  charons
  # A host whose agents look into gateways' namespaces.
  nodes gw-host
}

story() {
  routes_through vti0
  # gw-a's charon has its socket in a /run of its own: SAs are cleared by the kernel's EXPIRE.
  monitoring gw-a >"$LAB/inside.toml"
  on_background gw-host agent-gw-host.log "$VPNAGENT" run
  echo "$started_pid" >"$LAB/agent-gw-host.pid"
  wait_until 20 "the host's own agent answers" -- status gw-host
  on_host_for gw-a
  wait_until 20 "the agent for gw-a answers" -- inside status --json
  wait_until 5 "gw-a's link is held" -- operstate_is gw-a vti0 DORMANT
  child_up gw-a
  wait_until 10 "its tunnel is up" -- inside_state_is up
  expect "its link is in service" -- operstate_is gw-a vti0 UP
  expect "a ping passes" -- ping_once host-a 10.2.0.2
  expect_equal "tunnels of the host's own agent" "$(QUIET=1 status gw-host | jq '.tunnels | length')" 0
  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged inside 'reason="IPSEC SA VPN Monitor Failure"'
  wait_until 5 "gw-a's link is held" -- operstate_is gw-a vti0 DORMANT
  heal
  wait_until 20 "the tunnel is back by itself" -- inside_state_is up

  ! on gw-host "$VPNAGENT" run --netns nowhere 2>"$LAB/nowhere" || fail "there is no such namespace"
  expect "the line names it" -- \
    grep -q 'enter the namespace /run/netns/nowhere: No such file' "$LAB/nowhere"
}

# The agent of gw-a's namespace, a process of gw-host's in all else.
on_host_for() { # GATEWAY
  local pid
  read -r pid <"$LAB/node/$1"
  on gw-host mkdir -p /run/netns
  on gw-host touch "/run/netns/$1"
  on gw-host mount --bind "/proc/$pid/ns/net" "/run/netns/$1"
  on_background gw-host agent-inside.log "$VPNAGENT" run --netns "$1" --config "$LAB/inside.toml"
  echo "$started_pid" >"$LAB/agent-inside.pid"
}

inside() { # VERB ARGUMENT...
  vpnagent gw-host "$@" --netns gw-a || (($? == 1))
}

inside_state_is() { # STATE
  [[ $(QUIET=1 inside status --json | jq -r '.tunnels[0].state') == "$1" ]]
}
