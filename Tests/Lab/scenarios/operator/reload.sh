#!/bin/bash
# Another configuration under traffic: timers and a new VPN without a lost ping, a bad file without effect.

setup() {
  two_gateways
  xfrm_link gw-a
  xfrm_link gw-b
  xfrm_link gw-a xfrm1 43 169.254.101.1/30
  xfrm_link gw-b xfrm1 43 169.254.101.2/30
  MORE_CHILDREN="second {
      local_ts = 169.254.101.0/30
      remote_ts = 169.254.101.0/30
      esp_proposals = aes128gcm16
      if_id_in = 43
      if_id_out = 43
    }" charons if_id
}

story() {
  routes_through xfrm0
  route gw-a add 10.22.0.0/16 dev xfrm1
  child_up gw-a net
  child_up gw-a second
  LINK=xfrm0 monitoring gw-a | agent gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  on_background gw-a links.log ip monitor link
  local spis routes
  spis=$(spis gw-a)
  routes=$(routes_of gw-a xfrm1)

  timers_and_a_new_vpn
  expect_equal "SAs" "$(spis gw-a)" "$spis"
  expect_equal "routes of the added VPN's link" "$(routes_of gw-a xfrm1)" "$routes"
  expect_not "a link was changed" -- grep -E 'xfrm[01]' "$LAB/links.log"
  bad_file
  mode_changes
  new_threshold_counts
  removed_vpn_is_released "$routes"
}

two_vpns() { # [LINE...]
  LINK=xfrm0 monitoring gw-a "$@"
  cat <<TOML
[vpn.second]
gateway = "gw-b"
bind-interface = "xfrm1"
establish-tunnels = "immediately"
vpn-monitor = { verify-path = true }
TOML
}

# The agent's file becomes what standard input has; `reload` is asked for, what it prints in $LAB/reload.
reload() { # EXIT-STATUS
  cat >"$LAB/agent-gw-a.toml"
  sed 's/^/    /' "$LAB/agent-gw-a.toml" >&9
  local status=0
  vpnagent gw-a reload --check >"$LAB/reload-check" 2>&1 || true
  vpnagent gw-a reload >"$LAB/reload" 2>&1 || status=$?
  sed 's/^/    /' "$LAB/reload" >&9
  expect_equal "exit status of reload" "$status" "$1"
  expect_equal "what reload --check said before" "$(<"$LAB/reload-check")" "$(<"$LAB/reload")"
}

timers_and_a_new_vpn() {
  local id
  id=$(tunnel_field gw-a to-b id)
  ping_stream host-a 10.2.0.2 50/s
  ping_stream gw-a 169.254.101.2 50/s
  two_vpns 'interval = 0.5' 'threshold = 4' | reload 0
  expect_equal "what it prints" "$(<"$LAB/reload")" "vpn to-b: settings of vpn-monitor changed
vpn second: added"
  wait_until 5 "the added VPN is up" -- state_is gw-a second up
  expect_equal "how it came up" "$(tunnel_field gw-a second reason)" "VPN monitoring verify-path succeeded"
  expect_equal "the threshold" "$(tunnel_field gw-a to-b threshold)" 4
  expect_equal "the tunnel's id" "$(tunnel_field gw-a to-b id)" "$id"
  for_seconds 3 "more than a threshold"
  stream_result host-a
  expect_between "pings sent" "$sent" 100 100000
  expect_equal "pings lost" "$lost" 0
  stream_result gw-a
  expect_between "pings sent" "$sent" 100 100000
  expect_equal "pings lost" "$lost" 0
}

bad_file() {
  two_vpns 'intervall = 1' 'threshold = 0' | reload 78
  expect "it names the key" -- grep -q 'intervall = 1: unknown key' "$LAB/reload"
  expect "and the other mistake" -- grep -q 'threshold = 0' "$LAB/reload"
  expect "the log says so once" -- logged_times gw-a 'reload: nothing changed' 1
  expect_equal "the threshold" "$(tunnel_field gw-a to-b threshold)" 4
  expect "the other tunnel is up" -- state_is gw-a second up
}

# The watch for the peer's probes is open only while somebody needs it.
mode_changes() {
  local before
  # The connections of commands that have ended may be open still.
  on gw-a sleep 2
  before=$(open_files)
  two_vpns 'threshold = 4' 'optimized = true' | reload 0
  wait_until 5 "two more files are open" -- open_files_are $((before + 2))
  two_vpns 'threshold = 4' | reload 0
  wait_until 5 "they are closed" -- open_files_are "$before"
  expect "the tunnel is up" -- state_is gw-a to-b up
}

open_files() {
  # shellcheck disable=SC2012 # numbers
  ls "/proc/$(<"$LAB/agent-gw-a.pid")/fd" | wc -l
}

open_files_are() { [[ $(open_files) == "$1" ]]; } # NUMBER

new_threshold_counts() {
  drop_esp both
  wait_until 15 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  wait_until 5 "it was after four losses" -- agent_logged gw-a '4 probes unanswered, threshold is 4'
  heal
  wait_until 15 "it is back" -- state_is gw-a to-b up
}

removed_vpn_is_released() { # ROUTES
  drop_esp both
  wait_until 20 "the second is held" -- gate_is gw-a second held
  # Its threshold is one probe later.
  wait_until 20 "the other is held" -- gate_is gw-a to-b held
  wait_until 5 "the kernel has it held" -- operstate_is gw-a xfrm1 DORMANT
  expect "its prefix does not leak" -- is_unreachable gw-a 10.22.0.0/16
  LINK=xfrm0 monitoring gw-a 'threshold = 4' >"$LAB/agent-gw-a.toml"
  run kill -HUP "$(<"$LAB/agent-gw-a.pid")"
  wait_until 5 "SIGHUP is obeyed" -- agent_logged gw-a 'vpn second: removed'
  wait_until 5 "its link is in service" -- operstate_is gw-a xfrm1 UP
  expect_equal "its routes" "$(routes_of gw-a xfrm1)" "$1"
  expect_not "it is unreachable" -- is_unreachable gw-a 10.22.0.0/16
  expect "the other link is held still" -- operstate_is gw-a xfrm0 DORMANT
  heal
  wait_until 15 "the other tunnel is back" -- state_is gw-a to-b up
}
