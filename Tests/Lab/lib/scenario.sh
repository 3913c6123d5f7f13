#!/bin/bash
# One scenario, as PID 1 of its namespaces: sets the stage, tells the story, checks what must hold
# in every scenario, and reports when something did not. Everything ends when this process does.
#
# A scenario file defines `story`, and `setup` when the default stage is not wanted.
set -euo pipefail

mode=$1
scenario_file=$2
scenario=$(basename "$scenario_file" .sh)
lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lab_dir=$(cd "$lib/../../../.lab" && pwd)
read -r LAB_START _ </proc/uptime
LAB_START=$((10#${LAB_START/./} * 10))
export lib LAB=/run/lab TMPDIR=/run/lab/tmp LAB_START

# A /run of our own, and the lab's programs laid over /usr.
furnish() {
  local root layers=''
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -p "$LAB/tmp" "$LAB/node" /run/netns
  for root in ${LAB_ROOTS:?}; do layers+="${root#*=}/usr:"; done
  cd "$lab_dir"
  mount -t overlay -o "lowerdir=$layers/usr" overlay /usr
  cd "$LAB"
}

setup() { standard_stage; }
story() { fail "$scenario_file defines no story"; }

on_error() { # COMMAND STATUS
  ((BASH_SUBSHELL == 0)) || exit "$2"
  trap - ERR
  local command=$1
  [[ $command != nsenter* && $command != '"$@"' ]] || command=$last_run
  failure="\`$command\` ended with status $2"
  failed_line=$(story_line)
  exit 1
}

finish() {
  local status=$?
  trap - EXIT ERR
  limit_ms=999999999
  set +e
  restore_clock
  if ((status != 0)); then
    [[ $mode == run ]] || failed_because "${failure:-ended with status $status}" >&2
    report "${failure:-ended with status $status}" >&9 2>&1
    [[ $mode != stream ]] || failed_because "${failure:-ended with status $status}" >&2
    cp "$LAB"/*.pcap "$lab_dir/results/$scenario.pcap" 2>/dev/null
  fi
  exit "$status"
}

furnish
for file in "$lib"/verbs/*.sh; do
  # shellcheck source=/dev/null # every file of verbs
  source "$file"
done
# shellcheck source=/dev/null # the scenario
source "$scenario_file"

case $mode in
  run) exec 9>&1 ;;
  stream) exec 9>"$lab_dir/results/$scenario.log" ;;
  shell)
    exec 9>&1
    setup
    exec bash --rcfile "$lib/shell.sh" -i
    ;;
esac

set -E
trap 'on_error "$BASH_COMMAND" $?' ERR
trap finish EXIT
setup
story
final_checks
