#!/bin/bash
# manual SAs: cleared and put in again where renegotiate-command does it; held and alarmed, never cleared, where nobody would.

setup() {
  two_gateways
  xfrm_link gw-a
  xfrm_link gw-b
  script_for gw-a 198.51.100.1 203.0.113.1
  script_for gw-b 203.0.113.1 198.51.100.1
  on gw-b "$LAB/manual-gw-b.sh"
}

# A script of an operator's that puts a gateway's SAs and policies in.
script_for() { # GATEWAY NEAR FAR
  cat >"$LAB/manual-$1.sh" <<SH
#!/bin/sh
put() { # SOURCE DESTINATION SPI
  ip xfrm state del src \$1 dst \$2 proto esp spi \$3 2>/dev/null
  ip xfrm state add src \$1 dst \$2 proto esp spi \$3 reqid 42 mode tunnel if_id 42 \\
    aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f10111213 128 || exit 1
}
put 198.51.100.1 203.0.113.1 0x1001
put 203.0.113.1 198.51.100.1 0x1002
ip xfrm policy update dir out src 0.0.0.0/0 dst 0.0.0.0/0 if_id 42 \\
  tmpl src $2 dst $3 proto esp reqid 42 mode tunnel
for dir in in fwd; do
  ip xfrm policy update dir \$dir src 0.0.0.0/0 dst 0.0.0.0/0 if_id 42 \\
    tmpl src $3 dst $2 proto esp reqid 42 mode tunnel
done
SH
  chmod 755 "$LAB/manual-$1.sh"
}

story() {
  routes_through xfrm0
  on gw-a "$LAB/manual-gw-a.sh"
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  with_a_command
  agent_kill gw-a TERM
  for establish in immediately on-traffic responder-only; do without_anybody "$establish"; done
}

with_a_command() {
  LINK=xfrm0 OWNED="renegotiate-command = [\"$LAB/manual-gw-a.sh\"]" monitoring gw-a | agent gw-a
  wait_until 10 "it is up" -- state_is gw-a to-b up
  drop_esp both
  wait_until 20 "it is cleared" -- agent_logged gw-a 'cleared esp'
  wait_until 20 "the command ran" -- agent_logged gw-a 'renegotiate-command ended with status 0'
  wait_until 30 "there are SAs" -- has_sas gw-a
  heal
  wait_until 30 "it is up" -- state_is gw-a to-b up
  expect_not "it is said that nobody can" -- agent_logged gw-a 'nothing could restore'
}

# A monitor of the kernel's events is no IKE daemon.
without_anybody() { # ESTABLISH
  local before watcher
  before=$(spis gw-a)
  on_background gw-a monitor.log ip xfrm monitor
  watcher=$started_pid
  : >"$LAB/agent-gw-a.log"
  ESTABLISH=$1 LINK=xfrm0 monitoring gw-a | agent gw-a
  wait_until 10 "it is up" -- state_is gw-a to-b up
  wait_until 5 "it is said" -- agent_logged gw-a 'to-b nothing could restore its SAs .*never cleared'
  drop_esp both
  wait_until 10 "down" -- agent_logged gw-a 'state=down was=up reason="IPSEC SA VPN Monitor Failure"'
  expect "the link is held" -- operstate_is gw-a xfrm0 DORMANT
  for_seconds 6 "in which it would be cleared"
  expect_equal "SAs" "$(spis gw-a)" "$before"
  expect_equal "clears" "$(set_field gw-a to-b clears)" 0
  expect "explain says why" -- prints 'nothing could restore' vpnagent gw-a explain to-b
  heal
  wait_until 10 "it is up again" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  agent_kill gw-a TERM
  kill "$watcher"
}
