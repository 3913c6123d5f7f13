#!/bin/bash
# charon restarted, transit rebooted: the tunnel recovers by itself.


CHILD_SETTINGS="start_action = start"

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  wait_until 20 "the tunnel is up" -- state_is gw-a to-b up

  charon_kill gw-a TERM
  wait_until 10 "the SAs are gone" -- state_is gw-a to-b absent
  charon_again gw-a
  charon_loaded gw-a
  recovered "after charon's restart"

  run ip -n transit link set to-a down
  wait_until 15 "the cut is seen" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  run ip -n transit link set to-a up
  ip_lines transit <<'IP'
    route replace 10.1.0.0/16 via 198.51.100.1
IP
  recovered "after transit's reboot"
}

recovered() { # WHEN
  wait_until 60 "the tunnel is up $1" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}
