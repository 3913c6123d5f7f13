#!/bin/bash
# %unique if_ids: charon's updown script makes the link for each CHILD_SA, and the agent follows.

setup() {
  two_gateways
  xfrm_link gw-b
  updown_script
  CHILD_SETTINGS="if_id_in = %unique
    if_id_out = %unique
    updown = $LAB/updown" charon gw-a if_id
  charon gw-b if_id
  charon_loaded gw-a
  charon_loaded gw-b
}

# What users of %unique have: a link that lives as long as its CHILD_SA. With if_ids that differ,
# what comes in arrives on a link of its own. The route is the agent's: one that went with its link
# could not be held.
updown_script() {
  cat >"$LAB/updown" <<'SH'
#!/bin/sh
case $PLUTO_VERB in
  up-client)
    ip link add ipsec0 type xfrm dev wan if_id "$PLUTO_IF_ID_OUT"
    ip address add 169.254.100.1/30 dev ipsec0
    ip link set ipsec0 up
    [ "$PLUTO_IF_ID_IN" = "$PLUTO_IF_ID_OUT" ] || {
      ip link add ipsec0-in type xfrm dev wan if_id "$PLUTO_IF_ID_IN"
      ip link set ipsec0-in up
    } ;;
  down-client)
    # First by what packets arrive: without the address of the other they would be forwarded in clear.
    ip link del ipsec0-in
    ip link del ipsec0 ;;
esac >>/run/lab/updown.log 2>&1
SH
  chmod 755 "$LAB/updown"
}

story() {
  local first
  route gw-b add 10.1.0.0/16 dev xfrm0
  LINK=ipsec0 OWNED='routes = ["10.2.0.0/16"]' monitoring gw-a | agent gw-a
  LINK=xfrm0 monitoring gw-b | agent gw-b
  # The agent brings it up. A second initiate would make a second child, with a link of its own.
  works
  first=$(if_id_of ipsec0)

  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  wait_until 10 "the link is another" -- another_link "$first"
  expect_not "a ping passes or leaks" -- ping_once host-a 10.2.0.2
  heal
  wait_until 15 "the tunnel is back by itself" -- state_is gw-a to-b up
  works

  # Each direction with an if_id of its own.
  CHILD_SETTINGS="if_id_in = %unique-dir
    if_id_out = %unique-dir
    updown = $LAB/updown" charon_changed gw-a if_id
  child_down gw-a
  wait_until 6 "the tunnel is absent" -- state_is gw-a to-b absent
  works
  expect_not "both directions have one if_id" -- test "$(if_id_of ipsec0)" = "$(if_id_of ipsec0-in)"
  drop_esp both
  wait_until 10 "the monitor says down" -- logged_times gw-a 'reason="IPSEC SA VPN Monitor Failure"' 2
  heal
  wait_until 15 "the tunnel is back by itself" -- state_is gw-a to-b up
  works
  expect_equal "tunnels in status" "$(status gw-a | jq '.tunnels | length')" 1
}

works() {
  wait_until 20 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 8 "the peer's end is up" -- state_is gw-b to-a up
  wait_until 5 "the link is in service" -- operstate_is gw-a ipsec0 UP
  wait_until 3 "a ping passes" -- ping_once host-a 10.2.0.2
  expect_equal "if_id in status" "$(set_field gw-a to-b if_id)" "$(if_id_of ipsec0)"
  expect_equal "SA sets" "$(tunnel_field gw-a to-b sets | jq length)" 1
}

if_id_of() { # LINK
  echo "$(($(ip -n gw-a -d -j link show "$1" | jq -r '.[0].linkinfo.info_data.if_id')))"
}

another_link() { # IF_ID
  local now
  now=$(if_id_of ipsec0) && [[ $now && $now != "$1" ]]
}
