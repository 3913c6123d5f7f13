#!/bin/bash
# a manual tunnel to another gateway has the outbound SPI of strongSwan's: what dies is cleared, the other one stays.

setup() {
  two_gateways
  second_address
  xfrm_link gw-a
  xfrm_link gw-b
  xfrm_link gw-a xfrm7 7 169.254.107.1/30
  xfrm_link gw-b xfrm7 7 169.254.107.2/30
  charons if_id
}

near=198.51.100.1 # of the manual tunnel

story() {
  local spi before manual
  routes_through xfrm0
  child_up gw-a
  spi=$(spi_to 203.0.113.1)
  manual_sas "$spi"
  configuration | agent gw-a
  wait_until 10 "strongSwan's tunnel is up" -- state_is gw-a to-b up
  wait_until 10 "the manual one is up" -- state_is gw-a to-c up
  wait_until 5 "strongSwan's name of to-b is known" -- child_of to-b net
  expect "it knows none of to-c" -- child_of to-c -
  before=$(spis_with 203.0.113.1)
  manual_dies "$before"
  manual_sas "$spi"
  manual=$(spis_with "$second")
  wait_until 20 "the manual one is up again" -- state_is gw-a to-c up
  drop both "ip daddr 203.0.113.1 meta l4proto esp"
  wait_until 15 "strongSwan's tunnel is down" -- agent_logged gw-a 'to-b state=down'
  wait_until 20 "its SAs are gone" -- others_with 203.0.113.1 "$before"
  expect_equal "SAs of the manual one" "$(spis_with "$second")" "$manual"
  heal
  wait_until 30 "strongSwan's is back" -- state_is gw-a to-b up
  expect "the manual one is up" -- state_is gw-a to-c up
}

manual_dies() { # SPIS-OF-STRONGSWAN'S
  ping_stream host-a 10.2.0.2 10/s
  drop both "ip daddr $second meta l4proto esp"
  wait_until 15 "the manual tunnel is down" -- agent_logged gw-a 'to-c state=down'
  wait_until 30 "its SAs are cleared" -- agent_logged gw-a 'to-c cleared esp'
  for_seconds 3 "what else would happen"
  expect_not "a child was terminated" -- agent_logged gw-a 'terminating child'
  expect_equal "SAs of strongSwan's tunnel" "$(spis_with 203.0.113.1)" "$1"
  expect_equal "failures of strongSwan's tunnel" "$(tunnel_field gw-a to-b failures)" 0
  stream_result host-a
  expect_equal "pings lost" "$lost" 0
  heal
}

configuration() {
  ESTABLISH=on-traffic LINK=xfrm0 monitoring gw-a
  cat <<TOML
[gateway.gw-c]
address = "$second"
[vpn.to-c]
gateway = "gw-c"
bind-interface = "xfrm7"
renegotiate-command = ["true"]
vpn-monitor.verify-path = true
TOML
}

# Between the near address and the far gateway's second one, with this outbound SPI.
manual_sas() { # SPI
  local gateway
  for gateway in gw-a gw-b; do
    manual_sa "$gateway" "$near" "$second" "$1"
    manual_sa "$gateway" "$second" "$near" 0x00007777
  done
  manual_policy gw-a "$near" "$second" out
  manual_policy gw-a "$second" "$near" in
  manual_policy gw-b "$second" "$near" out
  manual_policy gw-b "$near" "$second" in
}
manual_sa() { # GATEWAY SOURCE DESTINATION SPI
  ip -n "$1" xfrm state del src "$2" dst "$3" proto esp spi "$4" 2>/dev/null || true
  run ip -n "$1" xfrm state add src "$2" dst "$3" proto esp spi "$4" reqid 700 mode tunnel \
    if_id 7 aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f10111213 128
}
manual_policy() { # GATEWAY SOURCE DESTINATION DIRECTION
  run ip -n "$1" xfrm policy update dir "$4" src 0.0.0.0/0 dst 0.0.0.0/0 if_id 7 \
    tmpl src "$2" dst "$3" proto esp reqid 700 mode tunnel
}

child_of() { # TUNNEL CHILD
  [[ $(status gw-a | jq -r ".tunnels[] | select(.name == \"$1\") | .ike.child // \"-\"") == "$2" ]]
}
spi_to() { # DESTINATION
  ip -n gw-a xfrm state list nokeys dst "$1" | awk '$1 == "proto" { print $4; exit }'
}
spis_with() { # ADDRESS
  ip -n gw-a xfrm state list nokeys | awk -v peer="$1" \
    '$1 == "src" { mine = $2 == peer || $4 == peer } $1 == "proto" && mine { print $4 }' | sort
}
others_with() { # ADDRESS SPIS
  [[ ! $(comm -12 <(echo "$2") <(spis_with "$1")) ]]
}
