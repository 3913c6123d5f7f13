#!/bin/bash
# A round trip of 1.4 s, threshold x interval being 1.5: from the start, and all at once. Nothing is cleared, silence is found.

story() {
  local begun found
  routes_through vti0
  delay 700ms
  monitoring gw-a 'interval = 0.5' 'threshold = 3' | agent gw-a
  wait_until 30 "there are SAs" -- has_sas gw-a
  wait_until 20 "the tunnel is up" -- state_is gw-a to-b up
  stays 10 "it stays up" -- state_is gw-a to-b up
  expect_equal "downs after it was up once" "$(downs_after_up)" 0

  agent_kill gw-a TERM
  heal
  : >"$LAB/agent-gw-a.log"
  monitoring gw-a | agent gw-a
  wait_until 20 "the tunnel is up" -- state_is gw-a to-b up
  for_seconds 5 "a short round trip is learnt"
  expect_equal "degraded" "$(tunnel_field gw-a to-b degraded)" null
  delay 700ms
  stays 15 "it stays up when the round trip becomes 1.4 s at once" -- state_is gw-a to-b up
  expect_equal "downs" "$(log_count gw-a 'state=down')" 0
  expect "status says that it is degraded" -- prints 'round trip 1\.[0-9] s' tunnel_field gw-a to-b degraded
  expect "so does explain" -- prints 'degraded: round trip' vpnagent gw-a explain to-b
  expect "verify waits for the reply" -- vpnagent gw-a verify to-b

  heal
  wait_until 40 "the path is no longer degraded" -- agent_logged gw-a 'no longer degraded'
  for_seconds 10 "a short round trip is learnt again"
  begun=$(wall_ms)
  drop_esp both
  wait_until 10 "silence is found" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  found=$(logged_at gw-a 'reason="IPSEC SA VPN Monitor Failure"')
  expect_between "ms from the first packet lost to down" \
    "$((found - $(first_esp_dropped "$begun")))" 2500 4900
}

# Failures since the tunnel was up for the first time.
downs_after_up() { sed -n '/state=up/,$p' "$LAB/agent-gw-a.log" | grep -c 'state=down' || true; }
