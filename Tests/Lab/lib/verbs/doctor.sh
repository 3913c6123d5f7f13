# shellcheck shell=bash
# vpnagent doctor on gw-a: what it finds, and its fixes carried out. The configuration is that of
# `doctored`.

# Leaves gw-a's configuration for an agent that does not act while mischief is done.
doctored() {
  routes_through vti0
  child_up gw-a
  monitoring gw-a 'verify-path = { packet-size = 1350 }' 'threshold = 300' >"$LAB/agent-gw-a.toml"
}

doctor() { # STATUS
  local status=0
  vpnagent gw-a doctor --config "$LAB/agent-gw-a.toml" --json >"$LAB/doctor" || status=$?
  expect_equal "exit status of doctor" "$status" "$1"
}

# Checks that found something, less those that the lab itself has: its clock follows nobody, and
# its thresholds are short.
found() {
  jq -r '.findings[] | select(.check != "clock" and .check != "retransmission") | .check' \
    "$LAB/doctor" | sort -u | paste -sd ' '
}

healthy() {
  doctor 0
  expect_equal "checks that found something" "$(found)" ""
  expect_equal "what was not looked at" "$(jq -r '.not_looked_at[]' "$LAB/doctor")" ""
}

# Something on gw-a goes wrong, is found alone (so what was before is gone), and put right by what
# doctor says.
mischief() { # CHECK EXIT-STATUS COMMAND...
  on gw-a "${@:3}"
  doctor "$2"
  expect_equal "what it finds" "$(found)" "$1"
  mend "$1"
}

# Runs the commands that a finding's fix has.
mend() { # CHECK
  local commands command
  mapfile -t commands < <(fix_of "$1" '.commands[]')
  for command in "${commands[@]}"; do on gw-a bash -c "$command"; done
}

fix_of() { # CHECK FILTER
  jq -r --arg check "$1" ".findings[] | select(.check == \$check) | .fix | $2" "$LAB/doctor"
}
