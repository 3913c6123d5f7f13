#!/bin/bash
# Clients of the control socket that are silent, or send without end: nobody is kept out, and nothing waits for them.

socket=UNIX-CONNECT:/run/vpnagent/control.sock

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 8 "the tunnel is up" -- state_is gw-a to-b up

  # More of them than the socket has places.
  local silent=() greedy before
  for _ in {1..40}; do
    on_background gw-a silent.log socat -u "$socket" OPEN:/dev/null
    silent+=("$started_pid")
  done
  expect "the agent answers beside silent clients" -- status gw-a
  wait_until 30 "they are let go" -- have_ended "${silent[@]}"

  # One that sends without end after it has asked, and never reads.
  on_background gw-a endless.log bash -c "{ echo verify to-b; yes; } | exec socat -u - $socket"
  greedy=$started_pid
  before=$(set_field gw-a to-b sent)
  wait_until 15 "probes go on" -- has_sent "$before" 4
  expect "the agent answers beside an endless client" -- status gw-a
  expect_equal "state of the tunnel" "$(tunnel_field gw-a to-b state)" up
  kill "$greedy" 2>/dev/null || true
}

have_ended() { # PID...
  local pid
  for pid; do [[ ! -e /proc/$pid ]] || return 1; done
}

has_sent() { (($(set_field gw-a to-b sent) >= $1 + $2)); } # BEFORE COUNT
