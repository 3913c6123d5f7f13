#!/bin/bash
# doctor: firewalls, a second agent, strongSwan's settings and a broken file are named, and mended by the fix.

story() {
  doctored
  agent_again gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  firewalls
  second_agent
  install_routes
  vici_away
  broken_file
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
