#!/bin/bash
# libreswan on our side, so no VICI: a dead peer is found, and renegotiate-command brings up the gateway's next address.
# Roots: libreswan

CHILD_SETTINGS=$'local_ts = 0.0.0.0/0\nremote_ts = 0.0.0.0/0'

setup() {
  two_gateways
  second_address
  run ip -n gw-a link add vti0 type vti local 198.51.100.1 key 42
  on gw-a sysctl -qw net.ipv4.conf.vti0.disable_policy=1 net.ipv4.conf.vti0.rp_filter=0
  raise_link gw-a vti0
  xfrm_link gw-b
  IKE_SETTINGS="local_addrs = 203.0.113.1, $second
    mobike = no" charon gw-b if_id
  charon_loaded gw-b
  pluto gw-a
  # One connection, with whichever of the peer's addresses.
  local address
  for address in 203.0.113.1 "$second"; do
    sed "s/right=.*/right=$address/" "$LAB/pluto-gw-a/ipsec.conf" >"$LAB/pluto-gw-a/$address.conf"
  done
  cat >"$LAB/bring-up" <<SH
#!/bin/sh
ipsec addconn --config $LAB/pluto-gw-a/\$VPNAGENT_GATEWAY_ADDRESS.conf \\
  --ctlsocket /run/pluto/pluto.ctl to-b && exec ipsec auto --up to-b
SH
  run chmod +x "$LAB/bring-up"
}

story() {
  route gw-a add 10.2.0.0/16 dev vti0
  route gw-b add 10.1.0.0/16 dev xfrm0
  configuration | agent gw-a
  wait_until 30 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "the peer has answered" -- peer_is gw-a to-b supported
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  drop both 'ip saddr 203.0.113.1'
  drop both 'ip daddr 203.0.113.1'
  wait_until 15 "the peer is found dead" -- agent_logged gw-a "state=down .*$dpd_dead"
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  wait_until 5 "the next address is chosen" -- agent_logged gw-a "trying address $second after 203.0.113.1"
  wait_until 60 "the other address is in service" -- up_at "$second"
  expect "by the command" -- agent_logged gw-a "running env VPNAGENT_GATEWAY_ADDRESS=$second"
  wait_until 5 "the link is open again" -- operstate_is gw-a vti0 UP
  wait_until 10 "a ping passes" -- ping_once host-a 10.2.0.2
}

configuration() {
  cat <<TOML
[gateway.gw-b]
address = ["203.0.113.1", "$second"]
dead-peer-detection = { mode = "always-send", interval = 2, threshold = 2 }

[vpn.to-b]
gateway = "gw-b"
bind-interface = "vti0"
establish-tunnels = "immediately"
renegotiate-command = ["$LAB/bring-up"]
TOML
}
