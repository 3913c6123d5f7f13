#!/bin/bash
# The same without VICI, on an XFRM interface: the agent's own packet brings it back, a restart keeps it held, and without a trap policy it says so.

setup() {
  two_gateways
  xfrm_link gw-a
  xfrm_link gw-b
  backup_line
  trapping charons if_id
}

story() {
  route gw-a add 10.2.0.0/16 dev xfrm0
  {
    echo 'vici-socket = "/run/nobody.vici"'
    ESTABLISH=on-traffic LINK=xfrm0 monitoring gw-a 'renegotiate-backoff = { maximum = 10 }'
  } | agent gw-a
  wait_until 20 "a user's ping has triggered it" -- ping_once host-a 10.2.0.2
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up

  drop_all both
  wait_until 15 "the tunnel is down" -- state_is gw-a to-b down
  wait_until 30 "the SAs are gone" -- has_no_sas gw-a
  wait_until 30 "a packet has triggered negotiation" -- agent_logged gw-a 'triggering negotiation by a packet'
  users_stay_on_backup xfrm0 20
  agent_kill gw-a KILL
  agent_again gw-a
  expect "the failure is remembered" -- state_is gw-a to-b down
  users_stay_on_backup xfrm0 10
  # charon has given the peer up, and nobody asks it but the agent.
  wait_until 60 "strongSwan has given up" -- no_ike_sa gw-a
  heal
  is_back

  say "no trap policy is installed any more"
  drop_all both
  swan gw-a --uninstall --child net >&9
  wait_until 60 "the SAs are gone" -- has_no_sas gw-a
  wait_until 30 "status says what to do" -- prints 'no trap policy is installed.*immediately' status gw-a
  # What was triggered before goes on until then.
  ike_forgotten gw-a
  wait_until 20 "strongSwan has forgotten it" -- nothing_listed gw-a
  heal
  users_stay_on_backup xfrm0 15
  swan gw-a --install --child net >&9
  is_back
}

is_back() {
  wait_until 25 "the tunnel is back by itself" -- state_is gw-a to-b up
  wait_until 5 "the link is in service" -- operstate_is gw-a xfrm0 UP
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}

nothing_listed() { ! prints . swan "$1" --list-sas; } # GATEWAY
no_ike_sa() { ! prints ESTABLISHED swan "$1" --list-sas; } # GATEWAY
