#!/bin/bash
# 40,000 forged ESP packets from a stranger, then from the gateway's own address: next to nothing happens.
# Alone: it measures how late probes are.

# 64 bytes out of /dev/urandom are an SPI and the rest. Probes leave every tenth of a second, so that a
# flood has many of them; what the method costs is what they are later by than in the same flood with
# the method off.
story() {
  local rss flood
  routes_through vti0
  configured off | AGENT_OPTIONS=--debug agent gw-b
  child_up gw-a
  wait_until 10 "the tunnel is up" -- state_is gw-b to-a up
  wait_until 10 "gw-b knows its child" -- knows_names gw-b to-a
  # The capture on transit would not take so many packets in.
  stop_capture
  on_background gw-b probes.log tcpdump -i wan -n -tt -l --immediate-mode -Z root \
    'esp and src host 203.0.113.1'
  for_seconds 5 "probes without a flood"

  floods off gw-a 16000 "the gateway, the method off"
  configured on | reloaded
  rss=$(agent_rss gw-b)
  floods stranger transit 40000 "a stranger"
  wait_until 5 "a capture is open" -- agent_logged gw-b 'capturing ESP of 1 addresses'
  expect_equal "batches that the agent read" "$(log_count gw-b 'captured [0-9]+ packets')" 0
  expect_equal "negotiations" "$(negotiations)" 0
  configured off | reloaded
  floods off gw-a 16000 "the gateway, the method off"
  configured on | reloaded
  floods gateway gw-a 40000 "the gateway, its tunnel whole"
  expect_between "packets that reached the agent" "$(captured_packets)" 1 200
  expect_equal "negotiations" "$(negotiations)" 0
  expect "the tunnel is up" -- state_is gw-b to-a up
  expect_equal "probes lost" "$(set_field gw-b to-a lost)" 0
  for flood in stranger gateway; do
    expect_between "ms that this makes probes later ($flood)" \
      $(($(quiet_lateness $flood) - $(quiet_lateness off))) -1000 20
  done

  # Now the gateway has no SAs, and its IKE daemon does not answer.
  drop_ike both
  ike_forgotten gw-b
  wait_until 10 "the SAs are gone" -- has_no_sas gw-b
  floods - gw-a 10000 "the gateway, whose SAs are gone"
  wait_until 15 "it is answered once more" -- answered_while_flooding
  answered_no_more 12
  expect_equal "negotiations" "$(negotiations)" 2
  expect_between "packets that reached the agent" "$(captured_packets)" 1 600
  expect_between "growth of the agent's memory, KiB" $(($(agent_rss gw-b) - rss)) -20000 1024
  start_capture
  heal
}

configured() { # on|off
  [[ $1 == off ]] || echo 'respond-bad-spi = { max-responses = 2 }'
  ESTABLISH=on-traffic monitoring gw-b 'interval = 0.1' 'threshold = 100' 'timeout = 5'
}

reloaded() { # configuration on standard input
  cat >"$LAB/agent-gw-b.toml"
  run vpnagent gw-b reload
}

# As fast as the lab can send. The times of its probes go to $LAB/probes.SAMPLE.
floods() { # SAMPLE NODE COUNT WHO
  local begun=$EPOCHREALTIME count=$3 counted
  counted=$(xfrm_stat gw-b XfrmInNoStates)
  on "$2" bash -c "head -c $((count * 64)) /dev/urandom | socat -u -b 64 STDIN IP-SENDTO:203.0.113.1:50"
  wait_until 20 "all have arrived" -- xfrm_stat_above gw-b XfrmInNoStates $((counted + count * 9 / 10))
  awk -v begun="$begun" '/ ESP/ && $1 >= begun { if (last) print ($1 - last) * 1000 - 100; last = $1 }' \
    "$LAB/probes.log" >>"$LAB/probes.$1"
  say "$4: $(($(xfrm_stat gw-b XfrmInNoStates) - counted)) packets in" \
    "$(((${EPOCHREALTIME/[.,]/} - ${begun/[.,]/}) / 1000)) ms; negotiations so far $(negotiations)," \
    "packets that reached the agent so far $(captured_packets), its memory $(agent_rss gw-b) KiB;" \
    "ms that probes were late: half of them $(lateness 50 "$1"), a twentieth $(lateness 95 "$1")," \
    "the latest $(lateness 100 "$1") of $(wc -l <"$LAB/probes.$1")"
}

# By how many milliseconds a probe came later than an interval after the one before.
lateness() { # PERCENT SAMPLE
  sort -n "$LAB/probes.$2" | awk -v percent="$1" '{ late[NR] = $1 }
    END { n = int((NR * percent + 99) / 100); printf "%d\n", (late[n] > 0 ? late[n] : 0) }'
}

# What all of a flood has in common, and not what a busy machine adds at times: of each four seconds
# the probe that a twentieth is later than, of the quietest four.
quiet_lateness() { # SAMPLE
  awk '{ print int((NR - 1) / 40), ($1 > 0 ? $1 : 0) }' "$LAB/probes.$1" | sort -k 1n -k 2n | awk '
    { if ($1 != part) { part = $1; n = 0 } n++ }
    n == 38 && (least == "" || $2 < least) { least = $2 }
    END { printf "%d\n", least }'
}

# Some more packets, until the rest after the first negotiation is over.
answered_while_flooding() {
  ten_packets
  (($(negotiations) >= 2))
}

# Longer than the rest after a negotiation.
answered_no_more() { # SECONDS
  local deadline=$((SECONDS + $1))
  while ((SECONDS < deadline)); do
    ten_packets
    pause 0.5
  done
}

ten_packets() {
  QUIET=1 on gw-a bash -c "head -c 640 /dev/urandom | socat -u -b 64 STDIN IP-SENDTO:203.0.113.1:50"
}

negotiations() { log_count gw-b 'renegotiating to-a,'; }

# Of captures that have ended: those it read, and those that its sockets held besides.
captured_packets() {
  awk '/capture ended: / { sum += $(NF - 1) } END { print sum + 0 }' "$LAB/agent-gw-b.log"
}

agent_rss() { # GATEWAY
  awk '/^VmRSS/ { print $2 }' "/proc/$(<"$LAB/agent-$1.pid")/status"
}
