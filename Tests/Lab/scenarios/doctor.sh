#!/bin/bash
# doctor: a healthy gateway has no error; each mischief is named, and mended by the fix that is printed.

setup() {
  two_gateways
  vti gw-a
  vti gw-b
  charons
}

story() {
  routes_through vti0
  child_up gw-a
  # The agent is not to act meanwhile.
  monitoring gw-a 'verify-path = { packet-size = 1350 }' 'threshold = 300' >"$LAB/agent-gw-a.toml"
  healthy # without an agent
  agent_again gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  healthy

  mischief rp-filter 0 sysctl -qw net.ipv4.conf.vti0.rp_filter=1
  mischief disable-policy 0 sysctl -qw net.ipv4.conf.vti0.disable_policy=0
  mischief disable-xfrm 1 sysctl -qw net.ipv4.conf.vti0.disable_xfrm=1
  mischief echo 0 sysctl -qw net.ipv4.icmp_echo_ignore_all=1
  mischief mtu 0 ip link set vti0 mtu 600
  mischief mark 1 ip link change vti0 type vti local 198.51.100.1 remote 203.0.113.1 key 43
  mischief link 1 ip link set vti0 down
  # Meanwhile the peer answers the agent's probes outside of the tunnel, as the finding says.
  allow_clear_replies
  mischief probe-address 0 ip address del 169.254.100.1/30 dev vti0
  route gw-a replace 10.2.0.0/16 dev vti0
  firewalls
  second_agent
  install_routes
  vici_away
  broken_file
}

doctor() { # STATUS
  local status=0
  vpnagent gw-a doctor --config "$LAB/agent-gw-a.toml" --json >"$LAB/doctor" || status=$?
  expect_equal "exit status of doctor" "$status" "$1"
}

# Checks that found something, less those that the lab itself has: its clock follows nobody, and
# its thresholds are short.
found() {
  jq -r '.findings[] | select(.check != "clock" and .check != "retransmission") | .check' \
    "$LAB/doctor" | sort -u | paste -sd ' '
}

healthy() {
  doctor 0
  expect_equal "checks that found something" "$(found)" ""
  expect_equal "what was not looked at" "$(jq -r '.not_looked_at[]' "$LAB/doctor")" ""
}

# Something on gw-a goes wrong, is found alone (so what was before is gone), and put right by what
# doctor says.
mischief() { # CHECK EXIT-STATUS COMMAND...
  on gw-a "${@:3}"
  doctor "$2"
  expect_equal "what it finds" "$(found)" "$1"
  mend "$1"
}

# Runs the commands that a finding's fix has.
mend() { # CHECK
  local commands command
  mapfile -t commands < <(fix_of "$1" '.commands[]')
  for command in "${commands[@]}"; do on gw-a bash -c "$command"; done
}

firewalls() {
  on gw-a nft -f - <<'NFT'
table inet filter {
  chain in {
    type filter hook input priority 0; policy drop;
    ct state vmap { established : accept, invalid : drop }
    iifname "lan" accept
    meta l4proto { esp, udp } accept
  }
  chain out {
    type filter hook output priority 0; policy accept;
  }
}
NFT
  mischief firewall 1 true
  doctor 0
  expect_equal "what it finds then" "$(found)" ""
  mischief firewall 1 nft insert rule inet filter out oifname vti0 icmp type echo-reply drop
  on gw-a nft delete table inet filter
}

second_agent() {
  on_background gw-a second.log "$VPNAGENT" run --config "$LAB/agent-gw-a.toml" --run-dir /run/second
  local pid=$started_pid
  wait_until 20 "a second agent runs" -- on gw-a test -S /run/second/control.sock
  mischief agents 1 true
  wait_until 10 "the second one is gone" -- gone "$pid"
  expect "the first one runs" -- status gw-a
}

# charon's own routes take what the VTI should.
install_routes() {
  sed -i 's/install_routes = no/install_routes = yes/' "$LAB/strongswan-gw-a.conf"
  doctor 1
  expect_equal "what it finds" "$(found)" "install-routes"
  expect_equal "where the fix belongs" "$(fix_of install-routes .file)" "$LAB/strongswan-gw-a.conf"
  fix_of install-routes '.lines[]' >>"$LAB/strongswan-gw-a.conf"
  healthy
}

fix_of() { # CHECK FILTER
  jq -r --arg check "$1" ".findings[] | select(.check == \$check) | .fix | $2" "$LAB/doctor"
}

vici_away() {
  charon_kill gw-a TERM
  doctor 1
  expect_equal "what it finds" "$(found)" "vici"
  # Its fix restarts the service.
  charon_again gw-a
  charon_loaded gw-a
  child_up gw-a
  wait_until 20 "the tunnel is up" -- state_is gw-a to-b up
  healthy
}

broken_file() {
  echo 'nonsense = 1' >"$LAB/broken.toml"
  local status=0
  vpnagent gw-a doctor --config "$LAB/broken.toml" --json >"$LAB/doctor" || status=$?
  expect_equal "exit status of doctor" "$status" 1
  expect_equal "what it finds" "$(found)" "configuration"
}
