#!/bin/bash
# IPv6 SAs with an if_id and no link: probes find the agent's own link by a route of their own, and nothing is forwarded from it.

setup() {
  two_gateways
  xfrm_link gw-b
  CHILD_SETTINGS=$'local_ts = fd10:1::/48\nremote_ts = fd10:2::/48\nif_id_in = 42\nif_id_out = 42' \
    charon gw-a none
  CHILD_SETTINGS=$'local_ts = fd10:2::/48\nremote_ts = fd10:1::/48' charon gw-b if_id
  charon_loaded gw-a &
  charon_loaded gw-b
  wait $!
}

story() {
  run ip -n gw-b -6 route add fd10:1::/48 dev xfrm0
  LINK='' monitoring gw-a 'source-interface = "lan"' 'destination-ip = "fd10:2::1"' \
    'verify-path = { destination-ip = "fd10:2::1" }' | agent gw-a
  child_up gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 10 "vpn-monitor's probes are answered" -- answered gw-a to-b 3
  expect_equal "the way of probes" "$(set_field gw-a to-b probe_way)" vpa2a
  expect "they have a route" -- has_route6 gw-a fd10:2::1 table 250
  expect_not "others find the way to the peer" -- prints vpa2a ip -n gw-a -6 route get fd10:2::1

  # What comes from the far net is not forwarded: the answer would leave in clear.
  expect_not "host-b reaches host-a" -- ping_once host-b fd10:1::2
  run ip -n gw-a -6 rule delete iif vpa2a priority 250
  wait_until 5 "a rule that was deleted is back" -- has_rule 'iif vpa2a blackhole'

  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  heal
  wait_until 20 "the tunnel is back by itself" -- state_is gw-a to-b up
  agent_kill gw-a KILL
  run ip -n gw-a -6 rule delete iif vpa2a priority 250
  expect "without the rule host-a is reached" -- ping_once host-b fd10:1::2
  expect_not "its answer stays off transit" -- no_clear_packets
  forget_capture
  agent_again gw-a
  wait_until 10 "the next run goes on with it" -- state_is gw-a to-b up
  agent_kill gw-a TERM
  expect_not "a rule is left" -- has_rule vpa2a
  expect_not "a route is left" -- has_route6 gw-a table 250
  expect_not "the link is left" -- ip -n gw-a link show vpa2a
}

has_rule() { prints "$1" ip -n gw-a -6 rule show; } # REGEX

has_route6() { # NODE WORDS...
  [[ $(ip -n "$1" -6 route show "${@:2}") ]]
}
