#!/bin/bash
# gw-b is behind NAT and forgets its SAs: ESP in UDP with unknown SPIs is found as well.

setup() {
  two_gateways
  on transit nft -f - <<'NFT'
table ip nat {
  chain out {
    type nat hook postrouting priority srcnat
    oifname "to-a" ip saddr 203.0.113.1 masquerade
  }
}
NFT
  vti gw-b
  charon gw-b
  wan[gw-b]=198.51.100.2 # as gw-a sees it
  vti gw-a
  IKE_SETTINGS='remote_addrs = %any' charon gw-a
  charon_loaded gw-a &
  charon_loaded gw-b
  wait $!
}

story() {
  routes_through vti0
  responding gw-b | agent gw-b
  child_up gw-b
  wait_until 10 "gw-b is up" -- state_is gw-b to-a up
  wait_until 10 "gw-b knows its child" -- knows_names gw-b to-a
  expect "ESP is in UDP" -- prints 'type espinudp' ip -n gw-b xfrm state list nokeys
  # One packet in two seconds.
  ping_stream host-a 10.2.0.2 0.5/s
  wait_until 10 "the stream flows" -- stream_goes_on 0
  recovers_by_bad_spi gw-b to-a 2000
  stream_result host-a
}
