#!/bin/bash
# vpnagent with verify-path on both gateways converges: /30 on the link.
# Main: scripts/test runs it.

story() {
  routes_through vti0
  monitoring gw-a | agent gw-a
  monitoring gw-b | agent gw-b
  both_converge
}
