#!/bin/bash
# The same for IPv6 through an XFRM interface, whose kernel side refuses what is too long otherwise.

setup() {
  two_gateways
  xfrm_link gw-a xfrm0 42 "${link_address6[gw-a]}"
  xfrm_link gw-b xfrm0 42 "${link_address6[gw-b]}"
  charons if_id
}

story() {
  routes6_through xfrm0
  drop both "meta l4proto esp meta length > 1400"
  LINK=xfrm0 monitoring gw-a 'path-mtu = true' | agent gw-a
  child_up gw-a
  wait_until 60 "the black hole is found" -- agent_logged gw-a 'path-mtu=1346 larger packets are lost'
  expect_equal "what status has of it" "$(path_mtu gw-a to-b)" reduced/1346/1446
  expect "a packet of that size passes" -- ping_whole host-a fd10:2::2 1346
  expect_not "one of a byte more passes" -- ping_whole host-a fd10:2::2 1347
  heal
  wait_until 30 "the full size passes again" -- agent_logged gw-a 'path-mtu=1446 packets of full size'
  expect_equal "probes lost" "$(set_field gw-a to-b lost)" 0
  expect_equal "times the tunnel went down" "$(tunnel_field gw-a to-b failures)" 0
}
