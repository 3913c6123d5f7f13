# shellcheck shell=bash
# Nodes: a network, mount and UTS namespace each, held by a process that sleeps. A node called
# gw-* has a /run of its own, so a charon or an agent finds its usual sockets and pid files there,
# and shares /run/lab with the scenario. `ip -n NODE` works too.

# Makes nodes. Those called host-* do not forward.
nodes() { # NAME...
  local name attaching=()
  for name; do
    unshare --net --uts --mount "$lib/guest/node.sh" "$name" 9>&- &
    echo $! >"$LAB/node/$name"
  done
  for name; do
    wait_until 20 "$name is there" -- test -e "$LAB/node/$name.ready"
    ip netns attach "$name" "$(<"$LAB/node/$name")" &
    attaching+=($!)
  done
  wait "${attaching[@]}"
}

# Sets REPLY to the nsenter arguments for a node.
enter() { # NODE
  local pid
  read -r pid <"$LAB/node/$1" || fail "no node called $1"
  REPLY=(--target "$pid" --mount --net --uts --)
}

# Runs a command on a node.
on() { # NODE COMMAND...
  local node=$1 REPLY
  last_run="on $*"
  shift
  say "+ on $node $*"
  enter "$node"
  nsenter "${REPLY[@]}" "$@"
}

# Starts a command on a node in the background, output appended to /run/lab/LOG; its pid is in
# started_pid.
on_background() { # NODE LOG COMMAND...
  local node=$1 log=$2 REPLY
  shift 2
  say "+ on $node $* >>$LAB/$log &"
  enter "$node"
  nsenter "${REPLY[@]}" "$@" >>"$LAB/$log" 2>&1 </dev/null 9>&- &
  started_pid=$!
}

# Gives a node lines of `ip`, as many as standard input has.
ip_lines() { # NODE
  local line lines=''
  while read -r line; do
    [[ $line ]] || continue
    say "+ ip -n $1 $line"
    lines+="$line"$'\n'
  done
  ip -n "$1" -batch - <<<"$lines"
}
