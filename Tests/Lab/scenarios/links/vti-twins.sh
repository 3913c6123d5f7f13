#!/bin/bash
# Two VTIs between the same ends, one of them bound to the underlay: told apart by key, neither flaps.

setup() {
  two_gateways
  vti gw-a
  vti gw-b
  twin gw-a 169.254.101.1/30
  twin gw-b 169.254.101.2/30
  MORE_CHILDREN='other {
      local_ts = 0.0.0.0/0
      remote_ts = 0.0.0.0/0
      esp_proposals = aes128gcm16
      mark_in = 43
      mark_out = 43
    }' charons
}

twin() { # GATEWAY ADDRESS
  run ip -n "$1" link add vti1 type vti local "$(outer "$1")" \
    remote "$(outer "${peer_of[$1]}")" key 43 dev wan
  on "$1" sysctl -qw net.ipv4.conf.vti1.disable_policy=1 net.ipv4.conf.vti1.rp_filter=0
  raise_link "$1" vti1 "$2"
}

story() {
  child_up gw-a
  child_up gw-a other
  {
    monitoring gw-a
    cat <<'TOML'
[vpn.other]
gateway = "gw-b"
bind-interface = "vti1"
establish-tunnels = "immediately"
ike-child = "other"
[vpn.other.vpn-monitor]
verify-path = true
TOML
  } | agent gw-a
  wait_until 20 "both are up" -- both_up
  stays 8 "both stay up" -- both_up
  expect_equal "times that one went down" "$(log_count gw-a 'state=down')" 0
  vpnagent gw-a doctor --config "$LAB/agent-gw-a.toml" >"$LAB/doctor" || true
  expect "doctor names the pair" -- \
    grep -q 'vti0 and vti1 are VTIs between the same ends' "$LAB/doctor"
}

both_up() { state_is gw-a to-b up && state_is gw-a other up; }
