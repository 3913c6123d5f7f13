# shellcheck shell=bash
# A stream of pings, counted by the sender's kernel and not by ping: requests that left, replies
# that came back. So nothing is lost in ping's last moments.

stream_id=4242 # in ICMP: tells the stream from other pings

# Starts a stream from a host; one per host at a time.
ping_stream() { # HOST DESTINATION RATE/s
  local rate=${3%/s} family=ip icmp=icmp
  [[ $2 != *:* ]] || family=ip6 icmp=icmpv6
  on "$1" nft -f - <<NFT
table inet lab_stream
delete table inet lab_stream
table inet lab_stream {
  counter sent { }
  counter answered { }
  chain out { type filter hook output priority 0
    $family daddr $2 $icmp id $stream_id counter name sent
  }
  chain in { type filter hook input priority 0
    $family saddr $2 $icmp id $stream_id counter name answered
  }
}
NFT
  on_background "$1" "stream-$1.log" ping -n -D -e "$stream_id" \
    -i "$(awk -v rate="$rate" 'BEGIN { printf "%.4f", 1 / rate }')" "$2"
  echo "$started_pid" >"$LAB/stream-$1.pid"
}

# Ends a host's stream, gives replies two seconds to come, and sets sent and lost.
stream_result() { # HOST
  local answered deadline
  run kill -INT "$(<"$LAB/stream-$1.pid")"
  wait "$(<"$LAB/stream-$1.pid")" || true
  deadline=$(($(now) + 2000))
  sent=$(stream_counter "$1" sent)
  until answered=$(stream_counter "$1" answered) && ((answered >= sent || $(now) >= deadline)); do
    pause 0.1
  done
  lost=$((sent - answered))
  say "stream from $1: sent $sent, lost $lost"
}

stream_counter() { # HOST sent|answered
  QUIET=1 on "$1" nft -j list counter inet lab_stream "$2" |
    jq '.nftables[] | select(.counter).counter.packets'
}

# Pings so far answered and not: for waiting until a stream flows.
stream_answered() { stream_counter "$1" answered; } # HOST

ping_once() { # HOST DESTINATION
  on "$1" ping -n -c 1 -W 2 "$2"
}
