# shellcheck shell=bash
# Routing daemons on a gateway, with a configuration from standard input and their usual sockets
# below /run. They want users that this machine need not have.

# A second way between the gateways, by which gw-b always answers, and more addresses behind it.
leased_line() {
  wire gw-a line gw-b line
  ip_lines gw-a <<'IP'
    address add 172.16.0.1/30 dev line
    link set line up
IP
  ip_lines gw-b <<'IP'
    address add 172.16.0.2/30 dev line
    link set line up
    address add 10.99.2.1/24 dev lan
    route add 10.1.0.0/16 via 172.16.0.1
IP
}

# The first is in the others' groups.
daemon_users() { # NAME...
  local name file number=950
  for file in passwd group; do cp "/etc/$file" "$LAB/$file"; done
  for name; do
    grep -q "^$name:" "$LAB/passwd" || echo "$name:x:$number:$number::/run:/bin/false" >>"$LAB/passwd"
    grep -q "^$name:" "$LAB/group" || echo "$name:x:$number:$1" >>"$LAB/group"
    number=$((number + 1))
  done
}

# In a gateway's own mount namespace.
take_users() { # GATEWAY
  on "$1" mount --bind "$LAB/passwd" /etc/passwd
  on "$1" mount --bind "$LAB/group" /etc/group
}

# FRR: zebra first, then the others, all from one file.
frr() { # GATEWAY DAEMON..., configuration on standard input
  local gateway=$1 daemon
  cat >"$LAB/frr-$gateway.conf"
  sed 's/^/    /' "$LAB/frr-$gateway.conf" >&9
  daemon_users frr frrvty
  take_users "$gateway"
  on "$gateway" install -d -o frr -g frr /run/frr
  for daemon in zebra "${@:2}"; do
    on_background "$gateway" "frr-$gateway.out" "/usr/lib/frr/$daemon" -u frr -g frr \
      -f "$LAB/frr-$gateway.conf" --log stdout
    wait_until 20 "$daemon has its socket" -- on "$gateway" test -S "/run/frr/$daemon.vty"
  done
}

# BIRD 2, as root.
bird() { # GATEWAY, configuration on standard input
  cat >"$LAB/bird-$1.conf"
  sed 's/^/    /' "$LAB/bird-$1.conf" >&9
  on "$1" install -d /run/bird
  on_background "$1" "bird-$1.out" /usr/sbin/bird -f -c "$LAB/bird-$1.conf" -s /run/bird/bird.ctl \
    -P /run/bird/bird.pid
  wait_until 20 "BIRD on $1 has its socket" -- on "$1" test -S /run/bird/bird.ctl
}
