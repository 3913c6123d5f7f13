#!/bin/bash
# SAs, policies and links that belong to nobody we know are never touched, nor are larval SAs.
# Main: scripts/test runs it.

story() {
  routes_through vti0
  # A tunnel of somebody else's to the same peer, with its own link and routes.
  run ip -n gw-a link add vti7 type vti local 198.51.100.1 remote 203.0.113.9 key 7
  ip_lines gw-a <<'IP'
    link set vti7 up
    address add 169.254.107.1/30 dev vti7
    route add 10.77.0.0/16 dev vti7
IP
  foreign_sa 198.51.100.1 203.0.113.9 0x700 tunnel 'mark 7'
  foreign_sa 203.0.113.9 198.51.100.1 0x701 tunnel ''
  foreign_sa 198.51.100.1 203.0.113.1 0x800 transport ''
  run ip -n gw-a xfrm state add src 198.51.100.1 dst 203.0.113.1 proto ah spi 0x900 \
    reqid 9 mode tunnel auth 'hmac(sha256)' 0x000102030405060708090a0b0c0d0e0f
  run ip -n gw-a xfrm policy add src 10.8.0.0/16 dst 10.9.0.0/16 dir out \
    tmpl src 198.51.100.1 dst 203.0.113.9 proto esp reqid 7 mode tunnel
  larval_sas
  local before
  before=$(foreign_things)

  monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  for_seconds 5 "clears go on"
  heal
  wait_until 10 "the tunnel is back" -- state_is gw-a to-b up
  expect_equal "what is foreign" "$(foreign_things)" "$before"
  expect_equal "SA sets of the tunnel" "$(tunnel_field gw-a to-b sets | jq length)" 1
  expect_equal "SAs in status" "$(status gw-a | grep -cE '"0x00000(000|702)"')" 0
  expect_equal "monitoring of the foreign tunnel" "$(tunnel_field gw-a vti7 mon)" -
  agent_kill gw-a TERM
  expect_equal "what is foreign" "$(foreign_things)" "$before"
}

foreign_sa() { # SOURCE DESTINATION SPI MODE MARK
  # shellcheck disable=SC2086 # the mark is two words, or none
  run ip -n gw-a xfrm state add src "$1" dst "$2" proto esp spi "$3" reqid 7 mode "$4" $5 \
    aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f10111213 128
}

# Between the endpoints of our tunnel: one whose SPI was allocated, with its reqid, and one that a
# packet asked for. (With our reqid the kernel takes the latter away when charon's SA is added.)
larval_sas() {
  on gw-a sysctl -qw net.core.xfrm_acq_expires=3600
  run ip -n gw-a xfrm state allocspi src 203.0.113.1 dst 198.51.100.1 proto esp mode tunnel \
    reqid 1 min 0x702 max 0x702 >&9
  run ip -n gw-a address add 10.88.0.1/32 dev lo
  run ip -n gw-a xfrm policy add src 10.88.0.1/32 dst 10.89.0.0/16 dir out \
    tmpl src 198.51.100.1 dst 203.0.113.1 proto esp reqid 8 mode tunnel
  on gw-a ping -n -c 1 -W 1 -I 10.88.0.1 10.89.0.1 >&9 2>&1 || true
  expect "there are two" -- test "$(foreign_things | grep -cE 'spi 0x00000(000|702)')" = 2
}

foreign_things() {
  ip -n gw-a -s xfrm state list nokeys | awk '
    /^src/ { if (sa ~ /spi 0x00000(00|70|80|90)/) print sa; sa = "" }
    !/use [0-9]/ { sa = sa "\n" $0 }
    END { if (sa ~ /spi 0x00000(00|70|80|90)/) print sa }'
  ip -n gw-a xfrm policy list | grep -A3 10.89.0.0
  ip -n gw-a xfrm policy list | grep -A3 10.8.0.0
  ip -n gw-a -d link show vti7
  ip -n gw-a route show dev vti7
}
