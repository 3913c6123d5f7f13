#!/bin/bash
# A target that drops ICMP: alarmed once, neither held nor cleared, a restart too; once it has answered its silence counts.

story() {
  local spis_before
  routes_through vti0
  target_is_silent
  monitoring gw-a 'verify-path = false' | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  spis_before=$(spis gw-a)
  unanswered
  expect_equal "SPIs" "$(spis gw-a)" "$spis_before"
  agent_kill gw-a KILL
  : >"$LAB/agent-gw-a.log"
  agent_again gw-a
  unanswered
  expect_equal "SPIs" "$(spis gw-a)" "$spis_before"

  on gw-b nft delete table inet lab_target
  wait_until 5 "it answers" -- answered gw-a to-b 1
  expect_equal "what status says of it" "$(set_field gw-a to-b never_answered)" false
  wait_until 15 "that is on record" -- on gw-a grep -q '"169.254.100.2"' /run/vpnagent/gates.json
  agent_kill gw-a KILL
  target_is_silent
  agent_again gw-a
  wait_until 15 "the next run knows that it used to answer" -- \
    agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  wait_until 10 "the SAs are cleared" -- spis_gone gw-a "$spis_before"
}

target_is_silent() {
  on gw-b nft -f - <<'NFT'
table inet lab_target {
  chain arrive { type filter hook input priority 0; iifname "vti0" icmp type echo-request drop; }
}
NFT
}

# Three thresholds without an answer, and nothing comes of it.
unanswered() {
  wait_until 10 "an alarm says so" -- agent_logged gw-a 'VPN_PATH_UNPROVEN: VPN to-b .*169\.254\.100\.2 has never answered'
  stays 6 "the tunnel stays up" -- state_is gw-a to-b up
  expect "the link is in service" -- operstate_is gw-a vti0 UP
  expect "a ping passes" -- ping_once host-a 10.2.0.2
  expect_equal "alarms" "$(log_count gw-a _ALARM_USER)" 1
  expect_equal "alarms of that kind" "$(log_count gw-a VPN_PATH_UNPROVEN)" 1
  expect_equal "what status says of it" "$(set_field gw-a to-b never_answered)" true
}
