#!/bin/bash
# A firewall rule drops the agent's own probes: no loss, but after threshold x interval nobody looks, and that is said.

story() {
  local spis_before
  routes_through vti0
  monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  spis_before=$(spis gw-a)
  on gw-a nft -f - <<'NFT'
table inet hardening {
  chain out { type filter hook output priority 0
    oifname "vti0" icmp type echo-request drop
  }
}
NFT
  wait_until 10 "the tunnel is unmonitored" -- state_is gw-a to-b unmonitored
  expect "the log names errno and rule" -- agent_logged gw-a 'state=unmonitored.*EPERM.*OUTPUT hook'
  expect "an alarm was raised" -- agent_logged gw-a 'KMD_VPN_DOWN_ALARM_USER: VPN to-b .*is not monitored'
  expect_not "status is content" -- vpnagent gw-a status
  expect_equal "the link's gate" "$(tunnel_field gw-a to-b gate)" in-service
  expect "a metric says so" -- metric_is gw-a 'tunnel_state{tunnel="to-b",state="unmonitored"}' 1
  drop_esp both
  stays 6 "nothing is made of it" -- state_is gw-a to-b unmonitored
  expect_equal "SPIs" "$(spis gw-a)" "$spis_before"
  on gw-a nft delete table inet hardening
  wait_until 10 "then the dead path is found" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  heal
  wait_until 20 "the tunnel is back" -- state_is gw-a to-b up
}
