#!/bin/bash
# SAs with an if_id and no link: the agent makes one of its own, and leaves none behind.

setup() {
  two_gateways
  xfrm_link gw-b
  charons if_id
}

story() {
  route gw-b add 10.1.0.0/16 dev xfrm0
  ESTABLISH=responder-only monitoring_without_link gw-a | agent gw-a
  stays 2 "no link is made without SAs" -- own_link_gone gw-a
  initiates gw-a
  child_up gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 10 "vpn-monitor's probes are answered" -- answered gw-a to-b 3
  expect_equal "the way of probes" "$(set_field gw-a to-b probe_way)" vpa2a
  expect_equal "the tunnel's link" "$(tunnel_field gw-a to-b link)" null
  expect_equal "tunnels" "$(tunnels)" to-b
  expect_equal "addresses of the link" "$(addresses_of vpa2a)" ''
  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  heal
  wait_until 20 "the tunnel is back by itself" -- state_is gw-a to-b up

  agent_kill gw-a TERM
  expect_not "the link is left after SIGTERM" -- own_link gw-a
  agent_again gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  agent_kill gw-a KILL
  expect "the link is left after SIGKILL" -- own_link gw-a
  agent_again gw-a
  wait_until 10 "the next run goes on with it" -- state_is gw-a to-b up
  agent_kill gw-a KILL
  observer gw-a
  wait_until 10 "a run without the VPN sweeps it" -- own_link_gone gw-a
  agent_kill gw-a TERM

  # A link of the operator's is used as it is, and never touched.
  xfrm_link gw-a xfrm9 42 none
  route gw-a add 10.2.0.0/16 dev xfrm9
  agent_again gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 10 "its probes are answered" -- answered gw-a to-b 2
  expect_equal "the way of probes" "$(set_field gw-a to-b probe_way)" xfrm9
  expect_not "there is a link of the agent's" -- own_link gw-a
  agent_kill gw-a TERM
  expect "the operator's link is there" -- ip -n gw-a link show xfrm9
}

own_link() { ip -n "$1" link show vpa2a; } # GATEWAY
own_link_gone() { ! own_link "$1"; }       # GATEWAY
tunnels() { QUIET=1 status gw-a | jq -r '.tunnels[].name'; }
addresses_of() { ip -n gw-a -o address show dev "$1"; } # LINK
