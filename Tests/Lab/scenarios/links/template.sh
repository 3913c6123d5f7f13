#!/bin/bash
# One template for every XFRM interface that fits: monitored, cleared, flushed and back, new ones without a reload.
# Main: scripts/test runs it.

setup() {
  two_gateways
  xfrm_link gw-a ipsec1 1 169.254.101.1/30
  xfrm_link gw-b ipsec1 1 169.254.101.2/30
  CHILD_SETTINGS=$(children) charons none
}

# Two more children of the connection: to-1 and to-2, each with an if_id of its own. The responder
# knows them by their selectors.
children() {
  local number
  echo '} '
  for number in 1 2; do
    cat <<CONF
    to-$number {
      local_ts = 169.254.10$number.0/30
      remote_ts = 169.254.10$number.0/30
      esp_proposals = aes128gcm16
      if_id_in = $number
      if_id_out = $number
CONF
    ((number == 2)) || echo '}'
  done
}

story() {
  route gw-a add 10.2.1.0/24 dev ipsec1
  templates | agent gw-a
  expect_equal "what status says before the first SA" "$(shown gw-a ipsec1)" \
    "absent held branches false"
  expect "the kernel has it held" -- operstate_is gw-a ipsec1 DORMANT
  expect "its prefix does not leak" -- is_unreachable gw-a 10.2.1.0/24

  child_up gw-a to-1
  wait_until 5 "the first tunnel is up" -- state_is gw-a ipsec1 up
  expect "its link is in service" -- operstate_is gw-a ipsec1 UP
  expect "its route is back" -- has_route gw-a 10.2.1.0/24 dev ipsec1

  # A second one, long after the agent started.
  xfrm_link gw-b ipsec2 2 169.254.102.2/30
  xfrm_link gw-a ipsec2 2 169.254.102.1/30
  wait_until 5 "the new link is held before its first SA" -- operstate_is gw-a ipsec2 DORMANT
  child_up gw-a to-2
  wait_until 5 "the second tunnel is up" -- state_is gw-a ipsec2 up
  expect_equal "the second tunnel" "$(shown gw-a ipsec2)" "up in-service branches false"
  run ip -n gw-a link add other type dummy
  expect_equal "how many tunnels there are" "$(QUIET=1 status gw-a | jq '.tunnels | length')" 2

  one_is_cut
  both_are_flushed
  a_link_goes
}

# Behind strongSwan's back: each child is brought back by its name.
both_are_flushed() {
  local number
  run ip -n gw-a xfrm state flush
  for number in 1 2; do
    wait_until 30 "the SAs of child to-$number are restored" -- \
      agent_logged gw-a "SAs of to-b/to-$number are restored"
    wait_until 5 "its tunnel is up" -- state_is gw-a "ipsec$number" up
    expect_equal "its child" "$(tunnel_field gw-a "ipsec$number" ike | jq -r .child)" "to-$number"
  done
}

# The peer loses what comes in through its ipsec2.
one_is_cut() {
  local spis_before
  spis_before=$(spis_of 2)
  on gw-b nft -f - <<'NFT'
table inet lab_cut {
  chain arrive { type filter hook prerouting priority -300; iifname "ipsec2" drop; }
}
NFT
  wait_until 10 "the second tunnel is down" -- \
    agent_logged gw-a 'ipsec2 state=down was=up reason="IPSEC SA VPN Monitor Failure"'
  wait_until 5 "its link is held" -- operstate_is gw-a ipsec2 DORMANT
  expect "the first is up" -- state_is gw-a ipsec1 up
  expect "an alarm names it" -- \
    agent_logged gw-a 'KMD_VPN_DOWN_ALARM_USER: VPN ipsec2 from 203.0.113.1 is down\.'
  wait_until 10 "its SAs were cleared" -- spis_of_2_differ "$spis_before"
  on gw-b nft delete table inet lab_cut
  wait_until 15 "the second tunnel is back" -- state_is gw-a ipsec2 up
  expect "its link is in service" -- operstate_is gw-a ipsec2 UP
  expect_equal "failures of the first" "$(tunnel_field gw-a ipsec1 failures)" 0
}

a_link_goes() {
  run ip -n gw-a link del ipsec1
  wait_until 5 "its tunnel is forgotten" -- is_forgotten ipsec1
  expect_not "the record has it" -- is_on_record gw-a ipsec1
  xfrm_link gw-a ipsec1 1 169.254.101.1/30
  wait_until 5 "it is back with its SAs" -- state_is gw-a ipsec1 up
  agent_kill gw-a TERM
  expect "no link is left held" -- operstate_is gw-a ipsec2 UP
}

templates() {
  cat <<'TOML'
[vpn-monitor-options]
interval = 1
threshold = 3

[template.branches]
match.interface = "ipsec*"
match.if-id = "1-99"
establish-tunnels = "immediately"
vpn-monitor.verify-path = true
TOML
}

shown() { # GATEWAY TUNNEL
  QUIET=1 status "$1" | jq -r --arg name "$2" \
    '.tunnels[] | select(.name == $name) | "\(.state) \(.gate) \(.template) \(.configured)"'
}

is_forgotten() { [[ ! $(shown gw-a "$1") ]]; } # TUNNEL

# SPIs of gw-a's SAs with an if_id.
spis_of() { # IF_ID
  ip -n gw-a -d xfrm state list nokeys |
    awk -v id="$(printf '0x%x' "$1")" '
      $1 == "proto" { spi = $4 }
      $1 == "if_id" && $2 == id { print spi }' | sort
}

spis_of_2_differ() { # SPIS
  local now
  now=$(spis_of 2)
  [[ $now && ! $(comm -12 <(echo "$1") <(echo "$now")) ]]
}
