#!/bin/bash
# A policy-based tunnel whose peer answers in clear: the kernel drops such replies, none is life.

setup() {
  allow_clear_replies
  two_gateways
  policy_charons 10.1.0.0/16 10.2.0.0/16
  # gw-b answers in clear, and gw-a's own policies would let that pass: only the socket's does not.
  icmp_in_clear gw-b out
  icmp_in_clear gw-a in
}

story() {
  local before
  before=$(xfrm_stat gw-a XfrmInTmplMismatch)
  monitoring_without_link gw-a | agent gw-a
  child_up gw-a
  wait_until 10 "clear replies reach gw-a" -- clear_reply_captured
  wait_until 10 "the kernel drops them" -- xfrm_stat_above gw-a XfrmInTmplMismatch "$before"
  wait_until 20 "verify-path fails" -- agent_logged gw-a 'reason="VPN monitoring verify-path error"'
  expect_not "it was ever up" -- agent_logged gw-a 'state=up'
  run ip -n gw-b xfrm policy delete src 10.2.0.1 dst 10.1.0.1 proto icmp dir out
  wait_until 20 "through the tunnel replies count" -- state_is gw-a to-b up
}

icmp_in_clear() { # GATEWAY out|in
  run ip -n "$1" xfrm policy add src 10.2.0.1 dst 10.1.0.1 proto icmp dir "$2" priority 1
}

clear_reply_captured() {
  [[ $(captured 'icmp[icmptype] == icmp-echoreply and src 10.2.0.1') ]]
}
