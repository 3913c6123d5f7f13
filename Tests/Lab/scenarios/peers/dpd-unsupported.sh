#!/bin/bash
# A peer that drops version-3 headers is called unsupported and kept; once heard, it is counted on.

story() {
  routes_through vti0
  deafen
  detecting gw-a '{ mode = "always-send", interval = 2, threshold = 2 }' | agent gw-a
  wait_until 15 "the tunnel is up" -- state_is gw-a to-b up
  ping_stream host-a 10.2.0.2 5/s
  wait_until 10 "the peer is called unsupported" -- peer_is gw-a to-b unsupported
  expect_equal "lines about it" "$(log_count gw-a 'does not answer IKE liveness')" 1
  stays 8 "it is kept" -- state_is gw-a to-b up
  expect_equal "lines about it" "$(log_count gw-a 'does not answer IKE liveness')" 1

  on gw-b nft delete table inet lab_deaf
  wait_until 5 "the peer is heard" -- peer_is gw-a to-b supported
  stream_result host-a
  expect_equal "pings lost" "$lost" 0
  deafen
  wait_until 10 "from then on its silence counts" -- agent_logged gw-a "state=down .*$dpd_dead"
  wait_until 20 "the tunnel is back" -- state_is gw-a to-b up
  wait_until 10 "and unsupported again" -- peer_is gw-a to-b unsupported
  stays 6 "so it does not flap" -- state_is gw-a to-b up
}

# With MOBIKE the IKE SA is on port 4500 though there is no NAT, and so are the questions.
deafen() {
  on gw-b nft -f - <<'NFT'
table inet lab_deaf {
  chain in { type filter hook input priority 0
    udp dport 500 @th,200,8 0x30 drop
    udp dport 4500 @th,64,32 0 @th,232,8 0x30 drop
  }
}
NFT
}
