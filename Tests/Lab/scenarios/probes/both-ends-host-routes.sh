#!/bin/bash
# vpnagent with verify-path on both gateways converges: /32 addresses and static host routes.

setup() {
  two_gateways
  vti gw-a vti0 42 169.254.100.1/32
  vti gw-b vti0 42 169.254.100.2/32
  charons
}

story() {
  route gw-a add 169.254.100.2/32 dev vti0
  route gw-b add 169.254.100.1/32 dev vti0
  routes_through vti0
  ESTABLISH=responder-only monitoring gw-a 'verify-path = { destination-ip = "169.254.100.2" }' \
    'destination-ip = "169.254.100.2"' | agent gw-a
  ESTABLISH=responder-only monitoring gw-b 'verify-path = { destination-ip = "169.254.100.1" }' \
    'destination-ip = "169.254.100.1"' | agent gw-b
  wait_until 5 "gw-a's other routes are withdrawn" -- is_unreachable gw-a 10.2.0.0/16
  expect "the operator's host route stays" -- has_route gw-a 169.254.100.2/32 dev vti0 proto boot
  both_converge
}
