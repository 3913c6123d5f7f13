#!/bin/bash
# CHILD_SAs with selectors of their own on one link: each probed inside them, a dead one held alone.
# Main: scripts/test runs it.

setup() {
  two_gateways
  xfrm_link gw-a
  xfrm_link gw-b
  far_nets
  charon_with_children gw-a 10.1.0.0/24 ''
  charon_with_children gw-b '' 10.1.0.0/24
  charon_loaded gw-a
  charon_loaded gw-b
}

# 10.2.1.0/24 and 10.2.2.0/24 are behind gw-b too.
far_nets() {
  ip_lines gw-b <<'IP'
    address add 10.2.1.1/24 dev lan
    address add 10.2.2.1/24 dev lan
IP
  ip_lines host-b <<'IP'
    address add 10.2.1.2/24 dev eth0
    address add 10.2.2.2/24 dev eth0
IP
}

# Children net, second and third; the end without a prefix has the far nets.
charon_with_children() { # GATEWAY LOCAL REMOTE
  CHILD_SETTINGS=$(selectors "${2:-10.2.0.0/24}" "${3:-10.2.0.0/24}") \
    IKE_SETTINGS="children {
      second { $(selectors "${2:-10.2.1.0/24}" "${3:-10.2.1.0/24}") }
      third { $(selectors "${2:-10.2.2.0/24}" "${3:-10.2.2.0/24}") }
    }" charon "$1" if_id
}

selectors() { # LOCAL REMOTE
  printf '%s\n' "local_ts = $1" "remote_ts = $2" 'esp_proposals = aes128gcm16' \
    'if_id_in = 42' 'if_id_out = 42'
}

story() {
  local destinations='destination-ip = ["10.2.0.1", "10.2.1.1"]' net
  for net in 0 1 2; do route gw-a add "10.2.$net.0/24" dev xfrm0; done
  route gw-b add 10.1.0.0/16 dev xfrm0
  LINK=xfrm0 monitoring gw-a "verify-path = { $destinations }" "$destinations" | agent gw-a
  wait_until 5 "the link is held" -- operstate_is gw-a xfrm0 DORMANT
  child_up gw-a net
  wait_until 5 "the first set is up" -- set_is 10.2.0.0/24 up
  child_up gw-a second
  wait_until 5 "the second set is up" -- set_is 10.2.1.0/24 up
  expect_equal "where the first is probed" "$(set_of 10.2.0.0/24 probe_destination)" 10.2.0.1
  expect_equal "where the second is probed" "$(set_of 10.2.1.0/24 probe_destination)" 10.2.1.1
  expect_equal "from where" "$(set_of 10.2.1.0/24 probe_source)" 10.1.0.1
  wait_until 5 "the second net's route is there" -- has_route gw-a 10.2.1.0/24 dev xfrm0
  expect "a ping passes" -- ping_once host-a 10.2.0.2
  expect "a ping passes" -- ping_once host-a 10.2.1.2
  no_destination
  second_dies_and_comes_back
  both_are_flushed
}

# Behind strongSwan's back: each child is brought back by its name.
both_are_flushed() {
  local child
  run ip -n gw-a xfrm state flush
  for child in net second; do
    wait_until 30 "the SAs of child $child are restored" -- \
      agent_logged gw-a "SAs of to-b/$child are restored"
  done
  wait_until 5 "the first set is up" -- set_is 10.2.0.0/24 up
  wait_until 5 "the second set is up" -- set_is 10.2.1.0/24 up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.1.2
  expect_equal "SAs of gw-a, none of the third" "$(spis gw-a | wc -l)" 4
}

# Nothing is guessed: the third set's routes wait for a destination, and nothing is cleared.
no_destination() {
  child_up gw-a third
  wait_until 5 "the third set is known" -- set_is 10.2.2.0/24 verifying
  expect_equal "its obstacle" "$(set_of 10.2.2.0/24 obstacle)" "no destination-ip inside 10.2.2.0/24"
  expect "its route is held alone" -- is_unreachable gw-a 10.2.2.0/24
  stays 5 "it is neither lost nor cleared" -- set_is 10.2.2.0/24 verifying
  expect_equal "probes sent" "$(set_of 10.2.2.0/24 sent)" 0
  child_down gw-a third
  wait_until 5 "it is gone" -- set_is 10.2.2.0/24 absent
}

second_dies_and_comes_back() {
  local first_spi second_spi second_spis
  first_spi=$(set_of 10.2.0.0/24 spi_out)
  second_spi=$(set_of 10.2.1.0/24 spi_out)
  second_spis=$(set_of 10.2.1.0/24 spi_out spi_in)
  ping_stream host-a 10.2.0.2 10/s
  drop_ike both
  drop a-to-b "meta l4proto esp @th,0,32 $second_spi"
  wait_until 15 "the second set is down" -- agent_logged gw-a 'KMD_VPN_DOWN_ALARM_USER.*10\.2\.1\.0/24'
  wait_until 5 "its route is held" -- is_unreachable gw-a 10.2.1.0/24
  wait_until 5 "its route is gone" -- no_route_of_second
  expect_not "a ping passes or leaks" -- ping_once host-a 10.2.1.2
  wait_until 25 "its SAs are cleared" -- spis_gone gw-a "$(sort <<<"$second_spis")"
  stays 5 "the tunnel is up and the link in service" -- in_service
  expect "its route is held though its SAs are gone" -- is_unreachable gw-a 10.2.1.0/24
  vpnagent gw-a status >"$LAB/table" || true
  sed 's/^/    /' "$LAB/table" >&9
  expect "the table shows each set" -- grep -E '^ +absent .* 10\.1\.0\.0/24 === 10\.2\.1\.0/24$' "$LAB/table"
  expect_equal "columns beyond 100" "$(grep -cE '.{101}' "$LAB/table" || true)" 0

  heal
  wait_until 60 "the second set is back" -- set_is 10.2.1.0/24 up
  expect "so says an alarm" -- agent_logged gw-a 'KMD_VPN_UP_ALARM_USER.*10\.2\.1\.0/24'
  wait_until 5 "its route is there" -- has_route gw-a 10.2.1.0/24 dev xfrm0
  expect_not "a stand-in is left" -- is_unreachable gw-a 10.2.1.0/24
  expect "a ping passes" -- ping_once host-a 10.2.1.2
  stream_result host-a
  expect_equal "pings of the first set lost" "$lost" 0
  expect_equal "the first set's SA" "$(set_of 10.2.0.0/24 spi_out)" "$first_spi"
}

in_service() { state_is gw-a to-b up && operstate_is gw-a xfrm0 UP; }

# Fields of the set whose only selector has this remote prefix; items of lists one a line.
set_of() { # PREFIX FIELD...
  local field
  for field in "${@:2}"; do
    QUIET=1 status gw-a | jq -r --arg name "10.1.0.0/24 === $1" --arg field "$field" \
      '.tunnels[0].sets[] | select(.selectors == [$name]) | .[$field] | if type == "array" then .[] else . end'
  done
}

set_is() { # PREFIX STATE
  [[ $(set_of "$1" state) == "$2" ]]
}

no_route_of_second() { ! has_route gw-a 10.2.1.0/24 dev xfrm0; }
