# shellcheck shell=bash
# Dead peer detection: a configuration with it, and the questions that pass transit.

# A monitored VPN as `monitoring` has it, its gateway with these dead-peer-detection settings.
detecting() { # GATEWAY SETTINGS [LINE...]
  GATEWAY_SETTINGS="dead-peer-detection = $2" monitoring "$1" "${@:3}"
}

# An IKE header of major version 3, to 500 or behind the marker to 4500.
question_matches=('udp dport 500 @th,200,8 0x30' 'udp dport 4500 @th,64,32 0 @th,232,8 0x30')

# Counts gw-a's questions to these addresses on transit; `questions` reads the counts.
count_questions() { # ADDRESS...
  local address match rules='' counters=''
  for address; do
    counters+="counter to-${address//./-} { }"$'\n'
    for match in "${question_matches[@]}"; do
      rules+="iifname to-a ip daddr $address $match counter name \"to-${address//./-}\""$'\n'
    done
  done
  on transit nft -f - <<NFT
table inet lab_dpd {
  $counters
  chain pass { type filter hook prerouting priority -200
    $rules
  }
}
NFT
}

# A line for each counter, in their order.
questions() {
  QUIET=1 on transit nft -j list counters table inet lab_dpd |
    jq '.nftables[] | select(.counter).counter.packets'
}

# A field of what status says of a tunnel's peer.
peer_field() { # GATEWAY TUNNEL FIELD
  QUIET=1 status "$1" | jq -r --arg name "$2" --arg field "$3" \
    '.tunnels[] | select(.name == $name) | .dpd[$field]'
}

peer_is() { # GATEWAY TUNNEL SUPPORT
  [[ $(peer_field "$1" "$2" support) == "$3" ]]
}

dpd_dead='reason="DPD detected peer as down. Existing IKE/IPSec SAs cleared"'

# From now on a host receives no ping, and says nothing about it.
mute() { # HOST
  on "$1" nft -f - <<'NFT'
table inet lab_mute {
  chain in { type filter hook prerouting priority -300
    icmp type echo-request drop
    icmpv6 type echo-request drop
  }
}
NFT
}

unmute() { # HOST
  on "$1" nft delete table inet lab_mute
}
