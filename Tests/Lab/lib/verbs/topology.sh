# shellcheck shell=bash
# The stage.
#
#   host-a ------------ gw-a -------------- transit -------------- gw-b ------------ host-b
#     eth0          lan      wan        to-a       to-b        wan      lan          eth0
#   10.1.0.2/24  10.1.0.1  198.51.100.1  .2    203.0.113.2  203.0.113.1  10.2.0.1  10.2.0.2/24
#   fd10:1::2    fd10:1::1  2001:db8:a::1  ::2  2001:db8:b::2  ::1     fd10:2::1     fd10:2::2
#                     vti0 169.254.100.1/30 ====== IPsec ====== vti0 169.254.100.2/30
#
# Both gateways have a default route by transit, and transit routes the nets behind them: what a
# gateway sends in clear does arrive and is answered. Only a capture can tell, and it does.

declare -A wan=([gw-a]=198.51.100.1 [gw-b]=203.0.113.1)
declare -A wan6=([gw-a]=2001:db8:a::1 [gw-b]=2001:db8:b::1)
# The address that a gateway's tunnel begins at: IPv6 when the scenario says UNDERLAY=6.
outer() { # GATEWAY
  if [[ ${UNDERLAY:-4} == 6 ]]; then echo "${wan6[$1]}"; else echo "${wan[$1]}"; fi
}
# The address that a gateway has in the net behind it.
declare -A inner=([gw-a]=10.1.0.1 [gw-b]=10.2.0.1)
declare -A peer_of=([gw-a]=gw-b [gw-b]=gw-a)

# What most scenarios start from: gateways, a VTI on both, charons that have not negotiated yet.
standard_stage() {
  two_gateways
  vti gw-a
  vti gw-b
  charons
}

# The same with gw-a behind a NAT on transit, which gives it the address of transit's.
stage_behind_nat() {
  two_gateways
  on transit nft -f - <<'NFT'
table ip nat {
  chain out {
    type nat hook postrouting priority srcnat
    oifname "to-b" ip saddr 198.51.100.1 masquerade random
  }
}
NFT
  vti gw-a
  charon gw-a
  wan[gw-a]=203.0.113.2 # as gw-b sees it
  vti gw-b
  IKE_SETTINGS='remote_addrs = %any' charon gw-b
  charon_loaded gw-a
  charon_loaded gw-b
}

two_gateways() {
  nodes host-a gw-a transit gw-b host-b
  wire host-a eth0 gw-a lan
  wire gw-a wan transit to-a
  wire transit to-b gw-b wan
  wire gw-b lan host-b eth0
  addresses
  start_capture
  transit_counters
}

wire() { # NODE LINK NODE LINK
  run ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
}

addresses() {
  host_addresses host-a 1
  host_addresses host-b 2
  gateway_addresses gw-a 1 198.51.100 2001:db8:a
  gateway_addresses gw-b 2 203.0.113 2001:db8:b
  ip_lines transit <<'IP'
    address add 198.51.100.2/30 dev to-a
    address add 203.0.113.2/30 dev to-b
    address add 2001:db8:a::2/64 dev to-a nodad
    address add 2001:db8:b::2/64 dev to-b nodad
    link set to-a up
    link set to-b up
    route add 10.1.0.0/16 via 198.51.100.1
    route add 10.2.0.0/16 via 203.0.113.1
    route add fd10:1::/48 via 2001:db8:a::1
    route add fd10:2::/48 via 2001:db8:b::1
IP
}

host_addresses() { # HOST NUMBER
  ip_lines "$1" <<IP
    address add 10.$2.0.2/24 dev eth0
    address add fd10:$2::2/64 dev eth0 nodad
    link set eth0 up
    route add default via 10.$2.0.1
    route add default via fd10:$2::1
IP
}

gateway_addresses() { # GATEWAY NUMBER UNDERLAY UNDERLAY6
  ip_lines "$1" <<IP
    address add 10.$2.0.1/24 dev lan
    address add fd10:$2::1/64 dev lan nodad
    address add $3.1/30 dev wan
    address add $4::1/64 dev wan nodad
    link set lan up
    link set wan up
    route add default via $3.2
    route add default via $4::2
IP
}
