# shellcheck shell=bash
# Islands: roots of another Debian with its own libc, which a process is put into by chroot. It sees
# /run, /dev and /proc of where it was started.

# The directory of an island that the scenario's "# Roots:" names.
island() { # NAME
  local island
  for island in ${LAB_ISLANDS:-}; do
    [[ ${island%%=*} != "$1" ]] || { echo "$lab_dir/${island#*=}"; return; }
  done
  fail "no island called $1 in # Roots:"
}
