#!/bin/bash
# status NAME, show ... and their JSON about a real tunnel: absent, verifying, up, cut; what each says is so.

story() {
  routes_through vti0
  GATEWAY_SETTINGS='dead-peer-detection = { mode = "always-send", interval = 2, threshold = 3 }' \
    OWNED='routes = ["10.33.0.0/16"]' monitoring gw-a 'threshold = 20' | agent gw-a
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  says 'Total active tunnels: 0 ' show security-associations
  says 'Total inactive tunnels: 1 of 1' show inactive-tunnels
  says '^  1 .* 203\.0\.113\.1 +to-b .* No IPSec SA$' show inactive-tunnels
  says '^  owned +10\.33\.0\.0/16$' -v show routes
  says '^  withdrawn +10\.2\.0\.0/16$' show routes
  says '^  unreachable +10\.33\.0\.0/16$' show routes
  says '^strongSwan has no IKE SA$' show ike

  drop_esp both
  child_up gw-a
  wait_until 5 "it verifies" -- state_is gw-a to-b verifying
  says '^  Flags: Up Link-Layer-Down, Encapsulation: vti \(keys 42/42\)' show interfaces
  security_associations V
  wait_until 10 "probes are lost" -- prints '^to-b .* V +verifying [2-9]/20 +held' \
    agent_prints status
  says '^    last probes: +xx' status to-b
  json_is_valid

  heal
  wait_until 30 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "the link is in service" -- operstate_is gw-a vti0 UP
  says '^  Flags: Up, Encapsulation: vti' show interfaces vti0
  says '^  Address: 169\.254\.100\.1/30$' show interface vti0
  says '^  Tunnel: to-b \(ID 1\), up$' show interfaces
  security_associations U
  security_associations_in_detail
  says 'Total inactive tunnels: 0 of 1' show inactive-tunnels
  says '^  owned +10\.33\.0\.0/16$' show routes
  says '^  unreachable' -v show routes
  says '^to-b: #[0-9]+, ESTABLISHED, IKEv2, initiator$' show ike
  says "^  remote 'gw-b' @ 203\.0\.113\.1\[(500|4500)\]" show ike
  says '^  net: #[0-9]+, INSTALLED, SPIs 0x[0-9a-f]{8} 0x[0-9a-f]{8}, tunnel to-b$' show ike
  wait_until 10 "dead peer detection has asked" -- \
    prints '^  DPD: 203\.0\.113\.1 by ike-ping, always-send, supported, 0 of 3 lost' \
    agent_prints show ike
  wait_until 10 "some probes were answered" -- answered gw-a to-b 3
  says '^    last probes: +x+[0-9▁-█]+$' status to-b
  json_is_valid

  drop_esp both
  wait_until 10 "losses are counted" -- prints '^to-b .* U +up [2-9]/20 +in-service' \
    agent_prints status
  agent_kill gw-a KILL
  local exit=0
  agent_prints show sa >"$LAB/said" 2>&1 || exit=$?
  expect_equal "exit status without an agent" "$exit" 2
}

# As the kernel has them: SPIs each way, what is left of their lives, the letter.
security_associations() { # LETTER
  local direction
  says 'Total active tunnels: 1     Total IPsec sas: 1' show security-associations
  for direction in in out; do
    says "^  [<>]1 +ESP:aes-gcm-128 +$(set_field gw-a to-b "spi_$direction" | jq -r '.[0]') +[0-9]+/ unlim +$1 .* 203\.0\.113\.1 +to-b$" show sa
  done
}

security_associations_in_detail() {
  local hard window
  says '^    .{28}: VPN monitoring verify-path succeeded \(1 times\)$' show sa detail
  expect_equal "SAs that VPN monitoring says are up" \
    "$(agent_prints show sa detail | grep -c 'VPN Monitoring: UP$')" 2
  # The kernel's own words, less the seconds since.
  hard=$(on gw-a ip -s xfrm state list | sed -n 's/.*expire add: .*hard \([0-9]*\)(sec).*/\1/p' | head -n 1)
  window=$(on gw-a ip -d xfrm state list | sed -n 's/.*replay-window \([1-9][0-9]*\).*/\1/p' | head -n 1)
  expect_between "seconds to the hard expiry" \
    "$(agent_prints show sa --json | jq '.tunnels[0].sas[0].hard_expiry | floor')" \
    "$((hard - 60))" "$hard"
  says "Replay window size: $window\$" show sa detail
  says '^  Local Identity: gw-a$' show sa detail
}

# Against docs/schema, no key beyond it.
json_is_valid() {
  local name
  mkdir -p "$LAB/json"
  for name in security-associations interfaces inactive-tunnels ike routes; do
    agent_prints show "$name" --json >"$LAB/json/$name.json"
  done
  agent_prints events --json >"$LAB/json/events.json"
  agent_prints statistics --json >"$LAB/json/statistics.json"
  status gw-a >"$LAB/json/status.json"
  expect "the JSON is as documented" -- on gw-a "$lib/../../../scripts/schemas" "$LAB"/json/*.json
}

agent_prints() { QUIET=1 vpnagent gw-a "$@"; } # COMMAND...

# Claims that a command prints a line that matches; -v: none.
says() { # REGEX [-v] COMMAND...
  local regex=$1 none='' exit=0
  shift
  if [[ $1 == -v ]]; then none=1; shift; fi
  vpnagent gw-a "$@" >"$LAB/said" 2>&1 || exit=$?
  sed 's/^/    /' "$LAB/said" >&9
  ((exit < 2)) || fail "'$*' ended with $exit"
  if [[ $none ]]; then
    expect_not "'$*' says $regex" -- grep -Eq -- "$regex" "$LAB/said"
  else
    expect "'$*' says $regex" -- grep -Eq -- "$regex" "$LAB/said"
  fi
}
