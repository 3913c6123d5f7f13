#!/bin/bash
# /run/vpnagent is full when the path dies: the link is held all the same, told honestly, and a crash loses no route.

story() {
  routes_through vti0
  route gw-a add 10.2.0.0/16 via 198.51.100.2 metric 500 # what a dead tunnel has to yield to
  # What is added to the record when these are held needs another page; a few lines would still find room.
  for n in {1..40}; do echo "route add 10.9.$n.0/24 dev vti0"; done | ip_lines gw-a
  before=$(routes_of gw-a vti0)
  run on gw-a mkdir -p /run/vpnagent
  run on gw-a mount -t tmpfs -o size=64k,mode=755 tmpfs /run/vpnagent
  OWNED='held-route = "none"' monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 8 "the tunnel is up" -- state_is gw-a to-b up
  run on gw-a sh -c 'dd if=/dev/zero of=/run/vpnagent/fill bs=4k 2>/dev/null; true'

  drop_esp both
  wait_until 12 "the link is held" -- operstate_is gw-a vti0 DORMANT
  wait_until 5 "traffic uses the backup" -- by_backup
  expect "the log says that there is no record" -- agent_logged gw-a VPN_RECORD_FAILED
  expect "so does status" -- obstacle_is 'No space left'
  expect_equal "the gate in status" "$(tunnel_field gw-a to-b gate)" held

  agent_kill gw-a KILL
  agent_again gw-a
  expect "a crash keeps the link held" -- operstate_is gw-a vti0 DORMANT
  run on gw-a rm -f /run/vpnagent/fill
  wait_until 70 "the record is there again" -- on gw-a test -s /run/vpnagent/gates.json
  heal
  wait_until 30 "the tunnel is back" -- state_is gw-a to-b up
  wait_until 5 "its routes are back" -- routes_are gw-a vti0 "$before"

  run on gw-a umount --lazy /run/vpnagent # the lock is open in it
  run on gw-a rm -rf /run/vpnagent
  wait_until 8 "the directory, the socket and the lock are made again" -- state_is gw-a to-b up
  expect "the lock file too" -- on gw-a test -e /run/vpnagent/lock
  expect_not "a second agent runs" -- on gw-a "$VPNAGENT" run --config /dev/null
  drop_esp both
  wait_until 12 "the link is held" -- operstate_is gw-a vti0 DORMANT
  expect "on record" -- on gw-a test -s /run/vpnagent/gates.json
}

by_backup() { [[ $(ip -n gw-a route get 10.2.0.2) == *'dev wan'* ]]; }
obstacle_is() { [[ $(status gw-a | jq -r .record_obstacle) == *"$1"* ]]; }
