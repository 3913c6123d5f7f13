#!/bin/bash
# The package on a running system: an upgrade changes no link and no route, held or open; remove opens all.
# Bare: gateway
# Alone: boots a whole system.

# Selectors of its own, or the responder takes the first child for both.
MORE_CHILDREN='net-b {
      local_ts = 10.0.0.0/8, 169.254.101.0/30
      remote_ts = 10.0.0.0/8, 169.254.101.0/30
      esp_proposals = aes128gcm16
      if_id_in = 43
      if_id_out = 43
    }'

setup() {
  two_gateways
  xfrm_link gw-a
  xfrm_link gw-b
  xfrm_link gw-a xfrm1 43 169.254.101.1/30
  xfrm_link gw-b xfrm1 43 169.254.101.2/30
  charons if_id
}

story() {
  local before during pid
  routes_through xfrm0
  route gw-a add 10.9.0.0/16 dev xfrm1
  before=$(routes_of gw-a xfrm0; routes_of gw-a xfrm1)
  bare_system gw-a strongswan.service
  dpkg gw-a --install "$LAB/vpnagent.deb"
  expect "the agent runs" -- unit_is gw-a vpnagent active
  two_vpns >"$LAB/vpnagent.toml"
  inside gw-a cp "$LAB/vpnagent.toml" /etc/vpnagent/vpnagent.toml
  inside gw-a vpnagent reload
  child_up gw-a
  wait_until 10 "one tunnel is up" -- state_is gw-a to-b up
  expect "its link is in service" -- operstate_is gw-a xfrm0 UP
  expect "the other's is held" -- operstate_is gw-a xfrm1 DORMANT
  expect "and its route is out of the way" -- is_unreachable gw-a 10.9.0.0/16

  pid=$(unit_pid gw-a vpnagent)
  during=$(routes_of gw-a xfrm0; routes_of gw-a xfrm1)
  on_background gw-a monitor.log ip monitor link route address rule
  dpkg gw-a --install "$LAB/vpnagent-9999.deb"
  wait_until 20 "the tunnel is up under the new agent" -- state_is gw-a to-b up
  run kill "$started_pid"
  expect_not "it is the same process" -- test "$(unit_pid gw-a vpnagent)" == "$pid"
  expect_equal "what changed of links and routes" "$(<"$LAB/monitor.log")" ""
  expect_equal "routes" "$(routes_of gw-a xfrm0; routes_of gw-a xfrm1)" "$during"
  expect "the one link is in service" -- operstate_is gw-a xfrm0 UP
  expect "the other is held" -- operstate_is gw-a xfrm1 DORMANT
  expect "the configuration is the admin's" -- \
    inside gw-a cmp /etc/vpnagent/vpnagent.toml "$LAB/vpnagent.toml"
  expect "a ping passes" -- ping_once host-a 10.2.0.2

  # An agent that was killed, and did not come back.
  inside gw-a systemctl mask --runtime vpnagent
  inside gw-a systemctl kill --signal KILL vpnagent
  wait_until 10 "the agent is gone" -- unit_is gw-a vpnagent failed
  dpkg gw-a --remove vpnagent
  expect "the held link is open" -- operstate_is gw-a xfrm1 UP
  expect_equal "routes" "$(routes_of gw-a xfrm0; routes_of gw-a xfrm1)" "$before"
  dpkg gw-a --purge vpnagent
  expect_not "/run/vpnagent is left" -- on gw-a test -e /run/vpnagent
  expect_not "/etc/vpnagent is left" -- inside gw-a test -e /etc/vpnagent
}

dpkg() { # GATEWAY ARGUMENT...
  inside "$1" dpkg "${@:2}" >&9
}

two_vpns() {
  LINK=xfrm0 monitoring gw-a
  cat <<'TOML'

[vpn.to-b2]
gateway = "gw-b"
bind-interface = "xfrm1"
establish-tunnels = "responder-only"
vpn-monitor = { verify-path = true }
TOML
}
