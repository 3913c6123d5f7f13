#!/bin/bash
# Runs scenarios on a kernel that can, several at a time, each in namespaces of its own, and says
# how each ended. Started by scripts/lab or by the virtual machine's init; LAB_ROOTS and VPNAGENT
# come by the environment.
set -euo pipefail

lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
results=$(cd "$lib/../../../.lab/results" && pwd)
# A scenario waits more than it works: more of them than processors.
jobs=${LAB_JOBS:-3}
keep_going='' verbose='' mode=run files=()
declare -A name_of=() started=()
passed=0 failed=0

# A scenario ends by itself when its time is over; one that hangs is killed a minute later.
in_namespaces() { # MODE FILE
  local patience=0
  [[ $1 != run ]] || patience=$((${LAB_TIMEOUT:-600} + 60))
  exec timeout --foreground --signal KILL "$patience" unshare --mount --net --pid --uts --ipc --fork --kill-child --mount-proc \
    "$lib/scenario.sh" "$@"
}

start() { # FILE
  local name
  name=$(basename "$1" .sh)
  echo "....  $name"
  if [[ $verbose ]]; then
    in_namespaces run "$1" < /dev/null > >(tee "$results/$name.log") 2>&1 &
  else
    in_namespaces run "$1" </dev/null >"$results/$name.log" 2>&1 &
  fi
  name_of[$!]=$name
  started[$!]=$(uptime_ms)
}

# Waits for one scenario to end, and says how it did.
reap() {
  local pid status=0 name seconds
  wait -n -p pid "${!name_of[@]}" || status=$?
  name=${name_of[$pid]}
  seconds=$(seconds_since "${started[$pid]}")
  unset "name_of[$pid]"
  if ((status == 0)); then
    passed=$((passed + 1))
    echo "pass  $name  $seconds s" | tee -a "$results/$name.log"
  else
    failed=$((failed + 1))
    [[ $verbose ]] || show_failure "$results/$name.log"
    echo "FAIL  $name  $seconds s  (status $status, $name.log)" | tee -a "$results/$name.log"
  fi
}

uptime_ms() {
  local up
  read -r up _ </proc/uptime
  echo "$((10#${up/./} * 10))"
}

seconds_since() { # MS
  local tenths=$((($(uptime_ms) - $1) / 100))
  echo "$((tenths / 10)).$((tenths % 10))"
}

# The end of the trace, and the whole report behind it.
show_failure() { # LOG
  sed '/^=== /,$d' "$1" | tail -n 40
  sed -n '/^=== /,$p' "$1"
}

# Waits until a scenario may start: there is a place, and nobody wants the machine for himself.
await_place() { # FILE
  local others=$((jobs - 1))
  [[ ! $alone ]] || others=0
  alone=$(sed -n '/^# Alone/p' "$1")
  [[ ! $alone ]] || others=0
  while ((${#name_of[@]} > others)); do reap; done
}

run_all() {
  local file not_run=0 alone=''
  for file in "${files[@]}"; do
    await_place "$file"
    if ((failed)) && [[ ! $keep_going ]]; then
      not_run=$((not_run + 1))
      continue
    fi
    start "$file"
  done
  while ((${#name_of[@]})); do reap; done
  ((!not_run)) || echo "$not_run not run after the failure (--keep-going runs them)"
  echo "$passed passed, $failed failed"
  ((passed && !failed))
}

end_children() {
  ((!${#name_of[@]})) || kill "${!name_of[@]}" 2>/dev/null || true
}

while (($#)); do
  case $1 in
    --keep-going) keep_going=1 ;;
    --verbose) verbose=1 ;;
    --jobs) jobs=$2; shift ;;
    --shell | --stream) mode=${1#--} ;;
    *) files+=("$1") ;;
  esac
  shift
done

if [[ $mode != run ]]; then
  in_namespaces "$mode" "${files[0]}"
fi
trap end_children EXIT
trap 'exit 130' INT TERM HUP
run_all
