# shellcheck shell=bash
# A gateway that forgets its SAs without a goodbye, while its peer goes on sending.

# charon and the kernel's SAs vanish; charon starts anew and knows of nothing.
forgets_everything() { # GATEWAY
  charon_kill "$1" KILL
  run ip -n "$1" xfrm state flush
  run ip -n "$1" xfrm policy flush
  charon_again "$1"
  charon_loaded "$1"
}

# Prints a configuration that answers bad SPIs, and does not bring the tunnel up otherwise.
responding() { # GATEWAY [LINE...]
  echo 'respond-bad-spi = true'
  ESTABLISH=${ESTABLISH:-on-traffic} monitoring "$@"
}

# Whether the agent knows what strongSwan calls a tunnel.
knows_names() { # GATEWAY TUNNEL
  [[ $(tunnel_field "$1" "$2" ike) != null ]]
}

stream_goes_on() { # PINGS-ANSWERED-BEFORE
  (($(stream_answered host-a) > $1))
}

# The agent on a gateway that forgot everything finds the sender and negotiates; prints what that
# took, from when charon could be asked. A poll, a packet, and what an exchange took must be enough,
# with another poll's time to spare.
recovers_by_bad_spi() { # GATEWAY TUNNEL GAP-MS
  local connected found up answered
  connected=$(log_count "$1" 'vici: connected')
  forgets_everything "$1"
  answered=$(stream_answered host-a)
  wait_until 30 "the agent has charon again" -- logged_times "$1" 'vici: connected' $((connected + 1))
  wait_until 20 "the agent has found the sender" -- agent_logged "$1" "renegotiating $2, response 1 of 5"
  wait_until 20 "SAs are there" -- has_sas "$1"
  wait_until 20 "the tunnel is up" -- state_is "$1" "$2" up
  wait_until 10 "the stream goes on" -- stream_goes_on "$answered"
  # Not by the log: a tunnel that is back within its grace was never down.
  up=$(wall_ms)
  connected=$(logged_at "$1" 'vici: connected' $((connected + 1)))
  found=$(logged_at "$1" "renegotiating $2,")
  expect_between "ms from charon to the finding" $((found - connected)) -1000 $((2000 + $3))
  say "found in $((found - connected)) ms, of which a poll is 1000 and a packet $3;" \
    "negotiated and in use $((up - found)) ms later"
  recovery_ms=$((up - connected))
  wait_until 10 "ESP decrypts again" -- agent_logged "$1" 'ESP decrypts again'
}

# A gateway's charon gives its IKE SA up without waiting for the peer, as DPD would have it do.
ike_forgotten() { # GATEWAY
  swan "$1" --terminate --ike "${connection[$1]}" --force --timeout 1 >&9 || true
}

# A gateway that forgets everything and must not negotiate alarms once and waits for its peer.
alarms_and_waits() { # GATEWAY REGEX
  forgets_everything "$1"
  wait_until 20 "the agent alarms" -- agent_logged "$1" "$2, waiting for the peer"
  stays 12 "nothing is negotiated" -- has_no_sas "$1"
  expect_not "$1's charon was asked" -- grep -q 'vici initiate' "$LAB/charon-$1.log"
  expect_equal "alarms" "$(log_count "$1" 'waiting for the peer')" 1
}
