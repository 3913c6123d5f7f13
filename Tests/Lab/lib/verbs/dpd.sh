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

# A second address of gw-b's, behind the first on the way: for gateways with several.
second=192.0.2.1

second_address() {
  run ip -n gw-b address add "$second/32" dev lan
  route transit add "$second" via 203.0.113.1
}

# A connection for a scenario's own swanctl_conf, its child on the link with if_id 42.
connection_to() { # NAME LOCAL REMOTE LOCAL-ID REMOTE-ID [SETTING]
  cat <<CONF
  $1 {
    version = 2
    mobike = no
    ${6:-}
    local_addrs = $2
    remote_addrs = $3
    proposals = aes128gcm16-prfsha256-ecp256
    local { auth = psk
      id = $4 }
    remote { auth = psk
      id = $5 }
    children { net {
      local_ts = 0.0.0.0/0
      remote_ts = 0.0.0.0/0
      esp_proposals = aes128gcm16
      if_id_in = 42
      if_id_out = 42
    } }
  }
CONF
}

# Whether gw-a's tunnel is up with this address of its gateway.
up_at() { # ADDRESS
  [[ $(tunnel_field gw-a to-b remote) == "$1" ]] && state_is gw-a to-b up
}

# The IKE daemon of gw-a's peer falls silent while ESP passes: found, cleared, and back once it is heard.
daemon_falls_silent() { # SECONDS-UNTIL-IT-IS-BACK
  drop_ike both
  wait_until 10 "its silence is found, though ESP passes" -- agent_logged gw-a "state=down .*$dpd_dead"
  expect "only its IKE daemon was silent" -- agent_logged gw-a 'its IKE daemon is silent'
  wait_until 5 "its SAs are gone" -- has_no_sas gw-a
  expect "the link is held" -- operstate_is gw-a vti0 DORMANT
  heal
  wait_until "$1" "the tunnel is back" -- state_is gw-a to-b up
  wait_until 5 "a ping passes" -- ping_once host-a 10.2.0.2
}
