#!/bin/bash
# vpnagent with verify-path on both gateways converges: probes between loopback addresses.

setup() {
  two_gateways
  vti gw-a vti0 42 none
  vti gw-b vti0 42 none
  run ip -n gw-a address add 10.99.0.1/32 dev lo
  run ip -n gw-b address add 10.99.0.2/32 dev lo
  charons
}

# The far loopback is reached by a wider route only, which a held link loses.
story() {
  routes_through vti0
  route gw-a add 10.99.0.0/24 dev vti0
  route gw-b add 10.99.0.0/24 dev vti0
  ESTABLISH=responder-only monitoring gw-a 'verify-path = { destination-ip = "10.99.0.2" }' \
    'destination-ip = "10.99.0.2"' 'source-interface = "lo"' | agent gw-a
  ESTABLISH=responder-only monitoring gw-b 'verify-path = { destination-ip = "10.99.0.1" }' \
    'destination-ip = "10.99.0.1"' 'source-interface = "lo"' | agent gw-b
  both_converge
}
