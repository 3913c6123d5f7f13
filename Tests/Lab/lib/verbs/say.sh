# shellcheck shell=bash
# The trace (descriptor 9), the clock, and how a scenario fails.

# Milliseconds since the scenario began.
now() { echo "$(((${EPOCHREALTIME/[.,]/} - ${LAB_START/[.,]/}) / 1000))"; }

say() { # TEXT...
  local ms=$(((${EPOCHREALTIME/[.,]/} - ${LAB_START/[.,]/}) / 1000))
  [[ ${QUIET:-} ]] || printf '[%3d.%03d] %s\n' $((ms / 1000)) $((ms % 1000)) "$*" >&9
}

# Echoes a command and runs it, as everything does that changes the lab.
run() { # COMMAND...
  say "+ $*"
  "$@"
}

fail() { # MESSAGE
  trap - ERR
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

# Has this scenario fail when it takes too long. Lives and dies with it.
watchdog() { # SECONDS
  { sleep "$1" && kill -ALRM $$; } 9>&- >/dev/null 2>&1 &
}
