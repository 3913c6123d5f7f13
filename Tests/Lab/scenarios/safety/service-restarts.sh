#!/bin/bash
# Restarts by an operator never open a held link, however many; an agent that cannot run does, and is still tried.
# Roots: networkd

story() {
  local agent=$VPNAGENT n
  # The unit has PrivateTmp: a tree below /tmp is hidden from it.
  mkdir -p "$LAB/bin"
  cp "$agent" "$LAB/bin/agent"
  VPNAGENT=$LAB/bin/vpnagent
  # shellcheck disable=SC2016 # the wrapper's
  printf '#!/bin/sh\n[ "$1" != run ] || [ ! -e %s ] || exit 71\nexec %s "$@"\n' \
    "$LAB/broken" "$LAB/bin/agent" >"$VPNAGENT"
  chmod +x "$VPNAGENT"
  routes_through vti0
  monitoring gw-a >"$LAB/agent-gw-a.toml"
  systemd gw-a
  run systemctl gw-a start vpnagent
  child_up gw-a
  wait_until 8 "the tunnel is up" -- state_is gw-a to-b up
  drop_esp both
  wait_until 10 "the link is held" -- operstate_is gw-a vti0 DORMANT
  for n in 1 2 3 4 5 6 7 8 9 10; do
    run systemctl gw-a restart vpnagent
    expect "restart $n keeps the link held" -- operstate_is gw-a vti0 DORMANT
  done
  expect "the agent runs" -- unit_is gw-a vpnagent active
  expect "nothing enters the dead tunnel or leaks" -- is_unreachable gw-a 10.2.0.0/16

  touch "$LAB/broken"
  run kill -KILL "$(pgrep -f "^$LAB/bin/agent run")"
  wait_until 90 "an agent that does not start any more opens the link" -- operstate_is gw-a vti0 UP
  rm "$LAB/broken"
  wait_until 30 "systemd starts it again by itself" -- unit_is gw-a vpnagent active
  wait_until 20 "and the link is held" -- operstate_is gw-a vti0 DORMANT
}
