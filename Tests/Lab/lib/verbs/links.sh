# shellcheck shell=bash
# Tunnel links of the gateways. Without addresses a link gets its end of 169.254.100.0/30; `none`
# leaves it unnumbered. Routes through it are the scenario's to add, with `route`.

declare -A link_address=([gw-a]=169.254.100.1/30 [gw-b]=169.254.100.2/30)
declare -A link_address6=([gw-a]=fd00:100::1/126 [gw-b]=fd00:100::2/126)

vti() { # GATEWAY [LINK [KEY [ADDRESS...|none]]]
  local gateway=$1 link=${2:-vti0} key=${3:-42} peer=${peer_of[$1]}
  local kind=vti
  [[ ${UNDERLAY:-4} == 4 ]] || kind=vti6
  run ip -n "$gateway" link add "$link" type "$kind" \
    local "$(outer "$gateway")" remote "$(outer "$peer")" key "$key"
  on "$gateway" sysctl -qw "net.ipv4.conf.$link.disable_policy=1" \
    "net.ipv4.conf.$link.rp_filter=0"
  raise_link "$gateway" "$link" "${@:4}"
}

xfrm_link() { # GATEWAY [LINK [IF_ID [ADDRESS...|none]]]
  local gateway=$1 link=${2:-xfrm0} if_id=${3:-42}
  run ip -n "$gateway" link add "$link" type xfrm dev wan if_id "$if_id"
  on "$gateway" sysctl -qw "net.ipv4.conf.$link.rp_filter=0"
  raise_link "$gateway" "$link" "${@:4}"
}

raise_link() { # GATEWAY LINK [ADDRESS...|none]
  local gateway=$1 link=$2 address lines=''
  shift 2
  (($#)) || set -- "${link_address[$gateway]}"
  for address; do
    [[ $address == none ]] || lines+="address add $address dev $link"$'\n'
  done
  ip_lines "$gateway" <<<"${lines}link set $link up"
}

# A route of a node, in the words of ip route.
route() { # NODE add|del|replace WORDS...
  run ip -n "$1" route "${@:2}"
}

# Routes the far net through the link, at both ends.
routes_through() { # LINK
  route gw-a add 10.2.0.0/16 dev "$1"
  route gw-b add 10.1.0.0/16 dev "$1"
}

routes6_through() { # LINK
  run ip -n gw-a -6 route add fd10:2::/48 dev "$1"
  run ip -n gw-b -6 route add fd10:1::/48 dev "$1"
}

has_route() { # NODE WORDS...
  [[ $(ip -n "$1" route show "${@:2}") ]]
}

# Counts packets that a gateway forwards into a link; `entered` reads the count.
count_entering() { # GATEWAY LINK
  on "$1" nft -f - <<NFT
table inet lab_$2 {
  counter entered { }
  chain forward {
    type filter hook forward priority 300
    oifname "$2" counter name entered
  }
}
NFT
}

entered() { # GATEWAY LINK
  QUIET=1 on "$1" nft -j list counter inet "lab_$2" entered |
    jq '.nftables[] | select(.counter).counter.packets'
}
