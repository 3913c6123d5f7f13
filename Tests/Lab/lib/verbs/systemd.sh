# shellcheck shell=bash
# systemd on a gateway, as PID 1 of a container of its own that shares the gateway's network and
# /run: the package's units, the journal, and nothing else. The agent is in /run too: where the tree
# is, the unit may not see it (PrivateTmp, ProtectHome).

systemd() { # GATEWAY, which has the root networkd
  local gateway=$1 units=$LAB/units-$1 program=$LAB/program-$1 unit
  mkdir -p "$units"
  : >"$program"
  for unit in vpnagent vpnagent-release; do
    sed -e "s|/usr/sbin/vpnagent|$program|" -e '/^ExecStart=.* run$/s|$| --config '"$LAB/agent-$1.toml|" \
      "$lib/../../../packaging/$unit.service" >"$units/$unit.service"
  done
  printf '[Unit]\nWants=systemd-journald.service\n' >"$units/lab.target"
  for unit in /usr/lib/systemd/system/{systemd-journald{.service,{,-dev-log}.socket},{sysinit,basic,sockets,shutdown,umount,final}.target,-.slice,system.slice}; do
    [[ ! -e $unit ]] || cp "$unit" "$units/"
  done
  on_background "$gateway" "systemd-$gateway.out" unshare --pid --fork --kill-child --mount --cgroup \
    "$lib/guest/systemd.sh" "$units" "$VPNAGENT" "$program"
  echo "$started_pid" >"$LAB/systemd-$gateway.pid"
  wait_until 90 "systemd runs" -- systemctl "$gateway" is-active lab.target
}

# systemctl, journalctl and the like inside it.
inside() { # GATEWAY COMMAND...
  local pid
  pid=$(pgrep -P "$(<"$LAB/systemd-$1.pid")") || return 1
  nsenter --target "$pid" --mount --pid --cgroup --net --uts -- "${@:2}"
}

systemctl() { inside "$1" systemctl "${@:2}"; } # GATEWAY ARGUMENT...

# The process that a unit's agent is, seen from outside of the container.
outer_pid() { pgrep -f "^$LAB/program-$1 run"; } # GATEWAY

unit_is() { # GATEWAY UNIT STATE
  [[ $(systemctl "$1" show --value --property ActiveState "$2") == "$3" ]]
}

unit_pid() { # GATEWAY UNIT
  systemctl "$1" show --value --property MainPID "$2"
}
