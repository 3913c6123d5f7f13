# shellcheck shell=bash disable=SC2154
# The rows of scripts/bench-load. docs/performance.md says what each means.

# Smaller with --quick.
sized() { if [[ $quick ]]; then echo "$1"; else echo "$2"; fi; } # SMALL LARGE
# At most as many links as there may be.
at_most() { if (($1 > most)); then echo "$most"; else echo "$1"; fi; }

# MARK: Processor time

# Adds what a probe costs a program that goes on by itself to NAME.costs, in microseconds. Probes are those
# that the kernel sent: fping leaves out those that it has no time for.
cost() { # NAME SETTLE-S INTERVAL-MS COMMAND...
  local before sent seconds
  seconds=$(($3 > 6000 ? $3 / 1000 : 6))
  "${@:4}" >"$SCRATCH/said" 2>&1 &
  pid=$!
  settle "$2"
  before=$(processor_time "$pid") sent=$(requests_sent)
  sleep "$seconds"
  awk -v ns="$(($(processor_time "$pid") - before))" -v n="$(($(requests_sent) - sent))" \
    'BEGIN { print n ? ns / n / 1000 : 0 }' >>"$SCRATCH/$1.costs"
  stop
}

row_cpu() {
  local loads load tunnels interval spread rate agent floor even burst what
  mapfile -t loads < <(sized $'1000:1000\n1000:10000\n1000:100' $'1000:1000\n10000:10000\n10000:1000')
  for load in "${loads[@]}"; do
    tunnels=$(at_most "${load%:*}") interval=${load#*:}
    links "$tunnels"
    head -n "$tunnels" "$SCRATCH/targets" >"$SCRATCH/some"
    spread=$(awk -v t="$tunnels" -v i="$interval" 'BEGIN { print i / t }')
    rate=$((tunnels * 1000 / interval))
    rm -f "$SCRATCH"/*.costs
    for _ in $(seq "$rounds"); do
      cost agent 4 "$interval" "$loop" run "$tunnels" "$interval" "$run"
      cost floor 1 "$interval" "$SCRATCH/floor" "$tunnels" "$interval"
      cost even 1 "$interval" fping -l -q -p "$interval" -i "$spread" -f "$SCRATCH/some"
      cost burst 1 "$interval" fping -l -q -p "$interval" -i 0 -f "$SCRATCH/some"
    done
    agent=$(median <"$SCRATCH/agent.costs") floor=$(median <"$SCRATCH/floor.costs")
    even=$(median <"$SCRATCH/even.costs") burst=$(median <"$SCRATCH/burst.costs")
    what="$tunnels tunnels at $interval ms"
    report "CPU us a probe, $what: agent" "$agent"
    report "CPU us a probe, $what: floor, fping even, fping burst" "$floor/$even/$burst"
    report "  agent : fping even" "$(ratio "$agent" "$even")" "$( ((rate <= 1000)) && echo 0.5)"
    report "  agent : fping burst" "$(ratio "$agent" "$burst")" "$( ((rate >= 10000)) && echo 1)"
    report "  agent : floor" "$(ratio "$agent" "$floor")" "$( ((rate >= 10000)) && echo 1.5 || echo 2)"
  done
}

# System calls for each probe.
system_calls() { # TUNNELS INTERVAL-MS [OPTION...]
  start "$@"
  settle
  timeout --signal INT 5 strace -c -f -o "$SCRATCH/calls" -p "$pid" 2>/dev/null || true
  stop
  awk -v probes="$(($1 * 5 * 1000 / $2))" \
    '/total$/ { printf "%.2f", $(NF - 1 - ($(NF - 1) !~ /^[0-9]+$/)) / probes }' "$SCRATCH/calls"
}

row_calls() {
  links 1000
  report "system calls a probe, 10,000 a second, IPv4" "$(system_calls 1000 100)" 0.1
  links_ipv6 500
  # A socket must be bound to each link, or the kernel sends by another one.
  report "system calls a probe, 500 a second, IPv6 (a bind and a send each)" "$(system_calls 500 1000 ipv6)" 2.5
}

# What the loop did in a run of so many seconds under valgrind: "COUNT SENT".
counted() { # SECONDS TOOL...
  timeout --signal TERM "$1" valgrind "${@:2}" "$loop" run 400 1000 "$run" >"$SCRATCH/said" \
    2>"$SCRATCH/counted" || true
  echo "$(sed -n 's/.*Collected : //p; s/.*total heap usage: \([0-9,]*\) allocs.*/\1/p' "$SCRATCH/counted" |
    tr -d ,) $(field sent <<<"$(grep '^ended' "$SCRATCH/said")")"
}

# Of a longer run and a shorter one the difference, for each probe.
each() { # FORMAT TOOL...
  local short long
  read -ra short <<<"$(counted 12 "${@:2}")"
  read -ra long <<<"$(counted "30" "${@:2}")"
  awk -v c="$((long[0] - short[0]))" -v n="$((long[1] - short[1]))" -v f="$1" \
    'BEGIN { printf f, n ? c / n : 0 }'
}

row_instructions() {
  links 1000
  report "user instructions a probe, whole loop, 400 a second" \
    "$(each %d --tool=callgrind --callgrind-out-file="$SCRATCH/callgrind")" 6000
  report "allocations a probe, whole loop" "$(each %.3f --tool=memcheck --leak-check=no)" 0
}

# MARK: At rest

resident() { # TUNNELS: kB
  start "$1" 10000
  settle "$(($1 > 1000 ? 15 : 10))"
  awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"
  stop
}

row_memory() {
  local few many large
  large=$(at_most 4000)
  links "$large"
  few=$(resident 10)
  report "resident MB, 10 tunnels" "$(awk -v k="$few" 'BEGIN { printf "%.1f", k / 1024 }')" 16
  many=$(resident "$((large / 4))")
  report "resident kB a tunnel, from $((large / 4)) to $large tunnels" \
    "$(awk -v a="$(resident "$large")" -v b="$many" -v n="$((large - large / 4))" 'BEGIN { printf "%.1f", (a - b) / n }')" 4
}

row_wakeups() {
  local before seconds
  seconds=$(sized 20 40)
  links 10
  start 10 10000
  settle 10
  before=$(awk '/^voluntary/ { print $2 }' "/proc/$pid/status")
  sleep "$seconds"
  report "wake-ups a second, 10 tunnels at 10 s" \
    "$(awk -v a="$before" -v s="$seconds" '/^voluntary/ { printf "%.1f", ($2 - a) / s }' "/proc/$pid/status")" 2
  stop
}

# MARK: Links

# From the first to the last, in seconds.
span() { # LINE
  awk -v a="$(field first <<<"$1")" -v b="$(field last <<<"$1")" 'BEGIN { printf "%.2f", (b - a) / 1000 }'
}

# Starts the agent with as many links, and forgets what it said until it was ready.
ready_to_hold() { # LINKS
  links "$1"
  start "$1" 1000 hold
  settle
  forget_said
}

row_hold() {
  local count limit line begun
  for count in 1000 10000; do
    ((count <= most)) || continue
    limit=$( ((count > 1000)) && echo 3 || echo 0.3)
    ready_to_hold "$count"
    ask role standby >/dev/null
    line=$(said '^held' 60)
    report "seconds to hold $count links at once" "$(span "$line")" "$limit"
    report "  longest turn, ms" "$(longest_turn)" 50
    forget_said
    begun=$(date +%s%N)
    stop
    report "seconds to open $count links at once" \
      "$(awk -v ns="$(($(date +%s%N) - begun))" 'BEGIN { printf "%.2f", ns / 1e9 }')" "$limit"
  done
}

row_silence() {
  local count limit line
  for count in 1000 10000; do
    ((count <= most)) || continue
    # Probes are spread over their interval, and so are the thresholds.
    limit=$( ((count > 1000)) && echo 4 || echo 1.3)
    ready_to_hold "$count"
    answer no
    line=$(said '^held' 60)
    report "$count peers silent: seconds from the first link held to the last" "$(span "$line")" "$limit"
    report "  longest turn, ms" "$(longest_turn)" 50
    forget_said
    answer yes
    line=$(said '^opened' 60)
    report "  they answer again: seconds from the first opened to the last" "$(span "$line")" "$limit"
    report "  longest turn, ms" "$(longest_turn)" 50
    stop
  done
}

# MARK: On time

row_detection() {
  local load tunnels interval bare timer
  for load in 500:300 1000:100 10000:1000; do
    tunnels=$(at_most "${load%:*}") interval=${load#*:}
    links "$tunnels"
    "$SCRATCH/timer" >"$SCRATCH/late" &
    timer=$!
    start "$tunnels" "$interval" hold
    settle
    forget_said
    answer no
    said '^detected' 30 >"$SCRATCH/detected"
    answer yes
    kill -TERM "$timer"
    wait "$timer" || true
    bare=$(cat "$SCRATCH/late")
    stop
    report "ms too late to hold, p99.9, $tunnels at $interval ms x 3 (timer alone: $((bare / 1000)))" \
      "$(awk -v a="$(field p999_us <"$SCRATCH/detected")" -v b="$bare" 'BEGIN { printf "%.1f", (a - b) / 1000 }')" 30
  done
}

# Puts a process under a limit of processor time, in microseconds of each 400 ms; none: no limit.
limit_cpu() { # PID [QUOTA]
  local group
  if [[ -d /sys/fs/cgroup/cpu ]]; then
    group=/sys/fs/cgroup/cpu/vpnagent-bench
    mkdir -p "$group"
    echo 400000 >"$group/cpu.cfs_period_us"
    echo "${2:--1}" >"$group/cpu.cfs_quota_us"
  else
    group=/sys/fs/cgroup/vpnagent-bench
    mkdir -p "$group"
    echo "${2:-max} 400000" >"$group/cpu.max"
  fi
  echo "$1" >"$group/cgroup.procs"
}

# What was not sent, or late, as the metrics say.
starved() { # WHAT
  ask metrics >"$SCRATCH/metrics"
  report "false downs, $1" "$(awk '/^vpnagent_tunnel_failures_total/ { n += $2 } END { print n + 0 }' "$SCRATCH/metrics")" 0
  awk '/^vpnagent_(stalls_total|probe_interval_stretch)/ { print "    " $0 }
    /^vpnagent_probe_lateness_seconds_bucket\{le="0.05"/ { early = $2 }
    /^vpnagent_probe_lateness_seconds_count/ { print "    probes more than 50 ms late: " $2 - early " of " $2 }' \
    "$SCRATCH/metrics"
}

row_starved() {
  local seconds before need share busy
  seconds=$(sized 12 30)
  links 1000
  start 1000 1000
  settle
  before=$(processor_time "$pid")
  sleep 5
  # Microseconds in 400 ms.
  need=$((($(processor_time "$pid") - before) / 12500))
  for share in 90 50 25; do
    # The kernel takes no less than a millisecond.
    limit_cpu "$pid" "$((need * share / 100 > 1000 ? need * share / 100 : 1000))"
    sleep "$seconds"
    limit_cpu "$pid"
    sleep 2
    starved "$share % of the processor time that 1,000 at 1 s need ($((need / 4)) us in 100 ms)"
  done
  stop
  start 1000 1000
  settle
  kill -STOP "$pid"
  sleep 2
  kill -CONT "$pid"
  sleep 5
  starved "stopped for 2 s"
  stop
  start 1000 1000
  settle
  yes >/dev/null & busy=$!
  yes >/dev/null & busy="$busy $!"
  sleep "$seconds"
  # shellcheck disable=SC2086 # two numbers
  kill $busy
  starved "beside two busy loops on its core"
  stop
}

late_probes() { # those more than a tick later than ticks make them
  ask metrics | awk '/^vpnagent_probe_lateness_seconds_bucket\{le="0.02"/ { early = $2 }
    /^vpnagent_probe_lateness_seconds_count/ { print $2 - early }'
}

row_reports() {
  local count verb before
  count=$(at_most 10000)
  links "$count"
  start "$count" 1000
  settle
  for verb in status metrics security-associations interfaces routes inactive-tunnels; do
    before=$(late_probes)
    sleep 1.2
    forget_said
    report "seconds for $verb of $count tunnels while they are probed" \
      "$(ask $verb | field took_us | awk '{ printf "%.2f", $1 / 1e6 }')" \
      "$([[ $verb == status || $verb == metrics ]] && awk -v n="$count" 'BEGIN { print 0.3 * n / 10000 }')"
    report "  longest turn, ms" "$(longest_turn)" 10
    # The question for the metrics has its own part in it.
    report "  probes later than a tick" "$(($(late_probes) - before))" 0
  done
  stop
}

# Instructions for each probe of the core alone, at 1,000 a second.
core_instructions() { # TUNNELS INTERVAL-S SECONDS
  rm -f "$SCRATCH"/core*
  SWIFT_DETERMINISTIC_HASHING=1 valgrind --tool=callgrind --dump-before='*CoreBench4mark*' \
    --callgrind-out-file="$SCRATCH/core" "$PWD/.build/release/CoreBench" probes "$1" "$3" "$2" \
    >"$SCRATCH/core.said" 2>/dev/null
  awk -v n="$(field probes <"$SCRATCH/core.said")" '/^summary:/ { printf "%d", $2 / n }' "$SCRATCH/core.2"
}

row_scale() {
  local few many large
  large=$(sized 10000 50000)
  # As many probes in each.
  few=$(core_instructions 1000 1 "$((large / 1000))")
  many=$(core_instructions "$large" "$((large / 1000))" "$((large / 1000))")
  report "core's instructions a probe, 1,000 a second: 1,000, $large tunnels" "$few/$many"
  report "  $large : 1,000 tunnels" "$(ratio "$many" "$few")" 1.2
}
