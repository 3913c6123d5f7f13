# shellcheck shell=bash
# The stage of scripts/bench-load: links whose other ends answer, the agent's loop among them, and what is
# read of processes.

# Where the outer half of scripts/bench-load put what it made.
SCRATCH=${SCRATCH:?}
near=$SCRATCH/near far_batch=$SCRATCH/far
loop=$PWD/.build/release/LoopBench
# The run directory of an agent that runs.
run=$SCRATCH/run
have_links=0
# The agent, or what is measured beside it.
pid=''

stage() {
  mount -t tmpfs none /run
  ip link set lo up
  # What links say of themselves in IPv6 is no probe.
  echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
  unshare --net sleep infinity &
  far=$!
  trap 'kill "$far" $pid 2>/dev/null || true' EXIT
  until [[ $(readlink "/proc/$far/ns/net") != "$(readlink /proc/self/ns/net)" ]]; do sleep 0.1; done
  on_far sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
}

on_far() { nsenter --net="/proc/$far/ns/net" "$@"; }

# Links t0, t1, ... up to a count, each with a route by it; their other ends stand in a second namespace.
links() { # COUNT
  (($1 > have_links)) || return 0
  awk -v from="$have_links" -v count="$1" -v far="$far" -v near="$near" -v other="$far_batch" 'BEGIN {
    for (n = from; n < count; n++) {
      net = int(n / 64); prefix = "10." int(net / 256) "." net % 256 "."; last = 4 * (n % 64)
      # One address for both ends, and no ARP.
      mac = sprintf("02:00:00:%02x:%02x:%02x", int(n / 65536), int(n / 256) % 256, n % 256)
      print "link add t" n " index " 1000 + n " address " mac \
        " type veth peer name p" n " address " mac " netns " far >near
      print "link set t" n " arp off up" >near
      print "address add " prefix last + 1 "/30 dev t" n >near
      print "link set p" n " arp off up" >other
      print "address add " prefix last + 2 "/30 dev p" n >other
      print "route add 100." 64 + int(net / 256) "." net % 256 "." last "/32 dev t" n >(near ".routes")
      print prefix last + 2 >(near ".targets")
    }
  }'
  ip -batch "$near"
  on_far ip -batch "$far_batch"
  ip -batch "$near.routes"
  cat "$near.targets" >>"$SCRATCH/targets"
  have_links=$1
  # What the kernel has to say of new links is over.
  sleep 3
}

# IPv6 addresses on the first links.
links_ipv6() { # COUNT
  local n hex
  for ((n = 0; n < $1; n++)); do
    printf -v hex '%x' "$n"
    echo 0 >"/proc/sys/net/ipv6/conf/t$n/disable_ipv6"
    echo "address add fd00::$hex:1/126 dev t$n nodad"
  done >"$near"
  for ((n = 0; n < $1; n++)); do
    printf -v hex '%x' "$n"
    echo "address add fd00::$hex:2/126 dev p$n nodad"
  done >"$far_batch"
  # /proc/sys is of the namespace of whoever opens it.
  on_far bash -c "for ((n = 0; n < $1; n++)); do echo 0 >/proc/sys/net/ipv6/conf/p\$n/disable_ipv6; done"
  ip -batch "$near"
  on_far ip -batch "$far_batch"
  sleep 3
}

# Whether the other ends answer.
answer() { on_far sh -c "echo $([[ $1 == yes ]] && echo 0 || echo 1) >/proc/sys/net/ipv4/icmp_echo_ignore_all"; }

# The agent's loop; `pid` is its number, what it says goes to $SCRATCH/said.
start() { # TUNNELS INTERVAL-MS [OPTION...]
  rm -rf "$run"
  forget_said
  "$loop" run "$1" "$2" "$run" "${@:3}" >>"$SCRATCH/said" 2>&1 &
  pid=$!
}

stop() {
  kill -TERM "$pid"
  wait "$pid" || true
  pid=''
}

# Verified, and what is done once is done.
settle() { # [SECONDS]
  sleep "${1:-5}"
  [[ -e /proc/$pid/status ]] || { echo "bench-load: ended by itself:" >&2; tail -n 3 "$SCRATCH/said" >&2; exit 1; }
}

ask() { "$loop" ask "$run" "$@"; }

# Waits for a line of the agent's loop, which appends to the file, and prints the last such line.
said() { # REGEX SECONDS
  local tries
  for ((tries = 0; tries < $2 * 10; tries++)); do
    if grep -E "$1" "$SCRATCH/said" | tail -n 1 | grep .; then return; fi
    sleep 0.1
  done
  echo "bench-load: nothing like '$1' within $2 s" >&2
  tail -n 3 "$SCRATCH/said" >&2
  return 1
}

forget_said() { : >"$SCRATCH/said"; }

field() { sed -n "s/.*\b$1=\([0-9-]*\).*/\1/p"; } # NAME: of a line on standard input

# The longest turn of the loop since the log was emptied, in milliseconds.
longest_turn() {
  sleep 1.2
  field longest_us <"$SCRATCH/said" | sort -n | tail -n 1 | awk '{ printf "%.1f", $1 / 1000 }'
}

processor_time() { cut -d' ' -f1 "/proc/$1/schedstat"; } # PID: nanoseconds

# Echo requests that left this namespace, as the kernel counts them.
requests_sent() {
  awk '/^IcmpMsg:/ && !seen { seen = split($0, names); next }
    /^IcmpMsg:/ { for (i = 2; i <= NF; i++) if (names[i] == "OutType8") print $i }' /proc/net/snmp
}

median() { sort -n | awk '{ all[NR] = $1 } END { printf "%.2f", all[int((NR + 1) / 2)] }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b ? a / b : 0 }'; }

# One line of the table; no limit: for information.
report() { # WHAT FIGURE [LIMIT]
  local verdict=''
  [[ ! ${3:-} ]] || verdict=$(awk -v a="$2" -v b="$3" 'BEGIN { print a <= b ? "met" : "MISSED" }')
  printf '%-64s %10s %10s %s\n' "$1" "$2" "${3:-}" "$verdict"
}
