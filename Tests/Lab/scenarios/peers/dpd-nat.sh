#!/bin/bash
# Through a NAT questions go to port 4500 behind the marker, and are answered; silence there is found.

setup() { stage_behind_nat; }

story() {
  local begun
  routes_through vti0
  begun=$(wall_ms)
  detecting gw-a '{ mode = "always-send", interval = 2, threshold = 2 }' | agent gw-a
  wait_until 15 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "the peer has answered" -- peer_is gw-a to-b supported
  expect_between "questions without a marker" "$(to_port 500)" 0 0
  # They are 2 s apart at least.
  expect_between "questions behind the marker" \
    "$(to_port 4500)" 1 "$((($(wall_ms) - begun) / 2000 + 1))"
  stays 5 "and goes on answering" -- state_is gw-a to-b up
  drop_ike both
  wait_until 10 "its silence is found, though ESP passes" -- agent_logged gw-a "state=down .*$dpd_dead"
  expect "only its IKE daemon was silent" -- agent_logged gw-a 'its IKE daemon is silent'
  heal
}

to_port() { # PORT
  local version=25
  [[ $1 == 500 ]] || version=29
  captured "inbound and src host 198.51.100.1 and udp dst port $1 and udp[$version] == 0x30" | wc -l
}
