# shellcheck shell=bash
# The trace (descriptor 9), the clock, and how a scenario fails.

# A scenario that takes longer than this fails at its next command or poll.
limit_ms=$((${LAB_TIMEOUT:-300} * 1000))

# Milliseconds since the scenario began.
now() { echo "$(((${EPOCHREALTIME/[.,]/} - ${LAB_START/[.,]/}) / 1000))"; }

say() { # TEXT...
  local ms=$(((${EPOCHREALTIME/[.,]/} - ${LAB_START/[.,]/}) / 1000))
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
