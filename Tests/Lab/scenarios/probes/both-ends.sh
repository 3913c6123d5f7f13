#!/bin/bash
# vpnagent with verify-path on both gateways converges: /30 on the link.
# Main: scripts/test runs it.

story() {
  routes_through vti0
  ESTABLISH=responder-only monitoring gw-a | agent gw-a
  ESTABLISH=responder-only monitoring gw-b | agent gw-b
  both_converge
}
