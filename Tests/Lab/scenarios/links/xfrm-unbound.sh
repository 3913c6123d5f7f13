#!/bin/bash
# An XFRM interface that is bound to no device and has a name of its own.

setup() {
  two_gateways
  run ip -n gw-a link add branch-7 type xfrm if_id 42
  on gw-a sysctl -qw net.ipv4.conf.branch-7.rp_filter=0
  raise_link gw-a branch-7
  xfrm_link gw-b
  charons if_id
}

story() {
  route gw-a add 10.2.0.0/16 dev branch-7
  route gw-b add 10.1.0.0/16 dev xfrm0
  LINK=branch-7 monitoring gw-a | agent gw-a
  holds_opens_and_recovers branch-7 10.2.0.2
}
