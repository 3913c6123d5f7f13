#!/bin/bash
# An XFRM interface in another namespace than its SAs: an agent beside it sees none of them and leaves it alone.

setup() {
  two_gateways
  xfrm_link gw-a
  xfrm_link gw-b
  charons if_id
  # A namespace of clear text, with a net of its own behind it.
  nodes gw-inner
  run ip -n gw-a link set xfrm0 netns gw-inner
  raise_link gw-inner xfrm0 169.254.100.1/30
  run ip -n gw-inner link set lo up
  run ip -n gw-inner route add 10.2.0.0/16 dev xfrm0
  route gw-b add 10.1.0.0/16 dev xfrm0
}

story() {
  child_up gw-a
  wait_until 10 "a ping passes" -- ping_once gw-inner 169.254.100.2
  expect "the kernel says where it is from" -- \
    prints 'link-netns' ip -n gw-inner -d link show xfrm0

  LINK=xfrm0 monitoring gw-a | agent gw-inner
  wait_until 5 "the log says it" -- agent_logged gw-inner \
    'link=xfrm0 is left alone: its SAs are in another network namespace'
  stays 5 "it works on" -- works_on
  expect_equal "its gate" "$(tunnel_field gw-inner to-b gate)" -
  vpnagent gw-inner doctor --config "$LAB/agent-gw-inner.toml" >"$LAB/doctor" || true
  expect "doctor says it" -- grep -q 'its SAs are in another network namespace' "$LAB/doctor"

  # Where the SAs are: no link, and nothing that could be held.
  LINK='' monitoring gw-a | agent gw-a
  for_seconds 3 "an agent settles that has the SAs and no link"
  expect "it works on" -- works_on
  LINK=xfrm0 monitoring gw-a >"$LAB/agent-gw-a.toml"
  vpnagent gw-a doctor --config "$LAB/agent-gw-a.toml" >"$LAB/doctor" || true
  expect_not "doctor says that nothing passes" -- \
    grep -q 'no packet gets into these SAs' "$LAB/doctor"
}

works_on() {
  ! operstate_is gw-inner xfrm0 DORMANT && has_route gw-inner 10.2.0.0/16 dev xfrm0 &&
    ping_once gw-inner 169.254.100.2
}
