# shellcheck shell=bash
# Waiting for conditions, and claims. Never a sleep that hopes.

# Between two looks. Each look starts programs, a tenth of a second of an emulated processor that the
# story needs for itself.
look_pause=0.3

# Polls a command until it succeeds, at most so many seconds.
wait_until() { # SECONDS DESCRIPTION -- COMMAND...
  local bound=$1 what=$2 deadline=$(($(now) + $1 * 1000))
  shift 3
  say "wait (at most $bound s) until $what"
  until QUIET=1 "$@" >"$LAB/last-wait" 2>&1; do
    QUIET=1 say
    if (($(now) >= deadline)); then
      cat "$LAB/last-wait" >&9
      fail "waited $bound s in vain until $what ($*)"
    fi
    pause "$look_pause"
  done
  say "  so it is"
}

# Polls a command for so many seconds, during which it must succeed every time.
stays() { # SECONDS DESCRIPTION -- COMMAND...
  local bound=$1 what=$2 deadline=$(($(now) + $1 * 1000))
  shift 3
  say "for $bound s $what"
  while (($(now) < deadline)); do
    QUIET=1 "$@" >"$LAB/last-wait" 2>&1 || {
      cat "$LAB/last-wait" >&9
      fail "not for $bound s: $what ($*)"
    }
    QUIET=1 say
    pause "$look_pause"
  done
}

# Whether a command succeeds and a line of what it prints matches. Not a pipe into `grep -q`: that ends
# at the first match, and the command may then die of SIGPIPE or not.
prints() { # REGEX COMMAND...
  local printed
  printed=$("${@:2}") && grep -Eq -- "$1" <<<"$printed"
}

# Lets time pass that is part of the story (an interval, a cut that lasts).
for_seconds() { # SECONDS WHY
  say "$1 s: $2"
  pause "$1"
}

expect() { # DESCRIPTION -- COMMAND...
  local what=$1
  shift 2
  say "expect: $what"
  "$@" >"$LAB/last-expect" 2>&1 || {
    cat "$LAB/last-expect" >&9
    fail "expected: $what ($*)"
  }
}

expect_not() { # DESCRIPTION -- COMMAND...
  local what=$1
  shift 2
  say "expect not: $what"
  if "$@" >"$LAB/last-expect" 2>&1; then
    cat "$LAB/last-expect" >&9
    fail "expected not: $what ($*)"
  fi
}

# Claims that a number lies between two others, both included.
expect_between() { # DESCRIPTION VALUE LOW HIGH
  say "expect: $1 between $3 and $4: $2"
  (($2 >= $3 && $2 <= $4)) || fail "$1 is $2, not between $3 and $4"
}

expect_equal() { # DESCRIPTION VALUE WANTED
  say "expect: $1 is $3"
  [[ $2 == "$3" ]] || fail "$1 is '$2', not '$3'"
}
