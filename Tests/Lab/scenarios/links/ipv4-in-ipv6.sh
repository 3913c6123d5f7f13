#!/bin/bash
# An XFRM interface over an IPv6 underlay that carries IPv4.
UNDERLAY=6

setup() {
  two_gateways
  xfrm_link gw-a
  xfrm_link gw-b
  charons if_id
}

story() {
  routes_through xfrm0
  LINK=xfrm0 monitoring gw-a | agent gw-a
  holds_opens_and_recovers xfrm0 10.2.0.2
}
