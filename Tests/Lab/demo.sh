#!/bin/bash
# What scripts/demo shows: one tunnel held, verified, cut, cleared and back, in five acts.

setup() {
  if [[ ${LAB_COLOUR:-} ]]; then export CLICOLOR_FORCE=1; else export NO_COLOR=1; fi
  draw_stage
  standard_stage
}

story() {
  the_tunnel_is_absent
  the_path_is_not_proven
  the_path_is_proven
  the_path_dies
  the_path_heals
  caption "Through all five acts transit saw host-a's and host-b's packets inside ESP only."
  expect "nothing passed transit in clear" -- no_clear_packets
  show "packets in clear on transit: 0"
}

the_tunnel_is_absent() {
  act "gw-a's agent starts. There is no tunnel yet, so its link is held: traffic for host-b is
    refused instead of leaving in clear by the default route."
  show_command gw-a ip route add 10.2.0.0/16 dev vti0
  route gw-b add 10.1.0.0/16 dev vti0
  monitoring gw-a | agent gw-a
  wait_until 10 "the link is held" -- operstate_is gw-a vti0 DORMANT
  show_status "absent +held"
  show_route unreachable
  show_ping_refused
}

the_path_is_not_proven() {
  act "strongSwan negotiates: for IKE all is well. But transit drops ESP, and verify-path trusts no
    SAs that carry nothing: probes go unanswered, the link stays held."
  drop_esp both
  child_up gw-a
  show_status "verifying [12]/3 +held"
  expect "the link is held" -- operstate_is gw-a vti0 DORMANT
}

the_path_is_proven() {
  heal # before the words: printing takes time, and the third loss is near
  act "Transit lets ESP pass. The first reply through the tunnel opens the link and gives its
    routes back."
  the_tunnel_is_in_service
}

the_tunnel_is_in_service() {
  show_status "up +in-service"
  wait_until 10 "the link is in service" -- operstate_is gw-a vti0 UP
  show_route "dev vti0"
  show_ping
}

the_path_dies() {
  local before after
  before=$(spis gw-a)
  act "Transit drops ESP again. IKE still passes, so strongSwan sees nothing; vpn-monitor counts a
    lost probe a second ..."
  drop_esp both
  show_status "up [12]/3 +in-service"
  wait_until 20 "the monitor says down" -- agent_logged gw-a "$down_alarm"
  wait_until 20 "the SAs were cleared and negotiated anew" -- spis_gone gw-a "$before"
  after=$(spis gw-a)
  caption "... and at three it raises the alarm, clears the SAs and holds the link. strongSwan
    negotiates new ones, which must prove the path anew."
  show_status "verifying ./3 +held"
  show_alarm "$down_alarm"
  show "SPIs before: ${before//$'\n'/ }" "SPIs now:    ${after//$'\n'/ }"
  show_route unreachable
  show_ping_refused
}

the_path_heals() {
  heal
  act "Transit heals. Nobody does anything: new SAs are proven, the link is in service again."
  the_tunnel_is_in_service
}

down_alarm='KMD_VPN_DOWN_ALARM_USER: .*Reason: IPSEC SA VPN Monitor Failure'

# Everything below prints on standard output; the trace has it too.

draw_stage() {
  cat <<'STAGE'

  host-a ------- gw-a ----------- transit ----------- gw-b ------- host-b
  10.1.0.2    198.51.100.1                         203.0.113.1    10.2.0.2
                  vti0 ============ IPsec ============ vti0
               vpnagent                          strongSwan alone
              strongSwan

  Five network namespaces. gw-a probes each second and gives up after three losses.
STAGE
}

act() { # TEXT
  number=$((${number:-0} + 1))
  printf '\n'
  paint '1;7' " $number of 5 "
  caption "$1"
}

# In lines of at most 98 columns.
caption() { # TEXT
  local word line=''
  printf '\n'
  for word in $1; do
    if ((${#line} + ${#word} > 97)); then
      paint 1 "$line"$'\n'
      line=''
    fi
    line+="${line:+ }$word"
  done
  paint 1 "$line"$'\n'
  printf '\n'
}

paint() { # CODES TEXT
  if [[ ${NO_COLOR:-} ]]; then printf '%s' "$2"; else printf '\e[%sm%s\e[0m' "$1" "$2"; fi
}

show() { # LINE...
  printf '%s\n' "$@"
  say "$@"
}

show_prompt() { # NODE COMMAND...
  paint 36 "$1#"
  printf ' %s\n' "${*:2}"
}

# Runs a command on a node as a person would see it.
show_command() { # NODE COMMAND...
  show_prompt "$@"
  on "$@"
}

# Waits until the table says so, and shows that very table.
show_status() { # REGEX
  wait_until 20 "status shows $1" -- status_has "$1"
  show_prompt gw-a vpnagent status
  cat "$LAB/table"
}

status_has() { # REGEX
  vpnagent gw-a status >"$LAB/table" || (($? == 1))
  grep -Eq -- "$1" "$LAB/table"
}

# The route to host-b's net, which must be as told.
show_route() { # WORDS
  show_command gw-a ip route show 10.2.0.0/16 | tee "$LAB/routes"
  grep -q -- "$1" "$LAB/routes" || fail "the route to 10.2.0.0/16 is not $1"
}

show_ping() {
  show_prompt host-a ping -c 1 10.2.0.2
  on host-a ping -n -c 1 -W 2 10.2.0.2 >"$LAB/ping" || fail "host-b did not answer"
  grep 'bytes from' "$LAB/ping"
}

show_ping_refused() {
  show_prompt host-a ping -c 1 10.2.0.2
  ! on host-a ping -n -c 1 -W 2 10.2.0.2 >"$LAB/ping" || fail "host-b answered"
  grep 'Unreachable' "$LAB/ping"
}

# The agent's alarm line, time and level left out.
show_alarm() { # REGEX
  grep -Eo -- "$1" "$LAB/agent-gw-a.log" | tail -n 1 | fold -s -w 98
}
