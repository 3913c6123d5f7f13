# shellcheck shell=bash
# What transit does to packets between the gateways: count, drop, delay. WAY is a-to-b, b-to-a or
# both.

transit_counters() {
  on transit nft -f - <<'NFT'
table inet lab {
  counter esp-a-to-b { }
  counter esp-b-to-a { }
  chain arrive {
    type filter hook prerouting priority -300
    iifname "to-a" meta l4proto esp counter name "esp-a-to-b"
    iifname "to-b" meta l4proto esp counter name "esp-b-to-a"
  }
  chain pass { type filter hook forward priority 0; }
}
NFT
}

# ESP packets that reached transit so far, dropped there or not.
esp_seen() { # a-to-b|b-to-a
  QUIET=1 on transit nft -j list counter inet lab "esp-$1" |
    jq '.nftables[] | select(.counter).counter.packets'
}

drop_esp() { # WAY      ESP, in UDP too
  drop "$1" "meta l4proto esp"
  drop "$1" "udp dport 4500 @th,64,32 != 0"
}

drop_ike() { # WAY
  drop "$1" "udp dport 500"
  drop "$1" "udp dport 4500 @th,64,32 == 0"
}

drop_all() { # WAY
  drop "$1" "meta l4proto != ipv6-icmp"
}

drop() { # WAY NFT-MATCH
  case $1 in
    a-to-b) on transit nft add rule inet lab pass iifname to-a "$2" drop ;;
    b-to-a) on transit nft add rule inet lab pass iifname to-b "$2" drop ;;
    both) on transit nft add rule inet lab pass "$2" drop ;;
    *) fail "drop: $1 is none of a-to-b, b-to-a, both" ;;
  esac
}

delay() { netem delay "$1"; }  # TIME, each way
loss() { netem loss "$1"; }    # PERCENT, each way

netem() { # WORDS...
  on transit tc qdisc replace dev to-a root netem "$@"
  on transit tc qdisc replace dev to-b root netem "$@"
}

# Takes back every drop, delay and loss.
heal() {
  on transit nft flush chain inet lab pass
  on transit tc qdisc del dev to-a root 2>/dev/null || true
  on transit tc qdisc del dev to-b root 2>/dev/null || true
}
