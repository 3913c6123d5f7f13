#!/bin/bash
# The agent stands still while thousands of SAs come and go and its tunnel is rekeyed: events are
# lost, it reads all anew, and its view is the kernel's. The stop itself is no loss.

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  child_up gw-a
  wait_until 5 "the tunnel is up" -- state_is gw-a to-b up
  local before
  before=$(spis gw-a)
  run kill -STOP "$(<"$LAB/agent-gw-a.pid")"
  strangers add | on gw-a ip -batch -
  strangers del | on gw-a ip -batch -
  rekey_child gw-a
  wait_until 20 "the old SAs are gone" -- spis_gone gw-a "$before"
  run kill -CONT "$(<"$LAB/agent-gw-a.pid")"

  wait_until 5 "the overrun is noticed" -- agent_logged gw-a 'netlink overrun .xfrm.: resynchronizing'
  wait_until 5 "status has the kernel's SAs" -- knows_the_sas
  stays 4 "the tunnel stays up" -- state_is gw-a to-b up
  expect_equal "probes lost" "$(set_field gw-a to-b lost)" 0
  expect_equal "times it came up" "$(log_count gw-a 'state=up')" 1
}

# SAs of somebody else's, more than the agent's receive buffer holds.
strangers() { # add|del
  local spi
  for ((spi = 0x10000; spi < 0x10000 + 7000; spi++)); do
    if [[ $1 == add ]]; then
      echo "xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi $spi mode tunnel enc cipher_null '' auth digest_null ''"
    else
      echo "xfrm state delete src 192.0.2.1 dst 192.0.2.2 proto esp spi $spi"
    fi
  done
}

knows_the_sas() {
  [[ $(QUIET=1 status gw-a | jq -r '.tunnels[0].sets[0] | (.spi_in + .spi_out)[]' | sort) == "$(spis gw-a)" ]]
}
