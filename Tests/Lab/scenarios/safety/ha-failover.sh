#!/bin/bash
# Two gateways with keepalived: the standby takes over and verifies before it opens, who returns holds.
# Roots: keepalived

# In gw-a's place two gateways share a LAN and the segment to transit:
#
#   host-a -- switch -+- lan gw-a  wan -+- to-a transit -- gw-b -- host-b
#                     +- lan gw-a2 wan -+
setup() {
  wan[gw-a2]=${wan[gw-a]}
  inner[gw-a2]=10.1.0.12
  peer_of[gw-a2]=gw-b
  connection[gw-a2]=to-b
  link_address[gw-a2]=${link_address[gw-a]}
  nodes host-a switch gw-a gw-a2 transit gw-b host-b
  wire host-a eth0 switch host
  wire gw-a lan switch lan-1
  wire gw-a2 lan switch lan-2
  wire gw-a wan transit wan-1
  wire gw-a2 wan transit wan-2
  wire transit to-b gw-b wan
  wire gw-b lan host-b eth0
  segment switch lan host lan-1 lan-2
  segment transit to-a wan-1 wan-2
  host_addresses host-a 1
  host_addresses host-b 2
  gateway_addresses gw-b 2 203.0.113 2001:db8:b
  lan_address gw-a 10.1.0.11
  lan_address gw-a2 10.1.0.12
  ip_lines transit <<'IP'
    address add 198.51.100.2/30 dev to-a
    address add 203.0.113.2/30 dev to-b
    link set to-b up
    route add 10.1.0.0/16 via 198.51.100.1
    route add 10.2.0.0/16 via 203.0.113.1
IP
  start_capture
  transit_counters
  vti gw-a
  vti gw-a2
  vti gw-b
  charon gw-a
  IKE_SETTINGS='local { id = gw-a }' charon gw-a2
  charon gw-b
  charon_loaded gw-a &
  charon_loaded gw-a2
  charon_loaded gw-b
  wait $!
}

segment() { # NODE BRIDGE PORT...
  local port lines="link add $2 type bridge"$'\n'"link set $2 up"$'\n'
  for port in "${@:3}"; do lines+="link set $port master $2 up"$'\n'; done
  ip_lines "$1" <<<"$lines"
}

lan_address() { # GATEWAY ADDRESS
  ip_lines "$1" <<IP
    address add $2/24 dev lan
    link set lan up
    link set wan up
IP
}

story() {
  route gw-a add 10.2.0.0/16 dev vti0
  route gw-a2 add 10.2.0.0/16 dev vti0
  route gw-b add 10.1.0.0/16 dev vti0
  monitoring gw-b | agent gw-b
  monitoring gw-a | AGENT_OPTIONS='--role standby' agent gw-a
  monitoring gw-a2 | AGENT_OPTIONS='--role standby' agent gw-a2
  wait_until 5 "gw-a is held" -- operstate_is gw-a vti0 DORMANT
  wait_until 5 "gw-a2 is held" -- operstate_is gw-a2 vti0 DORMANT
  keepalived gw-a
  wait_until 20 "gw-a is the active one" -- role_is gw-a active
  serves gw-a
  keepalived gw-a2
  wait_until 20 "gw-a2 has heard of it" -- entered_backup gw-a2 1
  expect "gw-a2 is the standby" -- role_is gw-a2 standby

  ping_stream host-a 10.2.0.2 20/s
  wait_until 10 "the stream flows" -- answered_more_than 20
  fails_over gw-a gw-a2 power_fails
  power_returns gw-a
  stands_by gw-a
  fails_over gw-a2 gw-a cable_is_pulled
  run ip -n gw-a2 link set lan up
  wait_until 20 "keepalived on gw-a2 is back" -- entered_backup gw-a2 2
  stands_by gw-a2
  stream_result host-a
}

role_is() { # GATEWAY ROLE
  [[ $(QUIET=1 vpnagent "$1" role) == "$2" ]]
}

serves() { # GATEWAY
  wait_until 20 "the tunnel is up" -- state_is "$1" to-b up
  expect "the link is in service" -- operstate_is "$1" vti0 UP
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}

answered_more_than() { # COUNT
  (($(stream_answered host-a) > $1))
}

entered_backup() { # GATEWAY TIMES
  (($(grep -c 'Entering BACKUP' "$LAB/keepalived-$1.log") >= $2))
}

# The active gateway fails; the other one takes over, and what that took is printed.
fails_over() { # OLD NEW FAILURE
  local begun roles up_before sent_before answered_before
  roles=$(log_count "$2" 'role=active')
  up_before=$(log_count "$2" 'state=up')
  begun=$(wall_ms)
  sent_before=$(stream_counter host-a sent)
  answered_before=$(stream_answered host-a)
  "$3" "$1"
  wait_until 20 "$2 is active" -- logged_times "$2" 'role=active' $((roles + 1))
  wait_until 20 "its tunnel is up" -- logged_times "$2" 'state=up' $((up_before + 1))
  wait_until 10 "the stream flows again" -- answered_more_than "$(stream_answered host-a)"
  verified_first "$2" $((roles + 1)) $((up_before + 1))
  say "$3: ms until $2 was active $(($(logged_at "$2" 'role=active' $((roles + 1))) - begun)), until" \
    "its path was proven $(($(logged_at "$2" 'state=up' $((up_before + 1))) - begun)); pings lost of" \
    "20 a second $(($(stream_counter host-a sent) - sent_before - $(stream_answered host-a) + answered_before))"
}

# Between the change of the role and the proof of the path the link was not opened.
verified_first() { # GATEWAY ROLE-LINE UP-LINE
  local role_at up_at opened_at
  role_at=$(logged_at "$1" 'role=active' "$2")
  up_at=$(logged_at "$1" 'state=up .*verify-path succeeded' "$3")
  opened_at=$(logged_at "$1" 'gate=in-service' "$3")
  expect_between "ms from the role to the proof" $((up_at - role_at)) 1 20000
  expect_between "ms from the proof to the open gate" $((opened_at - up_at)) 0 1000
}

# Watches and holds, while the other one serves.
stands_by() { # GATEWAY
  local sent
  expect "$1 is the standby" -- role_is "$1" standby
  expect_equal "role in status" "$(QUIET=1 status "$1" | jq -r .role)" standby
  sent=$(probes_sent "$1")
  stays 4 "its link is held" -- operstate_is "$1" vti0 DORMANT
  expect "its prefix is unreachable" -- is_unreachable "$1" 10.2.0.0/16
  # Sets that are gone take their counts with them.
  expect_between "probes that it sent" $(($(probes_sent "$1") - sent)) -1000000 0
  expect "a ping passes" -- ping_once host-a 10.2.0.2
}

probes_sent() { # GATEWAY
  QUIET=1 status "$1" | jq '[.tunnels[].sets[].sent] | add // 0'
}

power_fails() { # GATEWAY
  ip_lines "$1" <<'IP'
    link set lan down
    link set wan down
IP
  keepalived_dies "$1"
  agent_kill "$1" KILL
  charon_kill "$1" KILL
  run ip -n "$1" xfrm state flush
  run ip -n "$1" xfrm policy flush
  ip_lines "$1" <<'IP'
    link del vti0
    address flush dev lan
    address flush dev wan
IP
  on "$1" rm -rf /run/vpnagent
}

power_returns() { # GATEWAY
  lan_address "$1" 10.1.0.11
  vti "$1"
  route "$1" add 10.2.0.0/16 dev vti0
  charon_again "$1"
  charon_loaded "$1"
  AGENT_OPTIONS='--role standby' agent_again "$1"
  keepalived_again "$1"
  wait_until 20 "keepalived on $1 is back" -- entered_backup "$1" 2
}

cable_is_pulled() { # GATEWAY
  run ip -n "$1" link set lan down
}
