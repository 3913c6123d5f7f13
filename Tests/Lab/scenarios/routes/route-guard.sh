#!/bin/bash
# Routes of every kind come back as they were after twelve times of hold and open.

setup() {
  two_gateways
  xfrm_link gw-a xfrm0 42 169.254.100.1/30 fd00:100::1/126
  xfrm_link gw-b xfrm0 42 169.254.100.2/30 fd00:100::2/126
  other_way gw-a
  charons if_id
}

# A second link, for the other legs of multipath routes. Nothing is sent through it.
other_way() { # GATEWAY
  run ip link add spare netns "$1" type dummy
  ip_lines "$1" <<'IP'
    address add 10.99.9.1/30 dev spare
    address add fd00:99::1/126 dev spare nodad
    link set spare up
IP
}

# The batch's `ip` takes each protocol for the first that it was told, so there is one in it.
every_kind() { # GATEWAY
  route "$1" add 10.20.0.0/16 dev xfrm0 metric 7 proto static
  run ip -n "$1" -6 nexthop add id 32 dev spare
  ip_lines "$1" <<'IP'
    route add 10.2.0.0/16 dev xfrm0
    route add 10.2.0.0/16 dev xfrm0 metric 50 table 1000
    route add 10.21.0.0/16 via 169.254.100.2 dev xfrm0 metric 7
    route add 10.22.0.0/16 via 169.254.99.99 dev xfrm0 onlink src 10.1.0.1
    route add 10.23.0.0/16 dev xfrm0 scope link tos 0x10 mtu 1300 advmss 1200
    route add 10.24.0.0/16 dev xfrm0 table 70000 mtu lock 1280 window 4096 rtt 30 initcwnd 12 quickack 1
    route add 10.25.0.0/16 via inet6 fd00:100::2 dev xfrm0
    route add 10.26.0.0/16 dev xfrm0 proto 77
    route add 10.27.0.0/16 metric 5 nexthop via 169.254.100.2 dev xfrm0 weight 3 nexthop dev spare weight 2
    route add 10.28.0.0/16 table 1000 nexthop dev spare nexthop dev xfrm0 onlink via 169.254.98.98
    route add 10.29.0.0/16 nexthop dev xfrm0 weight 2 nexthop via 169.254.100.2 dev xfrm0
    route add fd10:2::/48 dev xfrm0
    route add fd10:21::/48 via fd00:100::2 dev xfrm0 metric 77 mtu 1300
    route add fd10:22::/48 dev xfrm0 table 1000 pref high src fd10:1::1
    route add fd10:23::/48 via fd10:99::99 dev xfrm0 onlink
    route add fd10:24::/48 nexthop via fd00:100::2 dev xfrm0 weight 3 nexthop via fd00:99::2 dev spare weight 2
    route add fd10:25::/48 metric 9 nexthop via fd00:99::2 dev spare nexthop via fd00:100::2 dev xfrm0
    nexthop add id 11 via 169.254.100.2 dev xfrm0
    nexthop add id 12 dev spare
    nexthop add id 13 dev xfrm0
    nexthop add id 14 via 169.254.97.97 dev xfrm0 onlink
    nexthop add id 20 group 11,3/12,2
    nexthop add id 21 group 11/13
    nexthop add id 22 group 12/11 type resilient buckets 16 idle_timer 20
    nexthop add id 23 group 12/13 proto 77
    route add 10.31.0.0/16 nhid 11
    route add 10.32.0.0/16 nhid 14 metric 8
    route add 10.33.0.0/16 nhid 20
    route add 10.34.0.0/16 nhid 21 table 1000
    route add 10.35.0.0/16 nhid 22
    route add 10.36.0.0/16 nhid 23
    route add 10.51.0.0/16 encap mpls 100/200 via 169.254.100.2 dev xfrm0
    route add 10.52.0.0/16 encap ip id 42 dst 10.9.9.9 ttl 64 dev xfrm0
    route add 10.53.0.0/16 encap ip6 id 43 dst fd00:9::9 dev xfrm0
    route add 10.54.0.0/16 nexthop encap mpls 300 via 169.254.100.2 dev xfrm0 nexthop dev spare
    route add fd10:51::/48 encap seg6 mode encap segs fc00::1,fc00::2 dev xfrm0
    route add fd10:52::/48 encap seg6local action End dev xfrm0
    route add fd10:53::/48 encap mpls 400 via fd00:100::2 dev xfrm0
    nexthop add id 15 encap mpls 500 via 169.254.100.2 dev xfrm0
    nexthop add id 24 group 15/12
    route add 10.55.0.0/16 nhid 15
    route add 10.56.0.0/16 nhid 24
    nexthop add id 31 via fd00:100::2 dev xfrm0
    nexthop add id 33 group 31,2/32
    route add fd10:31::/48 nhid 31
    route add fd10:32::/48 nhid 33 metric 3
IP
}

# All that is compared, in an order of its own. A leg stands on a line after its route, so each
# route is made one line, legs in their order.
everything() { # GATEWAY
  {
    ip -n "$1" -4 -o -d route show table all
    ip -n "$1" -o -6 -d route show table all
  } | grep -v ' table local \|nh_info' | sed 's/ linkdown//g; s/ *$//' | sort
  ip -n "$1" -d nexthop | sed 's/unbalanced_time [0-9.]*//; s/ linkdown//g; s/ *$//'
}

story() {
  every_kind gw-a
  route gw-b add 10.1.0.0/16 dev xfrm0
  everything gw-a >"$LAB/before"
  cat "$LAB/before" >&9
  ESTABLISH=responder-only LINK=xfrm0 monitoring gw-a | agent gw-a
  wait_until 10 "the link is held" -- operstate_is gw-a xfrm0 DORMANT
  wait_until 5 "only others' ways are left" -- only_others_left
  expect_not "a ping passes or leaks" -- ping_once host-a 10.2.0.2

  ike_up gw-a
  local round
  for round in {1..12}; do
    say "round $round"
    child_up gw-a
    wait_until 10 "the tunnel is up" -- opened "$round"
    ((round > 2 && round < 12)) || same_as_before
    child_down gw-a
    wait_until 10 "the tunnel is absent" -- closed "$round"
  done

  say "one of each is added and deleted while the link is held"
  ip_lines gw-a <<'IP'
    route del 10.33.0.0/16 nhid 20
    route del 10.27.0.0/16 metric 5
    route add 10.41.0.0/16 dev xfrm0
    route add 10.42.0.0/16 dev xfrm0 proto bird
    route add 10.43.0.0/16 nexthop dev spare nexthop dev xfrm0
    route add fd10:43::/48 nexthop via fd00:99::2 dev spare nexthop via fd00:100::2 dev xfrm0
    route replace 10.21.0.0/16 dev spare metric 7
IP
  wait_until 5 "the new route is withdrawn" -- is_unreachable gw-a 10.41.0.0/16
  wait_until 5 "a new leg too" -- leg_is_gone 10.43.0.0/16
  expect "a daemon's stays" -- has_route gw-a 10.42.0.0/16 dev xfrm0
  say "the agent is killed and goes on from the record"
  agent_kill gw-a KILL
  agent_again gw-a
  expect "what is withdrawn stays so" -- is_unreachable gw-a 10.41.0.0/16
  expect "a leg too" -- leg_is_gone 10.43.0.0/16
  child_up gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  agent_kill gw-a TERM
  # What is another now is looked at by itself.
  same_as_before ' 10\.[24][1237]\.\| 10\.33\.\| fd10:43::'
  expect "the new route is there" -- has_route gw-a 10.41.0.0/16 dev xfrm0
  expect "the new legs are there" -- legs_are 10.43.0.0/16 "spare xfrm0"
  expect "and IPv6 ones" -- legs_are fd10:43::/48 "spare xfrm0"
  expect_not "a deleted multipath route came back" -- has_route gw-a exact 10.27.0.0/16
  expect_not "a deleted route by a group came back" -- has_route gw-a exact 10.33.0.0/16
  expect_equal "the route that got another link" \
    "$(ip -n gw-a route show exact 10.21.0.0/16 | xargs)" "10.21.0.0/16 dev spare scope link metric 7"
}

opened() { (($(log_count gw-a 'gate=in-service') == $1)); }  # ROUND
closed() { (($(log_count gw-a 'gate=held') == $1 + 1)); }      # ROUND

# Prints what else goes by the link.
only_others_left() {
  ! everything gw-a | grep 'dev xfrm0' | grep -v ' proto kernel\| proto 77\|nhid 23\|^id '
}

leg_is_gone() { legs_are "$1" spare; } # PREFIX

legs_are() { # PREFIX LINKS
  local family=-4
  [[ $1 != *:* ]] || family=-6
  [[ $(ip -n gw-a "$family" route show exact "$1" type unicast | grep -o 'dev [^ ]*' | cut -c 5- | xargs) == "$2" ]]
}

same_as_before() { # [REGEX of what is left out]
  local but=${1:-^$}
  everything gw-a | grep -v "$but" | sort >"$LAB/after"
  diff -u <(grep -v "$but" "$LAB/before" | sort) "$LAB/after" >"$LAB/diff" || {
    cat "$LAB/diff" >&9
    fail "routes are not what they were"
  }
  say "routes are what they were"
}
