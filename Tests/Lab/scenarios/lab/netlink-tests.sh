#!/bin/bash
# The unit tests of LinuxEdge that talk to the kernel, on one that has ESP, VTI and XFRM interfaces, none skipped.
# Main: scripts/test runs it.

setup() { nodes gw-a; }

story() {
  local tests=${VPNAGENT%/*/*}/debug/vpnagentPackageTests.xctest
  [[ -x $tests ]] || fail "no tests at $tests: run swift build --build-tests"
  on gw-a "$tests" --testing-library swift-testing \
    --filter 'LinuxEdgeTests.(Capture|IKEPinger|Netlink|OwnLink|Policy|ProbeSocket|WholeProbe)' >"$LAB/tests.log" 2>&1 ||
    { cat "$LAB/tests.log" >&9; fail "a test failed"; }
  expect "all passed" -- grep -E 'Test run with [0-9]+ tests .* passed' "$LAB/tests.log"
  expect_not "a test was skipped" -- grep skipped "$LAB/tests.log"
}
