#!/bin/bash
# status NAME, show ... and their JSON about a real tunnel: absent, verifying, up, cut; what each says is so.

story() {
  routes_through vti0
  GATEWAY_SETTINGS='dead-peer-detection = { mode = "always-send", interval = 60, threshold = 3 }' \
    ESTABLISH=responder-only OWNED='routes = ["10.33.0.0/16"]' monitoring gw-a 'threshold = 100' |
    agent gw-a
  wait_until 5 "the link is held" -- operstate_is gw-a vti0 DORMANT
  while_absent
  drop_esp both
  child_up gw-a
  wait_until 5 "it verifies" -- state_is gw-a to-b verifying
  while_verifying
  heal
  wait_until 30 "the tunnel is up" -- state_is gw-a to-b up
  wait_until 5 "the link is in service" -- operstate_is gw-a vti0 UP
  while_up
  drop_esp both
  wait_until 15 "losses are counted" -- table_says '^to-b .* up [0-9]+/100 +in-service'
  agent_kill gw-a KILL
  asked 2 show sa
  it_says 'no agent answers on /run/vpnagent/control.sock: Connection refused$'
}

while_absent() {
  asked 0 show inactive-tunnels
  it_says 'Total inactive tunnels: 1 of 1'
  it_says '^  1 .* 203\.0\.113\.1 +to-b .* No IPSec SA$'
  asked 0 show routes
  it_says_not '^  owned'
  it_says '^  withdrawn +10\.2\.0\.0/16$'
  it_says '^  unreachable +10\.33\.0\.0/16$'
  asked 0 show ike
  it_says '^strongSwan has no IKE SAs$'
}

while_verifying() {
  wait_until 15 "probes are lost" -- table_says '^to-b .* verifying [0-9]+/100 +held'
  asked 0 show interfaces
  it_says '^  Flags: Up Link-Layer-Down, Encapsulation: vti \(keys 42/42\)'
  it_says '^  Tunnel: to-b \(ID 1\), verifying$'
  lists_the_sas V
  asked 0 show inactive-tunnels
  it_says 'Total inactive tunnels: 1 of 1'
  it_says '^  1 .* to-b .* new SAs, path not verified yet$'
  asked 1 status to-b
  it_says '^    last probes: +xx+$'
}

while_up() {
  asked 0 show interface vti0
  it_says '^  Flags: Up, Encapsulation: vti'
  it_says '^  Address: 169\.254\.100\.1/30$'
  lists_the_sas U
  tells_the_sas_in_detail
  asked 0 show inactive-tunnels
  it_says 'Total inactive tunnels: 0 of 1'
  asked 0 show routes
  it_says '^  owned +10\.33\.0\.0/16$'
  it_says_not '^  (unreachable|withdrawn)'
  asked 0 show ike
  it_says '^to-b: #[0-9]+, ESTABLISHED, IKEv2, initiator$'
  it_says "^  remote 'gw-b' @ 203\.0\.113\.1\[(500|4500)\]"
  it_says '^  DPD: 203\.0\.113\.1 by [a-z-]+, always-send, (unknown|supported), 0 of 3 lost'
  it_says "^  net: #[0-9]+, INSTALLED, SPIs $(spi in) $(spi out), tunnel to-b\$"
  wait_until 15 "some probes were answered" -- answered gw-a to-b 3
  asked 0 status to-b
  it_says '^    last probes: +[0-9x]*[0-9]{2}$'
  json_is_valid
}

# As the kernel has them: SPIs each way, what is left of their lives, the letter.
lists_the_sas() { # LETTER
  asked 0 show security-associations
  it_says 'Total active tunnels: 1     Total IPsec sas: 1'
  it_says "^  <1 +ESP:aes-gcm-128 +$(spi in) +[0-9]+/ unlim +$1 .* 203\.0\.113\.1 +to-b\$"
  it_says "^  >1 +ESP:aes-gcm-128 +$(spi out) +[0-9]+/ unlim +$1 .* 203\.0\.113\.1 +to-b\$"
}

# The kernel's own words, less the seconds since.
tells_the_sas_in_detail() {
  local hard window
  hard=$(on gw-a ip -s xfrm state list | sed -n 's/.*expire add: .*hard \([0-9]*\)(sec).*/\1/p')
  hard=$(head -n 1 <<<"$hard")
  window=$(on gw-a ip xfrm state list | sed -n 's/.*replay-window \([1-9][0-9]*\).*/\1/p')
  wait_until 15 "strongSwan's list is read" -- \
    prints '^  Local Identity: gw-a$' vpnagent gw-a show sa detail
  asked 0 show sa detail
  it_says '^    .{30}: VPN monitoring verify-path succeeded \(1 times?\)$'
  expect_equal "SAs that are monitored and up" "$(grep -c 'VPN Monitoring: UP$' "$LAB/said")" 2
  it_says "Replay window size: $(head -n 1 <<<"$window")\$"
  expect_between "seconds to the hard expiry" \
    "$(sed -n 's/^ *Hard lifetime: Expires in \([0-9]*\) seconds$/\1/p' "$LAB/said" | head -n 1)" \
    "$((hard - 300))" "$((hard - 1))"
}

# Against docs/schema, no key beyond it.
json_is_valid() {
  local name
  mkdir -p "$LAB/json"
  for name in security-associations interfaces inactive-tunnels ike routes; do
    vpnagent gw-a show "$name" --json >"$LAB/json/$name.json"
  done
  vpnagent gw-a events --json >"$LAB/json/events.json"
  vpnagent gw-a statistics --json >"$LAB/json/statistics.json"
  status gw-a >"$LAB/json/status.json"
  expect "the JSON is as documented" -- "$lib/../../../scripts/schemas" "$LAB"/json/*.json
}

# The SPI of the first set's SA, as status has it.
spi() { # in|out
  set_field gw-a to-b "spi_$1" | jq -r '.[0]'
}

table_says() { # REGEX
  vpnagent gw-a status >"$LAB/table" || (($? == 1))
  grep -Eq -- "$1" "$LAB/table"
}

# Runs a command on gw-a that must end with this status; what it prints is for it_says.
asked() { # STATUS COMMAND...
  local status=0
  vpnagent gw-a "${@:2}" >"$LAB/said" 2>&1 || status=$?
  sed 's/^/    /' "$LAB/said" >&9
  expect_equal "exit status" "$status" "$1"
}

it_says() { expect "it says $1" -- grep -Eq -- "$1" "$LAB/said"; } # REGEX

it_says_not() { expect_not "it says $1" -- grep -Eq -- "$1" "$LAB/said"; } # REGEX
