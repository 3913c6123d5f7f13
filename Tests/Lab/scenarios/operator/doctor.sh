#!/bin/bash
# doctor: a healthy gateway has no error; mischief at switches and links is named, and mended by the fix that is printed.

story() {
  doctored
  healthy # without an agent
  agent_again gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  healthy

  mischief rp-filter 0 sysctl -qw net.ipv4.conf.vti0.rp_filter=1
  mischief disable-policy 0 sysctl -qw net.ipv4.conf.vti0.disable_policy=0
  mischief disable-xfrm 1 sysctl -qw net.ipv4.conf.vti0.disable_xfrm=1
  mischief echo 0 sysctl -qw net.ipv4.icmp_echo_ignore_all=1
  mischief mtu 0 ip link set vti0 mtu 600
  mischief mark 1 ip link change vti0 type vti local 198.51.100.1 remote 203.0.113.1 key 43
  mischief link 1 ip link set vti0 down
  # Meanwhile the peer answers the agent's probes outside of the tunnel, as the finding says.
  allow_clear_replies
  mischief probe-address 0 ip address del 169.254.100.1/30 dev vti0
  healthy
}
