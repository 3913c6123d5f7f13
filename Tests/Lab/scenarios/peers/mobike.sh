#!/bin/bash
# MOBIKE moves the SAs to gw-a's other address and back: the same tunnel at both ends, no clear.

# A second way from gw-a to transit. Its VTI has no local address (without a remote one too it would be
# ip_vti0, which is there: EEXIST); gw-b has an XFRM interface.
setup() {
  two_gateways
  # charon takes whichever path answers first, and IPv6 would be one.
  run ip -n gw-a -6 address flush dev wan scope global
  run ip -n gw-b -6 address flush dev wan scope global
  wire gw-a wan2 transit to-a2
  ip_lines gw-a <<'IP'
    address add 192.0.2.1/30 dev wan2
    link set wan2 up
    route add default via 192.0.2.2 metric 100
IP
  ip_lines transit <<'IP'
    address add 192.0.2.2/30 dev to-a2
    link set to-a2 up
IP
  run ip -n gw-a link add vti0 type vti remote 203.0.113.1 key 42
  on gw-a sysctl -qw net.ipv4.conf.vti0.disable_policy=1
  raise_link gw-a vti0
  xfrm_link gw-b xfrm0
  CHARON_SETTINGS='interfaces_ignore = vti0, lan' IKE_SETTINGS='local_addrs = %any' charon gw-a
  CHARON_SETTINGS='interfaces_ignore = xfrm0, lan' \
    IKE_SETTINGS='remote_addrs = 198.51.100.1, 192.0.2.1' charon gw-b if_id
  charon_loaded gw-a
  charon_loaded gw-b
}

story() {
  local before
  route gw-a add 10.2.0.0/16 dev vti0
  route gw-b add 10.1.0.0/16 dev xfrm0
  # A slow machine takes its time from the first loss to the move.
  local slow='s/^threshold = .*/threshold = 10/'
  ESTABLISH=responder-only monitoring gw-a | sed "$slow" | agent gw-a
  ESTABLISH=responder-only LINK=xfrm0 monitoring gw-b |
    sed "$slow; s/^address = .*/address = [\"198.51.100.1\", \"192.0.2.1\"]/" | agent gw-b
  child_up gw-a
  wait_until 5 "gw-a is up" -- state_is gw-a to-b up
  wait_until 5 "gw-b is up" -- state_is gw-b to-a up
  before=$(spis gw-a)

  run ip -n gw-a address del 198.51.100.1/30 dev wan
  moved 192.0.2.1

  # Back, and now probes are lost before.
  ip_lines gw-a <<'IP'
    address add 198.51.100.1/30 dev wan
    route add default via 198.51.100.2
IP
  drop_esp both
  wait_until 5 "losses begin" -- is_losing
  run ip -n gw-a address del 192.0.2.1/30 dev wan2
  heal
  moved 198.51.100.1

  expect_equal "SPIs" "$(spis gw-a)" "$before"
  expect_equal "times gw-a verified" "$(log_count gw-a 'state=verifying')" 1
  expect_equal "times gw-b verified" "$(log_count gw-b 'state=verifying')" 1
  expect_equal "times gw-a was held" "$(log_count gw-a 'gate=held')" 1
  expect_equal "times gw-b was held" "$(log_count gw-b 'gate=held')" 1
  expect_equal "clears" "$(set_field gw-a to-b clears) $(set_field gw-b to-a clears)" "0 0"
}

moved() { # ADDRESS
  wait_until 10 "gw-a shows the new address" -- endpoint_is gw-a to-b local "$1"
  wait_until 10 "gw-b shows the new address" -- endpoint_is gw-b to-a remote "$1"
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
  stays 4 "gw-a is up" -- state_is gw-a to-b up
  expect "gw-b is up" -- state_is gw-b to-a up
}

is_losing() { (($(tunnel_field gw-a to-b losses) > 0)); }

endpoint_is() { # GATEWAY TUNNEL local|remote ADDRESS
  [[ $(tunnel_field "$1" "$2" "$3") == "$4" ]]
}
