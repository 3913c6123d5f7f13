#!/bin/bash
# 100,000 forged ESP packets from a stranger, then from the gateway's own address: next to nothing happens.

story() {
  local rss
  routes_through vti0
  { echo 'respond-bad-spi = { max-responses = 2 }'; ESTABLISH=on-traffic monitoring gw-b; } |
    AGENT_OPTIONS=--debug agent gw-b
  child_up gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-b to-a up
  wait_until 10 "gw-b knows its child" -- knows_names gw-b to-a
  rss=$(agent_rss gw-b)
  # The capture on transit would not take so many packets in.
  stop_capture
  on_background gw-b probes.log tcpdump -i wan -n -tt -l --immediate-mode -Z root \
    'esp and src host 203.0.113.1'
  for_seconds 10 "probes without a flood"
  say "probes were late by at most $(latest_probe 0) ms"

  floods transit 100000 "a stranger"
  wait_until 5 "a capture is open" -- agent_logged gw-b 'capturing ESP of 1 addresses'
  expect_equal "batches that the agent read" "$(log_count gw-b 'captured [0-9]+ packets')" 0
  expect_equal "negotiations" "$(negotiations)" 0

  floods gw-a 100000 "the gateway, its tunnel whole"
  expect_between "packets that reached the agent" "$(captured_packets)" 1 2000
  expect_equal "negotiations" "$(negotiations)" 0
  expect "the tunnel is up" -- state_is gw-b to-a up
  expect_equal "probes lost" "$(set_field gw-b to-a lost)" 0

  expect_between "ms that the latest probe was late" "$(latest_probe 0)" 0 999

  # Now the gateway has no SAs, and its IKE daemon does not answer.
  drop_ike both
  ike_forgotten gw-b
  wait_until 10 "the SAs are gone" -- has_no_sas gw-b
  floods gw-a 20000 "the gateway, whose SAs are gone"
  wait_until 15 "it is answered once more" -- answered_while_flooding
  floods gw-a 20000 "the gateway again, which is not answered any more"
  expect_equal "negotiations" "$(negotiations)" 2
  expect_between "packets that reached the agent" "$(captured_packets)" 1 4000
  expect_between "growth of the agent's memory, KiB" $(($(agent_rss gw-b) - rss)) -20000 1024
  start_capture
  heal
}

# As fast as the lab can send: 64 bytes out of /dev/urandom are an SPI and the rest.
floods() { # NODE COUNT WHO
  local begun=$EPOCHREALTIME count=$2 counted seconds=$EPOCHSECONDS
  counted=$(xfrm_stat gw-b XfrmInNoStates)
  on "$1" bash -c "head -c $((count * 64)) /dev/urandom | socat -u -b 64 STDIN IP-SENDTO:203.0.113.1:50"
  wait_until 20 "all have arrived" -- xfrm_stat_above gw-b XfrmInNoStates $((counted + count * 9 / 10))
  say "$3: $(($(xfrm_stat gw-b XfrmInNoStates) - counted)) packets in" \
    "$(((${EPOCHREALTIME/[.,]/} - ${begun/[.,]/}) / 1000)) ms; negotiations so far $(negotiations)," \
    "packets that reached the agent so far $(captured_packets), its memory $(agent_rss gw-b) KiB;" \
    "probes late by at most $(latest_probe "$seconds") ms"
}

# By how many milliseconds a probe came later than a second after the one before.
latest_probe() { # SINCE
  awk -v since="$1" '/ ESP/ && $1 >= since { if (last) { late = ($1 - last - 1) * 1000; if (late > most) most = late }
    last = $1 } END { printf "%d\n", most }' "$LAB/probes.log"
}

# Some more packets, until the rest after the first negotiation is over.
answered_while_flooding() {
  on gw-a bash -c "head -c 640 /dev/urandom | socat -u -b 64 STDIN IP-SENDTO:203.0.113.1:50"
  (($(negotiations) >= 2))
}

negotiations() { log_count gw-b 'negotiating to-a anew'; }

# Of captures that have ended: those it read, and those that its sockets held besides.
captured_packets() {
  awk '/capture ended: / { sum += $(NF - 1) } END { print sum + 0 }' "$LAB/agent-gw-b.log"
}

agent_rss() { # GATEWAY
  awk '/^VmRSS/ { print $2 }' "/proc/$(<"$LAB/agent-$1.pid")/status"
}
