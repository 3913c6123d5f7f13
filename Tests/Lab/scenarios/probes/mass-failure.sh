#!/bin/bash
# 16 tunnels, the underlay is cut: one alarm, one clear at a time as a test, all in service two intervals after it heals.

count=16

setup() {
  two_gateways
  links gw-a 1
  links gw-b 2
  CHILD_SETTINGS=$(children) charon gw-b none
  CHILD_SETTINGS=$(children 'start_action = start') charon gw-a none
  charon_loaded gw-b
  charon_loaded gw-a
}

# XFRM interfaces ipsec1... with the if_ids 1..., all in one batch.
links() { # GATEWAY END
  local number lines='' settings=()
  for ((number = 1; number <= count; number++)); do
    lines+="link add ipsec$number type xfrm dev wan if_id $number"$'\n'
    lines+="address add 169.254.$((100 + number)).$2/30 dev ipsec$number"$'\n'
    lines+="link set ipsec$number up"$'\n'
    settings+=("net.ipv4.conf.ipsec$number.rp_filter=0")
  done
  ip_lines "$1" <<<"$lines"
  on "$1" sysctl -qw "${settings[@]}"
}

# One child a link, told apart by its selectors.
children() { # [LINE]
  local number
  echo '} '
  for ((number = 1; number <= count; number++)); do
    cat <<CONF
    to-$number {
      local_ts = 169.254.$((100 + number)).0/30
      remote_ts = 169.254.$((100 + number)).0/30
      esp_proposals = aes128gcm16
      if_id_in = $number
      if_id_out = $number
      ${1:-}
CONF
    ((number == count)) || echo '}'
  done
}

story() {
  local spis_before cut_at healed_at lasted tests
  templates | agent gw-a
  wait_until 40 "all tunnels are up" -- tunnels_up "$count"
  spis_before=$(spis gw-a)

  cut_at=$(now)
  drop_esp both
  wait_until 15 "the mass failure is alarmed" -- agent_logged gw-a 'VPN_MASS_FAILURE: '
  wait_until 10 "all tunnels are down or verified anew" -- tunnels_up 0
  expect "a link is held" -- operstate_is gw-a ipsec5 DORMANT
  expect_between "failing tunnels in status" "$(mass_field failing)" 9 "$count"
  wait_until 15 "a second test follows" -- logged_times gw-a 'cleared as a test' 2
  expect_equal "tunnels in two tests" "$(first_tests 2 | sort -u | wc -l)" 2

  lasted=$(($(now) - cut_at))
  tests=$(log_count gw-a 'cleared as a test')
  on transit nft flush chain inet lab pass
  healed_at=$(wall_ms)
  heal
  wait_until 20 "all tunnels are up" -- tunnels_up "$count"
  expect_between "ms from healing to the last tunnel in service" "$(($(last_up) - healed_at))" 0 6000
  # A test takes two intervals at least, until its threshold falls.
  expect_between "tests in $lasted ms" "$tests" 2 $((lasted / 4000 + 1))
  expect_between "tunnels with other SAs than before" "$(changed_sas "$spis_before")" 1 $((tests + 1))
  expect_equal "mass alarms" "$(log_count gw-a 'VPN_MASS_FAILURE: ')" 1
  wait_until 5 "that it is over is said" -- agent_logged gw-a 'VPN_MASS_FAILURE is over'
  expect_equal "the mass failure in status" "$(mass_field failing)" null
  expect_not "a tunnel has an alarm of its own" -- agent_logged gw-a 'KMD_VPN_DOWN_ALARM_USER'
}

templates() {
  cat <<'TOML'
[vpn-monitor-options]
interval = 2
threshold = 2

[template.branches]
match.interface = "ipsec*"
establish-tunnels = "immediately"
vpn-monitor.verify-path = true
vpn-monitor.timeout = 2
TOML
}

tunnels_up() { # COUNT
  [[ $(QUIET=1 status gw-a | jq '[.tunnels[] | select(.state == "up" and .gate == "in-service")] | length') == "$1" ]]
}

mass_field() { QUIET=1 status gw-a | jq -r ".mass_failure.$1"; } # FIELD

first_tests() { # COUNT
  grep 'cleared as a test' "$LAB/agent-gw-a.log" | head -n "$1" | cut -d' ' -f3
}

# When the last tunnel came into service.
last_up() { logged_at gw-a 'state=up' "$(log_count gw-a 'state=up')"; }

# How many tunnels have lost the SPIs of a list.
changed_sas() { # SPIS
  echo $(($(comm -23 <(echo "$1") <(spis gw-a) | wc -l) / 2))
}
