#!/bin/bash
# Two VTIs between the same ends: the one bound to the underlay takes all ESP. The other is named and left alone, neither flaps.

setup() {
  local gateway
  two_gateways
  for gateway in gw-a gw-b; do vti "$gateway"; done
  twin gw-a 169.254.101.1/30
  twin gw-b 169.254.101.2/30
  # The responder knows the children by their selectors.
  MORE_CHILDREN='other {
      local_ts = 169.254.101.0/30
      remote_ts = 169.254.101.0/30
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
  local lines
  child_up gw-a
  child_up gw-a other
  expect "the kernel gives the twin's ESP to the twin" -- ping_once gw-a 169.254.101.2
  expect_not "and nothing to the other" -- ping_once gw-a 169.254.100.2
  route gw-a add 10.9.0.0/16 dev vti0
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
  wait_until 20 "the twin's tunnel is up" -- state_is gw-a other up
  expect "the log names the pair" -- agent_logged gw-a \
    'link=vti0 is left alone: vti1, a VTI between the same ends, takes all ESP from 203.0.113.1'
  stays 8 "the twin's stays up" -- state_is gw-a other up
  expect_equal "the other's gate" "$(tunnel_field gw-a to-b gate)" -
  expect "its route is untouched" -- has_route gw-a 10.9.0.0/16 dev vti0
  expect_equal "negotiations for what cannot work" "$(log_count gw-a ' to-b .*renegotiating')" 0
  wait_until 10 "status says why it is not monitored" -- \
    prints 'unmonitored' tunnel_field gw-a to-b state
  expect_equal "times that the twin's went down" "$(log_count gw-a ' other state=down')" 0
  expect_equal "times that the pair was named" "$(log_count gw-a 'link=vti0 is left alone')" 1
  vpnagent gw-a doctor --config "$LAB/agent-gw-a.toml" >"$LAB/doctor" || true
  expect "doctor names the pair" -- \
    grep -q 'vti0 and vti1 are VTIs between the same ends' "$LAB/doctor"
  without_the_twin
}

without_the_twin() {
  run ip -n gw-b link set vti1 down
  run ip -n gw-a link set vti1 down
  wait_until 20 "without the twin the other is monitored and comes up" -- state_is gw-a to-b up
}
