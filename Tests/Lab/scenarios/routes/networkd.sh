#!/bin/bash
# systemd-networkd beside the agent: all of a held link's stays with the drop-in; without it that goes
# Roots: networkd

# ... and comes back: networkd takes DORMANT for a lost carrier, so the link's own addresses are no
# good for probes, and the agent says so.

setup() {
  two_gateways
  run ip -n gw-a link add vti0 type vti local 198.51.100.1 remote 203.0.113.1 key 42
  on gw-a sysctl -qw net.ipv4.conf.vti0.disable_policy=1 net.ipv4.conf.vti0.rp_filter=0
  vti gw-b
  charons
  route gw-b add 10.1.0.0/16 dev vti0
  daemon_users systemd-network
  take_users gw-a
  # That there is no udev to wait for is told by a /sys that nobody can write to.
  on gw-a mount -o remount,ro,bind /sys
}

story() {
  networkd 'ConfigureWithoutCarrier = yes' 'IgnoreCarrierLoss = yes'
  wait_until 20 "the link is configured" -- is_configured
  monitoring gw-a | agent gw-a
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  child_up gw-a
  comes_up
  dies 1
  expect "the link has its address" -- has_address
  heal
  comes_up

  # Without the drop-in, probes that need no address of the link.
  run kill -TERM "$networkd_pid"
  agent_kill gw-a TERM
  networkd
  wait_until 20 "the link is configured" -- is_configured
  monitoring gw-a 'source-interface = "lan"' 'destination-ip = "10.2.0.1"' \
    'verify-path = { destination-ip = "10.2.0.1" }' | agent gw-a
  comes_up
  dies 2
  wait_until 5 "the link has lost its address" -- has_no_address
  expect_not "a ping passes or leaks" -- ping_once host-a 10.2.0.2
  heal
  comes_up

  # And probes that do: the answers can only come in clear. Nothing leaks, and status says it.
  allow_clear_replies
  agent_kill gw-a TERM
  monitoring gw-a | agent gw-a
  comes_up
  dies 3
  heal
  wait_until 15 "the agent says why" -- agent_logged gw-a 'reason="Probe replies arrive outside the tunnel"'
  wait_until 5 "nothing leaks" -- is_unreachable gw-a 10.2.0.0/16
}

comes_up() {
  wait_until 15 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "the link is configured" -- is_configured
  wait_until 3 "a ping passes" -- ping_once host-a 10.2.0.2
}

dies() { # NUMBER
  drop_esp both
  wait_until 10 "the monitor says down" -- \
    logged_times gw-a 'reason="IPSEC SA VPN Monitor Failure"' "$1"
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  expect_not "a ping passes or leaks" -- ping_once host-a 10.2.0.2
}

# networkd on gw-a, with these lines in the link's section Network.
networkd() { # LINE...
  on gw-a install -d /run/systemd/network
  on gw-a install -d -o systemd-network -g systemd-network /run/systemd/netif{,/links,/leases,/lldp}
  {
    printf '%s\n' '[Match]' 'Name = vti0' '[Network]' 'Address = 169.254.100.1/30' \
      'LinkLocalAddressing = no' "$@" '[Route]' 'Destination = 10.2.0.0/16'
  } >"$LAB/vti0.network"
  on gw-a cp "$LAB/vti0.network" /run/systemd/network/vti0.network
  on_background gw-a networkd.log env SYSTEMD_LOG_TARGET=console /lib/systemd/systemd-networkd
  networkd_pid=$started_pid
}

has_address() { [[ $(ip -n gw-a address show vti0) == *169.254.100.1/30* ]]; }
has_no_address() { ! has_address; }

is_configured() { has_address && has_route gw-a 10.2.0.0/16 dev vti0; }
