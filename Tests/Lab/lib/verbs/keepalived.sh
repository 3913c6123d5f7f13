# shellcheck shell=bash
# keepalived on a gateway, with the files of contrib/keepalived as they are but for their paths.

keepalived() { # GATEWAY
  local gateway=$1 dir=$LAB/keepalived-$1
  mkdir -p "$dir"
  printf '#!/bin/sh\nexec "%s" "$@"\n' "$VPNAGENT" >"$dir/vpnagent"
  sed "s|/usr/sbin/vpnagent|$dir/vpnagent|" "$lib/../../../contrib/keepalived/vpnagent-notify" \
    >"$dir/notify"
  chmod 755 "$dir"/{vpnagent,notify}
  sed "s|/etc/keepalived/vpnagent-notify|$dir/notify|" \
    "$lib/../../../contrib/keepalived/keepalived.conf" >"$dir/keepalived.conf"
  keepalived_again "$gateway"
}

# Starts a gateway's keepalived with the configuration that it had.
keepalived_again() { # GATEWAY
  local dir=$LAB/keepalived-$1
  on_background "$1" "keepalived-$1.log" env PATH="/usr/sbin:/usr/bin:/sbin:/bin" \
    keepalived --dont-fork --log-console --log-detail --vrrp --use-file "$dir/keepalived.conf" \
    --pid "$dir/pid" --vrrp_pid "$dir/vrrp.pid"
  echo "$started_pid" >"$LAB/keepalived-$1.pid"
}

# Ends it at once, as a power failure does: it says no goodbye.
keepalived_dies() { # GATEWAY
  local dir=$LAB/keepalived-$1
  run kill -KILL "$(<"$LAB/keepalived-$1.pid")" "$(<"$dir/vrrp.pid")"
  wait_until 20 "keepalived on $1 is gone" -- gone "$(<"$dir/vrrp.pid")"
  rm -f "$dir/pid" "$dir/vrrp.pid"
}
