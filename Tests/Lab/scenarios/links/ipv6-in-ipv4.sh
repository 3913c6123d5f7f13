#!/bin/bash
# An XFRM interface over an IPv4 underlay that carries IPv6.

setup() {
  two_gateways
  xfrm_link gw-a xfrm0 42 "${link_address6[gw-a]}"
  xfrm_link gw-b xfrm0 42 "${link_address6[gw-b]}"
  charons if_id
}

story() {
  routes6_through xfrm0
  LINK=xfrm0 monitoring gw-a | agent gw-a
  holds_opens_and_recovers xfrm0 fd10:2::2
}
