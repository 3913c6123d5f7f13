#!/bin/bash
# An XFRM interface, tied to its SAs by if_id: verified, cut, cleared and back.
# Main: scripts/test runs it.

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
