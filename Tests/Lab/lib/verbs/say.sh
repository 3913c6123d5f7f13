# shellcheck shell=bash
# The trace (descriptor 9), the clock, and how a scenario fails.

# A scenario that takes longer than this fails at its next command or poll.
limit_ms=$((${LAB_TIMEOUT:-600} * 1000))

# Sets ms to the milliseconds since the scenario began, by a clock that nobody sets.
read_clock() {
  read -r ms _ </proc/uptime
  ms=$((10#${ms/./} * 10 - LAB_START))
}

now() {
  local ms
  read_clock
  echo "$ms"
}

say() { # TEXT...
  local ms
  read_clock
  ((ms < limit_ms)) || fail "took longer than $((limit_ms / 1000)) s"
  [[ ${QUIET:-} ]] || printf '[%3d.%03d] %s\n' $((ms / 1000)) $((ms % 1000)) "$*" >&9
}

# Echoes a command and runs it, as everything does that changes the lab.
run() { # COMMAND...
  last_run=$*
  say "+ $*"
  "$@"
}

fail() { # MESSAGE
  trap - ERR
  limit_ms=999999999
  failure=$1
  failed_line=$(story_line)
  exit 1
}

# The line of the scenario file that is being told.
story_line() {
  local i
  for ((i = ${#BASH_SOURCE[@]} - 1; i > 0; i--)); do
    [[ ${BASH_SOURCE[i]} != "${scenario_file:-}" ]] || echo "${BASH_LINENO[i - 1]}"
  done | tail -n 1
}

# Waits without starting a process.
pause() { # SECONDS
  local unused
  [[ ${idle:-} ]] || exec {idle}<> <(:)
  read -rt "$1" -u "$idle" unused || true
}
