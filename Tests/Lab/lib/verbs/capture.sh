# shellcheck shell=bash
# The capture on transit, running from the beginning of every scenario, and the check that nothing
# of the tunnels passed it in clear. All of transit's links are captured by one socket, so a marker
# seen in the file proves that everything before it is there too.

# Addresses that may be on transit only inside ESP, and every ping.
protected='net 10.1.0.0/16 or net 10.2.0.0/16 or net 10.99.0.0/16 or net 169.254.0.0/16
  or ip6 net fd00::/8'
ping_requests='icmp[icmptype] == icmp-echo or (icmp6 and ip6[40] == 128)'
ping_replies='icmp[icmptype] == icmp-echoreply or (icmp6 and ip6[40] == 129)'

start_capture() {
  on_background transit capture.log tcpdump -i any -n -s 128 -B 8192 -U --immediate-mode -Z root \
    -w "$LAB/transit.pcap"
  echo "$started_pid" >"$LAB/capture.pid"
  wait_until 20 "the capture runs" -- grep -q 'listening on' "$LAB/capture.log"
}

# Begins the capture anew: what passed before is no longer looked at. For proofs that it can fail.
forget_capture() {
  stop_capture
  rm "$LAB/transit.pcap" "$LAB/capture.log"
  start_capture
}

stop_capture() {
  run kill -INT "$(<"$LAB/capture.pid")"
  wait_until 20 "the capture has ended" -- grep -q 'dropped by kernel' "$LAB/capture.log"
  rm "$LAB/capture.pid"
}

# Packets of the capture so far that match a tcpdump filter.
captured() { # FILTER
  [[ ! -e $LAB/capture.pid ]] || capture_is_complete
  read_capture "$1"
}

read_capture() { # FILTER
  tcpdump -tt -n -Z root -r "$LAB/transit.pcap" "$1"
}

# Sends a packet to transit and waits until the capture has it.
capture_is_complete() {
  local port
  port=$((20000 + $(now) % 40000))
  on gw-a bash -c "echo >/dev/udp/198.51.100.2/$port" || true
  wait_until 20 "the capture has everything" -- marker_captured "$port"
}

# When transit took in the first ESP packet since then that it did not pass on; in milliseconds.
first_esp_dropped() { # MS
  captured esp | awk -v since="$1" '
    { packet = $0; sub(/.* ESP/, "", packet) }
    / In / && $1 * 1000 >= since { order[++count] = packet; time[packet] = $1 * 1000 }
    / Out / { delete time[packet] }
    END { for (i = 1; i <= count; i++) if (order[i] in time) { printf "%.0f\n", time[order[i]]; exit } }'
}

marker_captured() { # PORT
  [[ $(read_capture "udp dst port $1" 2>/dev/null) ]]
}

# Says that clear echo replies are part of this story.
allow_clear_replies() { : >"$LAB/clear-replies-allowed"; }

# Prints what passed transit in clear and must not have; nothing when all is well.
clear_packets() {
  local filter="($protected) or ($ping_requests) or ($ping_replies)"
  [[ ! -e $LAB/clear-replies-allowed ]] || filter="(($protected) or ($ping_requests)) and not ($ping_replies)"
  # IKE may use any address of a gateway (MOBIKE).
  captured "($filter) and not udp port 500 and not udp port 4500"
}

no_clear_packets() {
  local found
  found=$(clear_packets) || { echo "the capture cannot be read"; return 1; }
  [[ ! $found ]] || { echo "in clear on transit:"; head -n 20 <<<"$found"; return 1; }
}

# What must hold at the end of every scenario.
final_checks() {
  [[ -e $LAB/capture.pid ]] || return 0
  capture_is_complete
  stop_capture
  expect "nothing passed transit in clear" -- no_clear_packets
  expect "the capture missed nothing" -- grep -q '^0 packets dropped by kernel' "$LAB/capture.log"
}
