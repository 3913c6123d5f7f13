# shellcheck shell=bash
# A gateway as a new user finds it: a bare Debian with its own systemd, apt and dpkg. A scenario asks
# for it by a line `# Bare: ROOT`. In /run/lab are the package, vpnagent.deb, and a higher version of
# it, vpnagent-9999.deb. `inside`, `systemctl` and the agent's verbs work as with `systemd`.

bare_system() { # GATEWAY [UNIT-THAT-MUST-NOT-RUN...]
  local gateway=$1
  shift
  run cp "$lab_dir"/packages/*.deb "$LAB/"
  on_background "$gateway" "systemd-$gateway.out" unshare --pid --fork --kill-child --mount --cgroup \
    "$lib/guest/bare.sh" "${LAB_BARE:?}" "$@"
  echo "$started_pid" >"$LAB/systemd-$gateway.pid"
  wait_until 180 "systemd runs" -- systemctl "$gateway" is-active multi-user.target
}
