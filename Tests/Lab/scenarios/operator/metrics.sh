#!/bin/bash
# A real tunnel is cut and comes back under Prometheus' eyes: what it reads, and clients that only hold on.
# Roots: prometheus

story() {
  routes_through vti0
  configuration "[::1]:9112" | agent gw-a
  scraper gw-a
  expect "the tunnel is absent and exported" -- metric_is gw-a 'tunnel_up{tunnel="to-b"}' 0
  expect "traffic may trigger it" -- metric_is gw-a 'link_in_service{tunnel="to-b",link="vti0"}' 1
  child_up gw-a
  wait_until 5 "the tunnel is up" -- metric_is gw-a 'tunnel_up{tunnel="to-b"}' 1
  wait_until 20 "probes are answered" -- metric_above gw-a "$(probes answered)" 5
  cut_and_back
  delay 40ms
  wait_until 20 "round trips are longer" -- \
    metric_above gw-a 'probe_smoothed_rtt_seconds{tunnel="to-b"}' 0.06
  run kill "$scraper_pid"
  heal
  the_text_is_right
  who_never_speaks_delays_nobody
  other_places
}

configuration() { # LISTEN
  [[ ! $1 ]] || echo "metrics = { listen = \"$1\" }"
  GATEWAY_SETTINGS='dead-peer-detection = true' ESTABLISH=on-traffic monitoring gw-a
}

probes() { echo "probes_total{tunnel=\"to-b\",result=\"$1\"}"; } # RESULT

# More clients than the agent takes connect and say nothing: probes leave and are answered as ever, and
# who does speak comes in again when the silent ones are cut.
who_never_speaks_delays_nobody() {
  local before answered late lost pid
  before=$(open_files)
  lost=$(metric gw-a "$(probes lost)")
  late=$(late_probes)
  on_background gw-a silent.log bash -c '
    for n in {1..24}; do exec {fd}<>/dev/tcp/::1/9112; done; echo all >&2; read -rt 60 _ <> <(:)'
  pid=$started_pid
  wait_until 10 "24 clients are connected" -- grep -q all "$LAB/silent.log"
  answered=$(metric gw-a "$(probes answered)")
  wait_until 15 "probes are answered" -- metric_above gw-a "$(probes answered)" $((answered + 4))
  expect_between "files that the agent has open" "$(open_files)" $((before - 2)) $((before + 17))
  expect "no probe was lost" -- metric_is gw-a "$(probes lost)" "$lost"
  expect_equal "probes that left more than half a second late" "$(($(late_probes) - late))" 0
  wait_until 40 "who speaks is heard again" -- scrape gw-a
  run kill "$pid"
}

late_probes() {
  QUIET=1 vpnagent gw-a metrics | awk '
    /^vpnagent_probe_lateness_seconds_count/ { all = $2 }
    /^vpnagent_probe_lateness_seconds_bucket{le="0.5"}/ { timely = $2 }
    END { print all - timely }'
}

open_files() {
  # shellcheck disable=SC2012 # numbers
  ls "/proc/$(<"$LAB/agent-gw-a.pid")/fd" | wc -l
}

cut_and_back() {
  drop_esp both
  wait_until 15 "the tunnel is not up" -- metric_is gw-a 'tunnel_up{tunnel="to-b"}' 0
  wait_until 10 "its SAs were cleared" -- \
    metric_is gw-a 'sa_clears_total{tunnel="to-b",reason="vpn-monitor"}' 1
  expect "vpn-monitor failed" -- metric_is gw-a 'vpn_monitor_failures_total{tunnel="to-b"}' 1
  expect "the tunnel went down" -- metric_above gw-a 'tunnel_failures_total{tunnel="to-b"}' 0
  expect "probes were lost" -- metric_above gw-a "$(probes lost)" 2
  expect "the link is held" -- metric_is gw-a 'link_held{tunnel="to-b",link="vti0"}' 1
  expect "no route is on it" -- metric_is gw-a 'link_withdrawn_routes{tunnel="to-b"}' 1
  wait_until 10 "a negotiation was begun" -- metric_above gw-a 'initiations_total{tunnel="to-b"}' 0
  heal
  wait_until 15 "the tunnel is back" -- metric_is gw-a 'tunnel_up{tunnel="to-b"}' 1
  expect "the link is in service" -- metric_is gw-a 'link_in_service{tunnel="to-b",link="vti0"}' 1
  expect "strongSwan answers" -- metric_is gw-a vici_connected 1
  expect "dead peer detection is exported" -- metric_is gw-a 'dpd_threshold{gateway="gw-b"}' 5
}

the_text_is_right() {
  cp "$LAB/scrapes-gw-a" "$lab_dir/results/metrics.scrapes"
  expect_between "scrapes" "$(grep -c '^# at' "$LAB/scrapes-gw-a")" 10 1000
  expect_equal "counters that went back" "$(counters_back "$LAB/scrapes-gw-a")" ""
  scrape gw-a >"$LAB/scraped"
  expect "promtool has no complaint" -- no_complaint "$LAB/scraped"
  on gw-a "$VPNAGENT" metrics --output "$LAB/vpnagent.prom"
  expect "promtool has no complaint of the file" -- no_complaint "$LAB/vpnagent.prom"
  expect_equal "what is left beside it" "$(echo "$LAB"/vpnagent.prom.*)" "$LAB/vpnagent.prom.*"
  expect_equal "families" "$(grep '^# TYPE' "$LAB/vpnagent.prom")" "$(grep '^# TYPE' "$LAB/scraped")"
}

no_complaint() { # FILE
  local said
  said=$(promtool check metrics <"$1" 2>&1) || true
  echo "$said"
  [[ ! $said ]]
}

# The place changes by a reload; a bad file is told.
other_places() {
  local socket=/run/vpnagent/metrics.sock
  configuration "unix:$socket" >"$LAB/agent-gw-a.toml"
  expect "it is taken over" -- vpnagent gw-a reload
  expect_not "the old place serves" -- scrape gw-a
  wait_until 5 "the socket serves" -- prints '^vpnagent_tunnel_up' by_socket "$socket"
  configuration "0.0.0.0:9112" >"$LAB/agent-gw-a.toml"
  expect_not "all the world may read" -- vpnagent gw-a reload
  # A page is kept for a second.
  wait_until 5 "that is exported" -- prints '^vpnagent_config_last_reload_successful 0' by_socket "$socket"
  configuration "" >"$LAB/agent-gw-a.toml"
  expect "it is off" -- vpnagent gw-a reload
  expect_not "the socket is there" -- on gw-a test -e "$socket"
  expect "the tunnel is up" -- state_is gw-a to-b up
}

by_socket() { # PATH
  printf 'GET /metrics HTTP/1.0\r\n\r\n' | on gw-a socat -t 5 - "UNIX-CONNECT:$1"
}
