# shellcheck shell=bash
# A backup of the tunnel, and charons whose tunnel traffic triggers.

# A leased line beside the tunnel: gw-a's other way to the far net, with a worse metric. What comes back
# to host-a always takes it.
backup_line() {
  wire gw-a leased gw-b leased
  ip_lines gw-a <<'IP'
    address add 192.0.2.1/30 dev leased
    link set leased up
    route add 10.2.0.0/16 via 192.0.2.2 metric 200
IP
  ip_lines gw-b <<'IP'
    address add 192.0.2.2/30 dev leased
    link set leased up
    route add 10.1.0.0/16 via 192.0.2.1
IP
  on gw-a sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.leased.rp_filter=0
}

# Settings of charons that wait for traffic and give a silent peer up after 12 s; the kernel asks
# them again then.
trapping() { # COMMAND...
  CHARON_SETTINGS='retransmit_tries = 2
  retransmit_timeout = 2
  plugins { kernel-netlink { xfrm_acq_expires = 12 } }' \
    CHILD_SETTINGS="start_action = trap"$'\n'"${CHILD_SETTINGS:-}" "$@"
}

# Users' packets lose nothing for so long, while the link is held.
users_stay_on_backup() { # LINK SECONDS
  ping_stream host-a 10.2.0.2 20/s
  stays "$2" "the link is held" -- operstate_is gw-a "$1" DORMANT
  stream_result host-a
  expect_between "users' pings" "$sent" $(($2 * 5)) 1000
  expect_equal "of which were lost" "$lost" 0
}
