#!/bin/bash
# A peer's address is cut off: dead in interval x threshold and one interval, its second address takes over by itself.

setup() {
  two_gateways
  second_address
  xfrm_link gw-a
  xfrm_link gw-b
  charon gw-a if_id
  IKE_SETTINGS="local_addrs = 203.0.113.1, $second
    mobike = no" charon gw-b if_id
  charon_loaded gw-a
  charon_loaded gw-b
}

# gw-a has a connection for each address of the gateway, as docs/dpd.md says.
swanctl_conf() { # GATEWAY
  local near=198.51.100.1 far=203.0.113.1
  echo 'connections {'
  if [[ $1 == gw-a ]]; then
    connection_to to-b "$near" "$far" gw-a gw-b
    echo "to-b-2 : connections.to-b { remote_addrs = $second }"
  else
    connection_to to-a "$far, $second" "$near" gw-b gw-a
  fi
  echo '}'
  echo 'secrets { ike-lab { secret = "not a secret" } }'
}

story() {
  routes_through xfrm0
  # vpn-monitor is slow, so that it is not the one that finds out.
  LINK=xfrm0 detecting gw-a '{ interval = 2, threshold = 2 }' 'interval = 5' |
    sed "s/^address = .*/address = [\"203.0.113.1\", \"$second\"]/" | agent gw-a
  wait_until 20 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "the peer has answered" -- peer_is gw-a to-b supported
  ping_stream host-a 10.2.0.2 5/s
  wait_until 5 "pings pass" -- some_answered
  fails_over 203.0.113.1 "$second" 1
  heal
  fails_over "$second" 203.0.113.1 2
  stream_result host-a
}

some_answered() { (($(stream_answered host-a) > 5)); }

fails_over() { # FROM TO NUMBER
  local begun cut dead
  begun=$(wall_ms)
  drop both "ip saddr $1"
  cut=$(wall_ms)
  drop both "ip daddr $1"
  wait_until 10 "the peer is found dead" -- logged_times gw-a 'dpd=dead' "$3"
  dead=$(logged_at gw-a 'dpd=dead' "$3")
  # Two questions, 2 s each; the first one up to 2 s after the last packet.
  expect_between "ms from the first drop to its death" "$((dead - begun))" 2000 30000
  expect_between "ms from the cut to its death" "$((dead - cut))" 0 8000
  wait_until 15 "the other address is in service" -- in_service_at "$2"
  expect_between "ms from death to service" \
    "$(($(logged_at gw-a 'to-b state=up' "$(($3 + 1))") - dead))" 0 8000
  expect_not "SAs with the first address are left" -- sas_with "$1"
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}

in_service_at() { # ADDRESS
  [[ $(tunnel_field gw-a to-b remote) == "$1" ]] && gate_is gw-a to-b in-service
}

sas_with() { # ADDRESS
  prints "dst $1" ip -n gw-a xfrm state list nokeys
}
