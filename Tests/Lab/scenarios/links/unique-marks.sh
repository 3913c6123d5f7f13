#!/bin/bash
# %unique marks: charon's updown script gives the VTI the keys of each new CHILD_SA.

setup() {
  two_gateways
  vti gw-a
  vti gw-b
  cat >"$LAB/updown" <<'SH'
#!/bin/sh
[ "$PLUTO_VERB" != up-client ] || {
  ip link change vti0 type vti ikey "${PLUTO_MARK_IN%%/*}" okey "${PLUTO_MARK_OUT%%/*}"
} >>/run/lab/updown.log 2>&1
SH
  chmod 755 "$LAB/updown"
  CHILD_SETTINGS="mark_in = %unique-dir
    mark_out = %unique-dir
    updown = $LAB/updown" charon gw-a
  charon gw-b
  charon_loaded gw-a
  charon_loaded gw-b
}

story() {
  local first
  routes_through vti0
  monitoring gw-a | agent gw-a
  # The agent brings it up. A second initiate would make a second child, with marks of its own.
  works
  first=$(mark_out)
  rekey_child gw-a
  stays 3 "a rekey changes nothing" -- state_is gw-a to-b up
  expect_equal "the mark" "$(mark_out)" "$first"

  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  heal
  wait_until 15 "the tunnel is back by itself" -- state_is gw-a to-b up
  works
  expect_not "the mark is the old one" -- test "$(mark_out)" = "$first"
  expect_equal "tunnels in status" "$(status gw-a | jq '.tunnels | length')" 1
}

works() {
  wait_until 20 "the tunnel is up" -- state_is gw-a to-b up
  expect "the link is in service" -- operstate_is gw-a vti0 UP
  wait_until 3 "a ping passes" -- ping_once host-a 10.2.0.2
}

# The outbound SA's.
mark_out() {
  ip -n gw-a xfrm state list nokeys | awk '$1 == "mark" { print $2 }' | sort -u
}
