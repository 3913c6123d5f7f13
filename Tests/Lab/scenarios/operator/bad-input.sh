#!/bin/bash
# Bad input: one clear line and the right exit status, and nothing changed in the kernel.
# Main: scripts/test runs it.

setup() {
  two_gateways
  vti gw-a
}

story() {
  routes_through_a
  before=$(state_of_a)
  complains 78 'vpn\.to-b\.vpn-monitor\.intervall = 1: unknown key.*interval' <<<"$(monitoring gw-a 'intervall = 1')"
  complains 78 'vpn\.to-b\.vpn-monitor\.interval = 0\.01: .*0\.1\.\.\.3600' <<<"$(monitoring gw-a 'interval = 0.01')"
  complains 78 'vpn\.to-c\.bind-interface = "vti0": .*to-b' <<<"$(monitoring gw-a)
[gateway.gw-c]
address = \"192.0.2.1\"
[vpn.to-c]
gateway = \"gw-c\"
bind-interface = \"vti0\""

  monitoring gw-a >"$LAB/good.toml"
  complaint 77 'root.*CAP_NET_ADMIN' setpriv --reuid 65534 --clear-groups --inh-caps=-all \
    "$VPNAGENT" run --config "$LAB/good.toml"
  expect_equal "kernel state" "$(state_of_a)" "$before"

  monitoring gw-a | agent gw-a
  complaint 75 'another vpnagent is already running .*/run/vpnagent/lock' "$VPNAGENT" run --config "$LAB/good.toml"
  expect "the first agent still answers" -- status_answers
  agent_kill gw-a TERM
  expect_equal "kernel state" "$(state_of_a)" "$before"
}

routes_through_a() { route gw-a add 10.2.0.0/16 dev vti0; }

# Runs the agent with a file from standard input that it must refuse.
complains() { # STATUS REGEX
  cat >"$LAB/bad.toml"
  complaint "$1" "$LAB/bad.toml:[0-9]+: $2" "$VPNAGENT" run --config "$LAB/bad.toml"
  complaint "$1" "$LAB/bad.toml:[0-9]+: $2" "$VPNAGENT" check-config --config "$LAB/bad.toml"
}

# Runs a command on gw-a that must end with this status and one line that matches.
complaint() { # STATUS REGEX COMMAND...
  local status=0
  on gw-a timeout 20 "${@:3}" >"$LAB/complaint" 2>&1 </dev/null || status=$?
  sed 's/^/    /' "$LAB/complaint" >&9
  expect_equal "exit status" "$status" "$1"
  expect_equal "lines" "$(wc -l <"$LAB/complaint")" 1
  expect "it says what and what is allowed" -- grep -Eq -- "$2" "$LAB/complaint"
}

status_answers() { status gw-a | jq -e .pid; }

# A link that was held once has the operstate UP, which VTI does not set by itself.
state_of_a() { kernel_state gw-a vti0 | sed 's/state UNKNOWN/state UP/'; }
