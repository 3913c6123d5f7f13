#!/bin/bash
# The same through a policy-based tunnel, of which the kernel alone knows the full size.

setup() {
  two_gateways
  policy_charons 10.1.0.0/16 10.2.0.0/16
}

story() {
  drop both "meta l4proto esp meta length > 1400"
  monitoring_without_link gw-a 'path-mtu = true' | agent gw-a
  child_up gw-a
  wait_until 60 "the black hole is found" -- agent_logged gw-a 'path-mtu=1346 larger packets are lost'
  expect_equal "what status has of it" "$(path_mtu gw-a to-b)" reduced/1346/1446
  expect "a packet of that size passes" -- ping_whole host-a 10.2.0.2 1346
  expect_not "one of a byte more passes" -- ping_whole host-a 10.2.0.2 1347
  heal
  wait_until 30 "the full size passes again" -- agent_logged gw-a 'path-mtu=1446 packets of full size'
  expect_equal "probes lost" "$(set_field gw-a to-b lost)" 0
  expect_equal "probes not sent" "$(set_field gw-a to-b not_sent)" 0
}
