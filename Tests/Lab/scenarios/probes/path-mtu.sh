#!/bin/bash
# Transit drops large ESP and says nothing: the size that passes is found and shown, to the byte.

large_esp='src host 198.51.100.1 and esp and ip[2:2] > 1400'

story() {
  routes_through vti0
  # GCM in a tunnel: 20 IP, 8 ESP, 8 IV, padding to 4 with 2 of trailer, 16 ICV. 1400 hold 1346.
  drop both "meta l4proto esp meta length > 1400"
  monitoring gw-a 'path-mtu = true' | agent gw-a
  child_up gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 60 "the black hole is found" -- agent_logged gw-a 'path-mtu=1346 larger packets are lost'
  # What vti0 takes is more; what its SAs can carry over the underlay the kernel tells everybody.
  expect_equal "what status has of it" "$(path_mtu gw-a to-b)" reduced/1346/1446
  expect "status says it to people" -- prints "path MTU 1346, .*lower the MTU of vti0 to 1346" \
    vpnagent gw-a status
  # The kernel copies DF of the packet inside: nothing of what vanishes was fragmented.
  expect "large ESP has DF" -- prints . captured "$large_esp and ip[6] & 0x40 != 0"
  expect_not "large ESP is without DF" -- prints . captured "$large_esp and ip[6] & 0x40 == 0"
  expect "a packet of that size passes" -- ping_whole host-a 10.2.0.2 1346
  expect_not "one of a byte more passes" -- ping_whole host-a 10.2.0.2 1347
  stays 3 "the tunnel stays up" -- state_is gw-a to-b up
  expect_equal "probes lost" "$(set_field gw-a to-b lost)" 0
  expect_equal "times it was said" "$(log_count gw-a 'larger packets are lost')" 1

  heal
  wait_until 30 "the full size passes again" -- agent_logged gw-a 'path-mtu=1446 packets of full size'
  expect_equal "what status has of it" "$(path_mtu gw-a to-b)" full/1446/1446
  expect_not "status says anything to people" -- prints "path MTU" vpnagent gw-a status
  expect "a packet of that size passes" -- ping_whole host-a 10.2.0.2 1446

  drop b-to-a "meta l4proto esp meta length > 1400"
  wait_until 60 "it is found in one direction too" -- logged_times gw-a 'path-mtu=1346 larger' 2
  run ip -n gw-a link set vti0 mtu 1346
  wait_until 30 "the remedy helps" -- agent_logged gw-a 'path-mtu=1346 packets of full size'
  expect_equal "times the tunnel went down" "$(tunnel_field gw-a to-b failures)" 0
  expect_equal "probes lost" "$(set_field gw-a to-b lost)" 0
}
