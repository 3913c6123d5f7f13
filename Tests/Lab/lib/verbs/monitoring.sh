# shellcheck shell=bash
# The configuration that most scenarios use, and what they ask about a monitored tunnel.

# Prints a configuration: a probe a second, down at three, verify-path; more lines of the
# vpn-monitor table as arguments, more of the VPN's in OWNED, of the gateway's in GATEWAY_SETTINGS,
# another link than vti0 in LINK, which is empty where there is none, another way to establish the
# tunnel in ESTABLISH.
monitoring() { # GATEWAY [LINE...]
  local gateway=$1 peer=${peer_of[$1]} line
  shift
  cat <<TOML
[vpn-monitor-options]
interval = 1
threshold = 3

[gateway.$peer]
address = "$(outer "$peer")"
${GATEWAY_SETTINGS:-}

[vpn.${connection[$gateway]}]
gateway = "$peer"
$([[ ! ${LINK-vti0} ]] || echo "bind-interface = \"${LINK-vti0}\"")
establish-tunnels = "${ESTABLISH:-immediately}"
${OWNED:-}

[vpn.${connection[$gateway]}.vpn-monitor]
TOML
  [[ "$*" == *verify-path* ]] || echo 'verify-path = true'
  for line; do echo "$line"; done
}

# Starts an agent that has no configuration.
observer() { # GATEWAY
  on_background "$1" "agent-$1.log" "$VPNAGENT" run
  echo "$started_pid" >"$LAB/agent-$1.pid"
  wait_until 20 "the agent on $1 answers" -- grep -q observing "$LAB/agent-$1.log"
  wait_until 20 "its socket is there" -- on "$1" test -S /run/vpnagent/control.sock
}

# One field of a tunnel's first SA set, as status has it.
set_field() { # GATEWAY TUNNEL FIELD
  QUIET=1 status "$1" | jq -r --arg name "$2" --arg field "$3" \
    '.tunnels[] | select(.name == $name) | .sets[0][$field]'
}

# Whether something of a link is held by the record: the last line of a name counts.
is_on_record() { # GATEWAY LINK
  local last
  last=$(on "$1" grep "\"$2\"" /run/vpnagent/gates.json | tail -n 1)
  [[ $last && $last != *'"released"'* ]]
}

# Whether the routes through a link are those that `routes_of` printed.
routes_are() { [[ $(routes_of "$1" "$2") == "$3" ]]; } # GATEWAY LINK ROUTES

# All routes through a link, in an order of their own.
routes_of() { # GATEWAY LINK
  {
    ip -n "$1" -d route show table all dev "$2"
    ip -n "$1" -6 -d route show table all dev "$2"
  } | grep -v 'table local' | sort -u
}

# What an agent that must not touch anything could have changed: routes, the link, SAs. Without
# link-local addresses, which come by themselves when duplicate address detection ends.
kernel_state() { # GATEWAY LINK
  ip -n "$1" -d route show table all | grep -v 'fe80::'
  ip -n "$1" -d link show "$2"
  spis "$1"
}

# Whether traffic for a prefix is refused.
is_unreachable() { # GATEWAY PREFIX
  has_route "$1" type unreachable exact "$2"
}

# Whether none of these SPIs is left.
spis_gone() { # GATEWAY SPIS
  has_sas "$1" && [[ ! $(comm -12 <(echo "$2") <(spis "$1")) ]]
}

# The initiator's SPI of a gateway's IKE SA.
ike_spi() { # GATEWAY
  QUIET=1 swan "$1" --list-sas --raw | grep -o 'initiator-spi=[0-9a-f]*' | sort
}

ike_spi_differs() { # GATEWAY SPI
  local now
  now=$(ike_spi "$1")
  [[ $now && $now != "$2" ]]
}

# Both gateways run an agent: the tunnel comes up and both are in service within three intervals.
both_converge() {
  wait_until 5 "gw-a is held" -- operstate_is gw-a vti0 DORMANT
  wait_until 5 "gw-b is held" -- operstate_is gw-b vti0 DORMANT
  child_up gw-a
  wait_until 5 "gw-a is up" -- state_is gw-a to-b up
  wait_until 5 "gw-b is up" -- state_is gw-b to-a up
  expect_between "ms that gw-a verified" "$(ms_between gw-a state=verifying state=up)" 0 2999
  expect_between "ms that gw-b verified" "$(ms_between gw-b state=verifying state=up)" 0 2999
  wait_until 2 "a ping passes" -- ping_once host-a 10.2.0.2
  expect_not "a host route of the agent is left" -- has_route gw-a proto 250 table all
}

# The main job, whatever the link is: held, verified, open with the same routes, cut, back.
holds_opens_and_recovers() { # LINK FAR-HOST
  local before
  wait_until 5 "the link is held" -- operstate_is gw-a "$1" DORMANT
  expect_not "a ping passes or leaks" -- ping_once host-a "$2"
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  expect "the link is in service" -- operstate_is gw-a "$1" UP
  expect "a ping passes" -- ping_once host-a "$2"
  before=$(routes_of gw-a "$1")
  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  wait_until 5 "the link is held" -- operstate_is gw-a "$1" DORMANT
  expect_not "a ping passes or leaks" -- ping_once host-a "$2"
  heal
  wait_until 10 "the tunnel is back by itself" -- state_is gw-a to-b up
  expect_equal "routes through the link" "$(routes_of gw-a "$1")" "$before"
  expect "a ping passes" -- ping_once host-a "$2"
}

# Monitoring of a VPN without a link, from a gateway's inner address to the other's.
monitoring_without_link() { # GATEWAY [LINE...]
  local far=${inner[${peer_of[$1]}]}
  LINK='' monitoring "$1" 'source-interface = "lan"' "destination-ip = \"$far\"" \
    "verify-path = { destination-ip = \"$far\" }" "${@:2}"
}

# Whether at least so many probes of a tunnel were answered.
answered() { # GATEWAY TUNNEL COUNT
  (($(set_field "$1" "$2" received) >= $3))
}

# A counter of /proc/net/xfrm_stat.
xfrm_stat() { # GATEWAY NAME
  QUIET=1 on "$1" sed -n "s/^$2[[:space:]]*//p" /proc/net/xfrm_stat
}

xfrm_stat_above() { # GATEWAY NAME NUMBER
  (($(xfrm_stat "$1" "$2") > $3))
}

# STATE/SIZE/FULL of a tunnel's first set.
path_mtu() { # GATEWAY TUNNEL
  QUIET=1 status "$1" | jq -r --arg name "$2" '.tunnels[] | select(.name == $name) |
    .sets[0].path_mtu | "\(.state)/\(.size)/\(.full)"'
}

# One packet of so many bytes, headers included, that nobody may fragment.
ping_whole() { # HOST DESTINATION BYTES
  local headers=28
  [[ $2 != *:* ]] || headers=48
  on "$1" ping -n -M 'do' -s $(($3 - headers)) -c 1 -W 2 "$2"
}
