# shellcheck shell=bash
# The wall clock, which all namespaces of a machine share: a scenario that sets it has a line
# "# Alone: ..." and no other runs beside it. Only the virtual machine's is ever set.

clock_is_ours() { [[ ${LAB_KERNEL:-} ]]; }

# Sets the clock so many seconds forward or back; it is set right when the scenario ends.
shift_clock() { # SECONDS
  clock_is_ours || fail "this is not the virtual machine's clock"
  clock_shift=$((${clock_shift:-0} + $1))
  run date -s "@$((EPOCHSECONDS + $1))" >&9
}

restore_clock() {
  [[ ${clock_shift:-0} == 0 ]] || shift_clock "$((-clock_shift))"
}
