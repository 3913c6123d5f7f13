# shellcheck shell=bash
# What an agent's log says, and when. Its lines begin with the time, in milliseconds.

# Lines of a gateway's agent that match.
log_count() { # GATEWAY REGEX
  grep -Ec -- "$2" "$LAB/agent-$1.log" || true
}

logged_times() { # GATEWAY REGEX COUNT
  (($(log_count "$1" "$2") >= $3))
}

# Milliseconds since 1970 of the Nth line that matches.
logged_at() { # GATEWAY REGEX [N]
  local time
  time=$(grep -E -- "$2" "$LAB/agent-$1.log" | sed -n "${3:-1}s/ .*//p")
  date -d "$time" +%s%3N
}

# Milliseconds from the first line that matches one to the first that matches the other.
ms_between() { # GATEWAY REGEX REGEX
  echo "$(($(logged_at "$1" "$3") - $(logged_at "$1" "$2")))"
}

wall_ms() {
  local microseconds=${EPOCHREALTIME/[.,]/}
  echo "${microseconds%???}"
}
