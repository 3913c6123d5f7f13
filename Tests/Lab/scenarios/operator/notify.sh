#!/bin/bash
# notify: a program for each alarm, with its environment; one that hangs is killed, one that fails is said once.

setup() {
  standard_stage
  for kind in tells hangs fails; do
    install -m 755 /dev/null "$LAB/$kind"
  done
  cat >"$LAB/tells" <<TELLS
#!/bin/sh
[ ! -e "$LAB/told-\$VPN_STATE" ] || exit 0
ls -l /proc/\$\$/fd >"$LAB/open"
env | grep -E '^(VPN_|MESSAGE_ID)' | sort >"$LAB/told.new"
mv "$LAB/told.new" "$LAB/told-\$VPN_STATE"
TELLS
  printf '#!/bin/sh\necho $$ >"%s/hanging"\nsleep 600 & sleep 600\n' "$LAB" >"$LAB/hangs"
  printf '#!/bin/sh\nexit 7\n' >"$LAB/fails"
}

story() {
  routes_through vti0
  notifying tells
  child_up gw-a
  wait_until 10 "it is told that the tunnel is up" -- test -e "$LAB/told-up"
  drop_esp both
  wait_until 10 "it is told that the tunnel is down" -- test -e "$LAB/told-down"
  expect_equal "what it is told" "$(sed 's/VPN_TUNNEL_ID=.*/VPN_TUNNEL_ID=/' "$LAB/told-down")" \
    "MESSAGE_ID=174b63e111d24b71855f38d1182acb34
VPN_GATEWAY=gw-b
VPN_LINK=vti0
VPN_MESSAGE=$(grep -o 'KMD_VPN_DOWN.*' "$LAB/agent-gw-a.log" | head -n 1)
VPN_NAME=to-b
VPN_REASON=IPSEC SA VPN Monitor Failure
VPN_REMOTE=203.0.113.1
VPN_STATE=down
VPN_TUNNEL_ID="
  expect "it has descriptors" -- grep -q '0 -> /dev/null' "$LAB/open"
  expect_not "one of the agent's is among them" -- grep -E 'socket:|anon_inode|/lock' "$LAB/open"

  # One that hangs holds up nothing, and is killed with all that it started.
  heal
  wait_until 15 "the tunnel is back" -- state_is gw-a to-b up
  notifying_anew hangs
  drop_esp both
  wait_until 15 "it runs" -- test -s "$LAB/hanging"
  local pid
  pid=$(<"$LAB/hanging")
  expect "the agent answers meanwhile" -- status gw-a
  heal
  wait_until 15 "the tunnel is back" -- state_is gw-a to-b up
  wait_until 20 "it is killed" -- agent_logged gw-a 'notify took too long and was killed, for to-b down'
  wait_until 5 "and all that it started" -- group_is_gone "$pid"

  # One that fails: each cause once.
  notifying_anew fails
  drop_esp both
  wait_until 15 "its failure is said" -- agent_logged gw-a 'notify ended with status 7, for to-b down'
  heal
  wait_until 15 "the tunnel is back" -- logged_times gw-a KMD_VPN_UP_ALARM_USER 4
  notifying_anew nowhere
  drop_esp both
  wait_until 15 "it is not there" -- agent_logged gw-a 'notify could not be started: No such file'
  expect_equal "times that its failure was said" "$(log_count gw-a 'status 7')" 1
  heal
  wait_until 15 "the tunnel is back" -- logged_times gw-a KMD_VPN_UP_ALARM_USER 5

  dry_run
}

notifying() { # PROGRAM
  { echo "notify = \"$LAB/$1\""; echo 'notify-timeout = 8'; monitoring gw-a; } | agent gw-a
}

notifying_anew() { # PROGRAM
  { echo "notify = [\"$LAB/$1\"]"; echo 'notify-timeout = 8'; monitoring gw-a; } >"$LAB/agent-gw-a.toml"
  expect "the program changes while it runs" -- \
    prints 'global settings changed' vpnagent gw-a reload
}

dry_run() {
  agent_kill gw-a TERM
  rm "$LAB/told-up" "$LAB/told-down"
  AGENT_OPTIONS=--dry-run notifying tells
  drop_esp both
  wait_until 15 "it says what it would run" -- agent_logged gw-a "dry run: would run $LAB/tells"
  expect_not "it runs it" -- test -e "$LAB/told-down"
}

group_is_gone() { # PID
  ! kill -0 -- "-$1" 2>/dev/null
}
