#!/bin/bash
# A gateway's addresses refuse the negotiation: each is tried once, then a back-off, then both again.

setup() {
  two_gateways
  second_address
  xfrm_link gw-a
  xfrm_link gw-b
  charon gw-a
  charon gw-b
  charon_loaded gw-a
  charon_loaded gw-b
}

# By its first address, and by the second one unless SECOND says, gw-b is not who gw-a wants.
swanctl_conf() { # GATEWAY
  echo 'connections {'
  if [[ $1 == gw-a ]]; then
    connection_to to-b 198.51.100.1 203.0.113.1 gw-a gw-b
    connection_to to-b-2 198.51.100.1 "$second" gw-a gw-b
  else
    connection_to to-a 203.0.113.1 198.51.100.1 refuses gw-a
    connection_to to-a-2 "$second" 198.51.100.1 "${SECOND:-refuses}" gw-a
  fi
  echo '}'
  echo 'secrets { ike-lab { secret = "not a secret" } }'
}

story() {
  routes_through xfrm0
  configuration | agent gw-a
  wait_until 20 "the first address refuses" -- agent_logged gw-a 'to-b/net was refused'
  # The back-off begins with 20 s, of which little is over.
  wait_until 10 "the second one is tried at once, and refuses" -- agent_logged gw-a 'to-b-2/net was refused'
  expect "that was all" -- attempts_are 2
  stays 4 "nothing more is tried during the back-off" -- attempts_are 2

  SECOND=gw-b charon_changed gw-b
  wait_until 60 "the second address is in service" -- up_at "$second"
  expect_equal "times that the first one refused" "$(log_count gw-a 'to-b/net was refused')" 2
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}

configuration() {
  cat <<TOML
[gateway.gw-b]
address = ["203.0.113.1", "$second"]

[vpn.to-b]
gateway = "gw-b"
bind-interface = "xfrm0"
establish-tunnels = "immediately"

[vpn.to-b.vpn-monitor]
interval = 20
threshold = 3
TOML
}

attempts_are() { # COUNT
  [[ $(log_count gw-a 'initiating to-b') == "$1" ]]
}
