#!/bin/bash
# strongSwan's own DPD asks: its finding fails over and holds a link without vpn-monitor; an operator's terminate does neither.

setup() {
  two_gateways
  second_address
  xfrm_link gw-a
  xfrm_link gw-b
  # A request is given up after 3 s.
  CHARON_SETTINGS=$'retransmit_tries = 2\n  retransmit_timeout = 1\n  retransmit_base = 1' \
    charon gw-a if_id
  IKE_SETTINGS="local_addrs = 203.0.113.1, $second
    mobike = no" charon gw-b if_id
  charon_loaded gw-a
  charon_loaded gw-b
}

# gw-a has a connection for each address of the gateway; the first one's DPD is off at first.
swanctl_conf() { # GATEWAY
  echo 'connections {'
  if [[ $1 == gw-a ]]; then
    connection_to to-b 198.51.100.1 203.0.113.1 gw-a gw-b "dpd_delay = ${DELAY:-0}"
    connection_to to-b-2 198.51.100.1 "$second" gw-a gw-b "dpd_delay = 2"
  else
    connection_to to-a "203.0.113.1, $second" 198.51.100.1 gw-b gw-a "dpd_delay = 0"
  fi
  echo '}'
  echo 'secrets { ike-lab { secret = "not a secret" } }'
}

story() {
  routes_through xfrm0
  configuration | agent gw-a
  wait_until 20 "the tunnel is up" -- state_is gw-a to-b up
  expect_equal "the link, which nobody monitors" "$(tunnel_field gw-a to-b gate)" -
  wait_until 5 "what is wrong with dpd_delay is said" -- \
    agent_logged gw-a 'dpd: connection to-b has dpd_delay = 0.* set dpd_delay = 2s'
  expect_equal "who asks" "$(peer_field gw-a to-b transport)" charon
  expect_equal "whether that can be" "$(peer_field gw-a to-b support)" unsupported

  # With the right settings, by a new IKE SA: charon schedules its DPD when one is established.
  DELAY=2 charon_changed gw-a
  by_the_operator
  vpnagent gw-a reload
  wait_until 10 "dpd_delay is seen" -- peer_is gw-a to-b supported
  expect_equal "what is wrong" "$(peer_field gw-a to-b obstacle)" null
  wait_until 10 "pings pass" -- ping_once host-a 10.2.0.2

  cut_off 203.0.113.1
  wait_until 20 "strongSwan finds the peer dead" -- agent_logged gw-a "state=down .*$dpd_dead"
  expect "by what it got no answer to" -- agent_logged gw-a 'peer=203.0.113.1 dpd=dead .*strongSwan got no answer'
  wait_until 5 "the link was held" -- agent_logged gw-a 'link=xfrm0 gate=held'
  wait_until 15 "the other address is in service" -- up_at "$second"
  wait_until 5 "the link is open again" -- operstate_is gw-a xfrm0 UP
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  expect_equal "the link, which nobody monitors" "$(tunnel_field gw-a to-b gate)" -

  # The last address is dead too: the link is held until there are SAs again.
  cut_off "$second"
  wait_until 20 "it is found dead again" -- logged_times gw-a 'dpd=dead' 2
  wait_until 5 "the link is held" -- operstate_is gw-a xfrm0 DORMANT
  expect_equal "what status says" "$(tunnel_field gw-a to-b gate)" held
  expect "explain says why" -- prints 'its peer was found dead' vpnagent gw-a explain to-b
  heal
  wait_until 30 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "the link is open again" -- operstate_is gw-a xfrm0 UP
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  expect_equal "what stands in for its routes" "$(route_count)" 0
}

configuration() {
  cat <<TOML
[gateway.gw-b]
address = ["203.0.113.1", "$second"]
dead-peer-detection = { transport = "charon", interval = 2, threshold = 3 }

[vpn.to-b]
gateway = "gw-b"
bind-interface = "xfrm0"
establish-tunnels = "immediately"
TOML
}

# Terminated by the operator, who also kills what strongSwan had by force, and brought up by the agent.
by_the_operator() {
  local before
  before=$(spis gw-a)
  ike_down gw-a
  wait_until 20 "there are new SAs" -- spis_gone gw-a "$before"
  before=$(spis gw-a)
  swan gw-a --terminate --force --ike to-b >&9
  wait_until 20 "there are new SAs" -- spis_gone gw-a "$before"
  expect_equal "deaths so far" "$(log_count gw-a dpd=dead)" 0
  expect_equal "times that the link was held" "$(log_count gw-a gate=held)" 0
  expect_equal "the address" "$(tunnel_field gw-a to-b remote)" 203.0.113.1
}

cut_off() { # ADDRESS
  drop both "ip saddr $1"
  drop both "ip daddr $1"
}

route_count() {
  ip -n gw-a route show table all proto 250 | wc -l
}
