# shellcheck shell=bash
# What a scenario that failed leaves to read. Never a key.

report() { # WHY
  local QUIET=1 gateway file
  failed_because "$1"
  for gateway in gw-a gw-b; do
    [[ -e $LAB/node/$gateway ]] || continue
    section "$gateway: ip xfrm state" ip -n "$gateway" xfrm state list nokeys
    section "$gateway: ip xfrm policy" ip -n "$gateway" xfrm policy
    section "$gateway: routes" show_routes "$gateway"
    section "$gateway: links" ip -n "$gateway" -d link
    [[ ! -e $LAB/agent-$gateway.pid ]] || section "$gateway: status" status "$gateway"
  done
  for file in "$LAB"/{charon,frr,pluto}-*.{out,log} "$LAB"/networkd.log "$LAB"/agent-*.log; do
    [[ ! -s $file ]] || section "$(basename "$file")" tail -n 300 "$file"
  done
  failed_because "$1"
}

failed_because() { # WHY
  local line=''
  [[ ! ${failed_line:-} ]] || line=$(sed -n "${failed_line}s/^ *//p" "$scenario_file")
  echo "=== $1"
  [[ ! $line ]] || echo "=== $(basename "$scenario_file"):$failed_line: $line"
}

section() { # TITLE COMMAND...
  echo "--- $1"
  "${@:2}" 2>&1
}

show_routes() { # GATEWAY
  ip -n "$1" -4 route show table all
  ip -n "$1" -6 route show table all
}
