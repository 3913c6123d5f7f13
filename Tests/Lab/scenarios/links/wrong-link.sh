#!/bin/bash
# bind-interface names what is no tunnel of the peer's: it is never held, set down or given routes, and said once.

story() {
  local spis
  routes_through vti0
  child_up gw-a
  spis=$(spis gw-a)
  the_underlay 'link-control = "oper"'
  the_underlay 'link-control = "admin"'
  a_vti_of_somebody_else
  another_kind_under_the_same_name
}

# The device that carries ESP and the default route.
the_underlay() { # SETTING
  local before
  before=$(untouchable wan)
  : >"$LAB/agent-gw-a.log"
  LINK=wan OWNED="$1"$'\n''routes = ["10.77.0.0/16"]' monitoring gw-a | agent gw-a
  left_alone wan 'its kind is veth, not vti, vti6 or xfrm; bind-interface = "vti0" has this tunnel'
  stays 3 "nothing of the host's is changed" -- is_untouched wan "$before"
  vpnagent gw-a role standby
  stays 2 "nor in standby" -- is_untouched wan "$before"
  vpnagent gw-a role active
  expect "the underlay leads to the peer" -- prints "dev wan" ip -n gw-a route get 203.0.113.1
  expect_equal "times that the log says it" "$(log_count gw-a 'link=wan is left alone')" 1
  expect_equal "the SAs of the tunnel, which lives" "$(spis gw-a)" "$spis"
  ends_and_leaves wan "$before"
}

a_vti_of_somebody_else() {
  local before
  run ip -n gw-a link add vti9 type vti local 198.51.100.1 remote 203.0.113.2 key 9
  raise_link gw-a vti9 169.254.9.1/30
  route gw-a add 10.9.0.0/16 dev vti9
  before=$(untouchable vti9)
  LINK=vti9 monitoring gw-a | agent gw-a
  left_alone vti9 'it is a VTI between 198.51.100.1 and 203.0.113.2'
  stays 3 "nothing of the host's is changed" -- is_untouched vti9 "$before"
  ends_and_leaves vti9 "$before"
}

another_kind_under_the_same_name() {
  local before
  monitoring gw-a | agent gw-a
  wait_until 10 "the right link is in service" -- state_is gw-a to-b up
  drop_esp both
  wait_until 10 "it is held" -- operstate_is gw-a vti0 DORMANT
  run ip -n gw-a link delete vti0
  run ip -n gw-a link add vti0 type dummy
  raise_link gw-a vti0 169.254.100.1/30
  route gw-a add 10.2.0.0/16 dev vti0
  before=$(untouchable vti0)
  left_alone vti0 'its kind is dummy'
  wait_until 5 "what stood in for its routes is gone" -- has_no_stand_in
  before=$(untouchable vti0)
  stays 3 "the new device is as it was made" -- is_untouched vti0 "$before"
  heal
}

# Status, explain and doctor say what the log says.
left_alone() { # LINK REGEX
  wait_until 5 "the log says it" -- agent_logged gw-a "link=$1 is left alone: $2"
  expect_equal "its gate" "$(tunnel_field gw-a to-b gate)" -
  expect "status says why" -- prints "link $1 is left alone: $2" vpnagent_says status
  expect "explain says it" -- prints "link $1 is left alone" vpnagent_says explain to-b
  expect "doctor says it" -- prints "bind-interface = \"$1\"" \
    vpnagent_says doctor --config "$LAB/agent-gw-a.toml"
}

vpnagent_says() { # ARGUMENT...
  { QUIET=1 vpnagent gw-a "$@" || true; } | tr '\n' ' ' | tr -s ' '
}

# Routes of every table and the link, as an operator sees them.
untouchable() { # LINK
  ip -n gw-a -d route show table all | grep -v 'fe80::'
  ip -n gw-a -d link show "$1"
}

is_untouched() { # LINK BEFORE
  [[ $(untouchable "$1") == "$2" ]]
}

has_no_stand_in() { ! has_route gw-a type unreachable table all; }

ends_and_leaves() { # LINK BEFORE
  agent_kill gw-a TERM
  expect "the end changes nothing" -- is_untouched "$1" "$2"
}
