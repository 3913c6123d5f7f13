#!/bin/bash
# ESP with AES-CBC and HMAC, AES-GCM and ChaCha20-Poly1305: each is verified, and its death found.

CHILD_SETTINGS='esp_proposals = aes128-sha256'

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  carries 'aes-cbc-128 hmac-sha256' 'cbc(aes)' 'hmac(sha256)'
  negotiate aes256gcm16
  carries aes-gcm-256 'rfc4106(gcm(aes))'
  negotiate chacha20poly1305
  carries chacha20-poly1305 'rfc7539esp(chacha20,poly1305)'
  drop_esp both
  wait_until 10 "the monitor says down" -- agent_logged gw-a 'reason="IPSEC SA VPN Monitor Failure"'
  heal
  wait_until 10 "the tunnel is back by itself" -- state_is gw-a to-b up
}

# Gives both charons another proposal and ends the tunnel.
negotiate() { # PROPOSAL
  CHILD_SETTINGS="esp_proposals = $1"
  charon_changed gw-a
  charon_changed gw-b
  child_down gw-a
  wait_until 6 "the tunnel is absent" -- state_is gw-a to-b absent
}

carries() { # NAME-IN-STATUS ALGORITHM...
  local name=$1 algorithm
  shift
  # The first packet of an algorithm waits until the kernel has loaded and tested it.
  child_up gw-a
  for algorithm; do
    expect "the SAs use $algorithm" -- sas_use "$algorithm"
  done
  wait_until 10 "the tunnel is up" -- state_is gw-a to-b up
  expect_equal "the algorithm" "$(set_field gw-a to-b algorithm)" "$name"
  expect_equal "the encapsulation" "$(set_field gw-a to-b encap)" null
  expect "the link is in service" -- operstate_is gw-a vti0 UP
  expect "a ping passes" -- ping_once host-a 10.2.0.2
}

sas_use() { # ALGORITHM
  (($(ip -n gw-a xfrm state list nokeys | grep -cF "$1") == 2))
}
