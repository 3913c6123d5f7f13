#!/bin/bash
# Two tunnels share a prefix: while one is held and opened, the other's flows lose not one packet.

# Selectors of its own, or the responder takes the first child for both. The same at both ends.
MORE_CHILDREN='net-b {
      local_ts = 10.0.0.0/8, 169.254.101.0/30
      remote_ts = 10.0.0.0/8, 169.254.101.0/30
      esp_proposals = aes128gcm16
      if_id_in = 43
      if_id_out = 43
    }'

# Flows are told apart by their source, of which host-a has these.
sources=(10.1.0.{2..17})

setup() {
  two_gateways
  xfrm_link gw-a
  xfrm_link gw-b
  xfrm_link gw-a xfrm1 43 169.254.101.1/30
  xfrm_link gw-b xfrm1 43 169.254.101.2/30
  charons if_id
}

story() {
  local before address round healthy
  route gw-a add 10.2.0.0/16 nexthop dev xfrm0 nexthop dev xfrm1
  # Replies come back by the tunnel that stays.
  route gw-b add 10.1.0.0/16 dev xfrm1
  before=$(ip -n gw-a route show 10.2.0.0/16)
  two_vpns | agent gw-a
  wait_until 10 "the route is withdrawn" -- is_unreachable gw-a 10.2.0.0/16
  child_up gw-a net
  # The agent has the other one negotiated by itself (establish-tunnels), now or soon.
  wait_until 10 "a leg is there" -- has_leg xfrm0
  wait_until 20 "the other too" -- legs_are "xfrm0 xfrm1"
  expect_equal "the route" "$(ip -n gw-a route show 10.2.0.0/16)" "$before"

  for address in "${sources[@]:1}"; do echo "address add $address/24 dev eth0"; done | ip_lines host-a
  healthy=$(flows_by xfrm1)
  expect_between "flows by the healthy leg" "$(wc -w <<<"$healthy")" 2 14
  start_flows
  for round in 1 2 3; do
    child_down gw-a net
    wait_until 10 "the leg is out" -- legs_are xfrm1
    for_seconds 1 "all flows go by the healthy leg"
    child_up gw-a net
    wait_until 10 "the leg is back" -- legs_are "xfrm0 xfrm1"
    expect_equal "flows by the healthy leg" "$(flows_by xfrm1)" "$healthy"
    for_seconds 1 "flows go by both legs"
  done
  stop_flows
  for address in $healthy; do
    expect_between "pings sent from $address" "$(flow_count sent "$address")" 30 99999
    expect_equal "replies to $address" "$(flow_count answered "$address")" \
      "$(flow_count sent "$address")"
  done
  agent_kill gw-a TERM
  expect_equal "the route" "$(ip -n gw-a route show 10.2.0.0/16)" "$before"
}

two_vpns() {
  LINK=xfrm0 monitoring gw-a
  cat <<'TOML'

[vpn.to-b2]
gateway = "gw-b"
bind-interface = "xfrm1"
establish-tunnels = "immediately"
vpn-monitor = { verify-path = true }
TOML
}

has_leg() { # LINK
  prints " dev $1 " ip -n gw-a route show type unicast 10.2.0.0/16
}

legs_are() { # LINKS
  [[ $(ip -n gw-a route show type unicast 10.2.0.0/16 | grep -o 'dev [^ ]*' | cut -c 5- | xargs) == "$1" ]]
}

# Sources whose flow goes by a link.
flows_by() { # LINK
  printf 'route get 10.2.0.2 from %s iif lan\n' "${sources[@]}" | ip -n gw-a -o -batch - |
    awk -v link="$1" 'index($0, " dev " link " ") { print $3 }' | xargs
}

start_flows() {
  local address elements
  elements=$(printf '%s counter, ' "${sources[@]}")
  on host-a nft -f - <<NFT
table inet lab_flows {
  set sent { type ipv4_addr; counter; elements = { ${elements%, } }; }
  set answered { type ipv4_addr; counter; elements = { ${elements%, } }; }
  chain out { type filter hook output priority 0
    icmp type echo-request ip saddr @sent
  }
  chain in { type filter hook input priority 0
    icmp type echo-reply ip daddr @answered
  }
}
NFT
  flow_pids=()
  for address in "${sources[@]}"; do
    on_background host-a flows.log ping -n -i 0.3 -I "$address" 10.2.0.2
    flow_pids+=("$started_pid")
  done
  wait_until 10 "they flow" -- flows_begun
}

flows_begun() { (($(flow_count answered "${sources[-1]}") > 5)); }

stop_flows() {
  run kill -INT "${flow_pids[@]}"
  wait "${flow_pids[@]}" || true
  for_seconds 2 "the last replies arrive"
}

flow_count() { # sent|answered ADDRESS
  QUIET=1 on host-a nft -j list set inet lab_flows "$1" | jq --arg address "$2" \
    '.nftables[] | select(.set).set.elem[].elem | select(.val == $address).counter.packets'
}
