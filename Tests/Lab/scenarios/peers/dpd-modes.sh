#!/bin/bash
# Each mode against each pattern of traffic, three peers at once: the questions on transit are those Junos would ask.

# A peer of gw-a for each mode: an address of gw-b, an XFRM interface, a net behind it.
modes=(optimized probe-idle-tunnel always-send)
peers=(192.0.2.11 192.0.2.12 192.0.2.13)

setup() {
  two_gateways
  local number
  for number in 1 2 3; do
    run ip -n gw-b address add "192.0.2.1$number/32" dev lan
    run ip -n gw-b address add "10.2.1$number.1/24" dev lan
    run ip -n host-b address add "10.2.1$number.2/24" dev eth0
    xfrm_link gw-a "xfrm$number" "$number" none
    xfrm_link gw-b "xfrm$number" "$number" none
    route gw-a add "10.2.1$number.0/24" dev "xfrm$number"
  done
  route transit add 192.0.2.0/24 via 203.0.113.1
  # What comes from a net behind gw-b leaves by its own interface.
  for number in 1 2 3; do
    run ip -n gw-b rule add from "10.2.1$number.0/24" lookup "10$number"
    route gw-b add 10.1.0.0/16 dev "xfrm$number" table "10$number"
  done
  charon gw-a
  charon gw-b
  charon_loaded gw-a
  charon_loaded gw-b
}

# Three connections instead of the usual one.
swanctl_conf() { # GATEWAY
  local number
  echo 'connections {'
  for number in 1 2 3; do three_connections "$1" "$number"; done
  echo '}'
  echo 'secrets { ike-lab { secret = "not a secret" } }'
}

three_connections() { # GATEWAY NUMBER
  local near=198.51.100.1 far=192.0.2.1$2 near_id=gw-a far_id=peer-$2
  [[ $1 == gw-a ]] || near=192.0.2.1$2 far=198.51.100.1 near_id=peer-$2 far_id=gw-a
  cat <<CONF
  peer-$2 {
    version = 2
    mobike = no
    local_addrs = $near
    remote_addrs = $far
    proposals = aes128gcm16-prfsha256-ecp256
    local { auth = psk
      id = $near_id }
    remote { auth = psk
      id = $far_id }
    children { net-$2 {
      local_ts = 0.0.0.0/0
      remote_ts = 0.0.0.0/0
      esp_proposals = aes128gcm16
      if_id_in = $2
      if_id_out = $2
    } }
  }
CONF
}

story() {
  count_questions "${peers[@]}"
  configuration | agent gw-a
  local number
  for number in 1 2 3; do child_up gw-a "net-$number"; done
  for number in 1 2 3; do
    wait_until 5 "peer $number has answered" -- peer_is gw-a "to-$number" supported
  done
  #                                         optimized  probe-idle-tunnel  always-send
  during 'nothing passes'                   silent     asked              asked
  stream_from host-a
  during 'traffic passes both ways'         silent     silent             asked
  mute host-b
  during 'what goes out is not answered'    asked      asked              asked
  stop_streams
  unmute host-b
  mute host-a
  stream_from host-b
  during 'traffic only comes in'            silent     silent             asked
  stop_streams
  expect_equal "peers found dead" "$(log_count gw-a dpd=dead)" 0
}

configuration() {
  local number
  for number in 1 2 3; do
    cat <<TOML
[gateway.peer-$number]
address = "${peers[number - 1]}"
dead-peer-detection = { mode = "${modes[number - 1]}", interval = 2, threshold = 3 }

[vpn.to-$number]
gateway = "peer-$number"
bind-interface = "xfrm$number"

TOML
  done
}

# Questions to each peer during eight seconds: none, or one each two seconds.
during() { # PATTERN silent|asked for each mode
  local begun before after number wanted=("${@:2}") most
  for_seconds 3 "$1"
  begun=$(wall_ms)
  mapfile -t before < <(questions)
  for_seconds 8 "$1"
  mapfile -t after < <(questions)
  most=$((($(wall_ms) - begun) / 2000 + 1))
  for number in 0 1 2; do
    if [[ ${wanted[number]} == asked ]]; then
      expect_between "questions of ${modes[number]}" "$((after[number] - before[number]))" 3 "$most"
    else
      expect_equal "questions of ${modes[number]}" "$((after[number] - before[number]))" 0
    fi
  done
}

# Pings by all three peers.
stream_from() { # HOST
  local number
  for number in 1 2 3; do
    if [[ $1 == host-a ]]; then
      on_background host-a "ping-$number" ping -n -q -i 0.2 "10.2.1$number.2"
    else
      on_background host-b "ping-$number" ping -n -q -i 0.2 -I "10.2.1$number.2" 10.1.0.2
    fi
    echo "$started_pid" >"$LAB/ping-$number.pid"
  done
}

stop_streams() {
  local number
  for number in 1 2 3; do run kill "$(<"$LAB/ping-$number.pid")"; done
}
