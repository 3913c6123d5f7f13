# shellcheck shell=bash
# The agent on a gateway: started with a configuration from standard input, asked by its own
# commands. Its log is /run/lab/agent-GATEWAY.log, its socket where it always is.

# gojq, because jq takes half a second to start on an emulated processor.
jq() { gojq "$@"; }

agent() { # GATEWAY, configuration on standard input
  cat >"$LAB/agent-$1.toml"
  sed 's/^/    /' "$LAB/agent-$1.toml" >&9
  agent_again "$1"
}

# Starts a gateway's agent with the configuration that it had and AGENT_OPTIONS of the command line,
# and waits until it answers.
agent_again() { # GATEWAY
  [[ -x ${VPNAGENT:-} ]] || fail "no agent at ${VPNAGENT:-nowhere}: run scripts/build"
  # shellcheck disable=SC2086 # words are wanted
  on_background "$1" "agent-$1.log" "$VPNAGENT" run --config "$LAB/agent-$1.toml" \
    ${AGENT_OPTIONS:-}
  echo "$started_pid" >"$LAB/agent-$1.pid"
  wait_until 20 "the agent on $1 answers" -- answers_or_died "$1"
}

answers_or_died() { # GATEWAY
  ! gone "$(<"$LAB/agent-$1.pid")" || fail "the agent on $1 ended: $(tail -n 1 "$LAB/agent-$1.log")"
  status "$1"
}

# Has an agent that was started with ESTABLISH=responder-only bring its tunnel up by itself from now on. What
# is to be seen before the first SA would be a race with it.
initiates() { # GATEWAY
  sed -i 's/^establish-tunnels = .*/establish-tunnels = "immediately"/' "$LAB/agent-$1.toml"
  expect "it initiates from now on" -- vpnagent "$1" reload
}

agent_kill() { # GATEWAY SIGNAL
  local pid
  pid=$(<"$LAB/agent-$1.pid")
  run kill "-$2" "$pid"
  wait_until 20 "the agent on $1 is gone" -- gone "$pid"
}

vpnagent() { # GATEWAY ARGUMENT...
  on "$1" "$VPNAGENT" "${@:2}"
}

# What `status --json` prints.
status() { # GATEWAY      (the command ends with 1 when a tunnel is not up)
  ask "$1" status 2>/dev/null || vpnagent "$1" status --json || (($? == 1))
}

# Asks the agent as its commands do, at a twentieth of their cost: for polls.
ask() { # GATEWAY LINE
  local pid
  read -r pid <"$LAB/node/$1" || fail "no node called $1"
  "$lab_dir/ask" "/proc/$pid/root/run/vpnagent/control.sock" "$2"
}

# One field of a tunnel, as status has it.
tunnel_field() { # GATEWAY TUNNEL FIELD
  QUIET=1 status "$1" | jq -r --arg name "$2" --arg field "$3" \
    '.tunnels[] | select(.name == $name) | .[$field]'
}

state_is() { # GATEWAY TUNNEL STATE
  [[ $(tunnel_field "$1" "$2" state) == "$3" ]]
}

gate_is() { # GATEWAY TUNNEL GATE
  [[ $(tunnel_field "$1" "$2" gate) == "$3" ]]
}

agent_logged() { # GATEWAY REGEX
  grep -Eq -- "$2" "$LAB/agent-$1.log"
}

# The kernel's operational state of a link.
operstate_is() { # GATEWAY LINK STATE
  [[ $(ip -n "$1" -o link show "$2") == *" state $3 "* ]]
}
