/// What monitoring systems read after `MetricsTests.theWholeText`: probes left at 0 to 8 s and were
/// answered until 5; the threshold fell at 9, and the SAs were cleared at once.
let metricsGolden = """
  # HELP vpnagent_tunnel_up Whether the tunnel is up: 0 also while there is none, or while it cannot be probed
  # TYPE vpnagent_tunnel_up gauge
  vpnagent_tunnel_up{tunnel="to-b"} 0
  # HELP vpnagent_tunnel_state 1 for the state that the tunnel is in
  # TYPE vpnagent_tunnel_state gauge
  vpnagent_tunnel_state{tunnel="to-b",state="absent"} 0
  vpnagent_tunnel_state{tunnel="to-b",state="idle"} 0
  vpnagent_tunnel_state{tunnel="to-b",state="verifying"} 0
  vpnagent_tunnel_state{tunnel="to-b",state="up"} 0
  vpnagent_tunnel_state{tunnel="to-b",state="down"} 1
  vpnagent_tunnel_state{tunnel="to-b",state="standby"} 0
  vpnagent_tunnel_state{tunnel="to-b",state="unmonitored"} 0
  # HELP vpnagent_tunnel_info 1; link, gateway and establish-tunnels of the tunnel
  # TYPE vpnagent_tunnel_info gauge
  vpnagent_tunnel_info{tunnel="to-b",link="vti0",gateway="gw-b",establish="immediately"} 1
  # HELP vpnagent_tunnel_monitored Whether the tunnel has vpn-monitor and can be probed
  # TYPE vpnagent_tunnel_monitored gauge
  vpnagent_tunnel_monitored{tunnel="to-b"} 1
  # HELP vpnagent_tunnel_state_change_timestamp_seconds When the tunnel came into its state, in seconds since 1970
  # TYPE vpnagent_tunnel_state_change_timestamp_seconds gauge
  vpnagent_tunnel_state_change_timestamp_seconds{tunnel="to-b"} 1795651199.5
  # HELP vpnagent_tunnel_failures_total Times the tunnel went down
  # TYPE vpnagent_tunnel_failures_total counter
  vpnagent_tunnel_failures_total{tunnel="to-b"} 1
  # HELP vpnagent_tunnel_last_failure_timestamp_seconds When the tunnel went down the last time, in seconds since 1970; none before the first
  # TYPE vpnagent_tunnel_last_failure_timestamp_seconds gauge
  vpnagent_tunnel_last_failure_timestamp_seconds{tunnel="to-b"} 1795651199.5
  # HELP vpnagent_link_in_service Whether the agent has the link in service
  # TYPE vpnagent_link_in_service gauge
  vpnagent_link_in_service{tunnel="to-b",link="vti0"} 0
  # HELP vpnagent_link_held Whether the agent holds the link; 0 in both while it stays as found
  # TYPE vpnagent_link_held gauge
  vpnagent_link_held{tunnel="to-b",link="vti0"} 1
  # HELP vpnagent_link_withdrawn_routes Routes that the agent has taken from the link
  # TYPE vpnagent_link_withdrawn_routes gauge
  vpnagent_link_withdrawn_routes{tunnel="to-b"} 1
  # HELP vpnagent_probes_total Probes by what they came to: answered in time through the tunnel, lost, answered only outside of it (clear), or not sent
  # TYPE vpnagent_probes_total counter
  vpnagent_probes_total{tunnel="to-b",result="answered"} 6
  vpnagent_probes_total{tunnel="to-b",result="lost"} 3
  vpnagent_probes_total{tunnel="to-b",result="clear"} 0
  vpnagent_probes_total{tunnel="to-b",result="not_sent"} 0
  # HELP vpnagent_probe_late_replies_total Replies to probes that were counted as lost
  # TYPE vpnagent_probe_late_replies_total counter
  vpnagent_probe_late_replies_total{tunnel="to-b"} 0
  # HELP vpnagent_probe_rtt_seconds Round trips of probes through the tunnel, late ones too
  # TYPE vpnagent_probe_rtt_seconds histogram
  vpnagent_probe_rtt_seconds_bucket{tunnel="to-b",le="0.0005"} 0
  vpnagent_probe_rtt_seconds_bucket{tunnel="to-b",le="0.001"} 0
  vpnagent_probe_rtt_seconds_bucket{tunnel="to-b",le="0.002"} 0
  vpnagent_probe_rtt_seconds_bucket{tunnel="to-b",le="0.005"} 0
  vpnagent_probe_rtt_seconds_bucket{tunnel="to-b",le="0.01"} 0
  vpnagent_probe_rtt_seconds_bucket{tunnel="to-b",le="0.02"} 6
  vpnagent_probe_rtt_seconds_bucket{tunnel="to-b",le="0.05"} 6
  vpnagent_probe_rtt_seconds_bucket{tunnel="to-b",le="0.1"} 6
  vpnagent_probe_rtt_seconds_bucket{tunnel="to-b",le="0.2"} 6
  vpnagent_probe_rtt_seconds_bucket{tunnel="to-b",le="0.5"} 6
  vpnagent_probe_rtt_seconds_bucket{tunnel="to-b",le="1"} 6
  vpnagent_probe_rtt_seconds_bucket{tunnel="to-b",le="2"} 6
  vpnagent_probe_rtt_seconds_bucket{tunnel="to-b",le="5"} 6
  vpnagent_probe_rtt_seconds_bucket{tunnel="to-b",le="+Inf"} 6
  vpnagent_probe_rtt_seconds_sum{tunnel="to-b"} 0.0738
  vpnagent_probe_rtt_seconds_count{tunnel="to-b"} 6
  # HELP vpnagent_probe_smoothed_rtt_seconds Smoothed round trip, of the slowest SA set
  # TYPE vpnagent_probe_smoothed_rtt_seconds gauge
  # HELP vpnagent_probe_jitter_seconds Smoothed deviation of the round trip, of the worst SA set
  # TYPE vpnagent_probe_jitter_seconds gauge
  # HELP vpnagent_probe_loss_ratio Share of the last 64 probes that was lost, of the worst SA set
  # TYPE vpnagent_probe_loss_ratio gauge
  # HELP vpnagent_probe_consecutive_losses Probes lost in a row, of the worst SA set
  # TYPE vpnagent_probe_consecutive_losses gauge
  vpnagent_probe_consecutive_losses{tunnel="to-b"} 0
  # HELP vpnagent_probe_loss_threshold Losses in a row that make the path dead
  # TYPE vpnagent_probe_loss_threshold gauge
  vpnagent_probe_loss_threshold{tunnel="to-b"} 3
  # HELP vpnagent_probe_obstructed Whether a set cannot be probed, for the reason that status says
  # TYPE vpnagent_probe_obstructed gauge
  vpnagent_probe_obstructed{tunnel="to-b"} 0
  # HELP vpnagent_path_degraded Whether replies take longer than the configuration waits for them
  # TYPE vpnagent_path_degraded gauge
  vpnagent_path_degraded{tunnel="to-b"} 0
  # HELP vpnagent_probe_never_answered Whether the threshold fell and nothing was done, because the target has never answered
  # TYPE vpnagent_probe_never_answered gauge
  vpnagent_probe_never_answered{tunnel="to-b"} 0
  # HELP vpnagent_verify_path_failures_total Times verify-path reached its threshold
  # TYPE vpnagent_verify_path_failures_total counter
  vpnagent_verify_path_failures_total{tunnel="to-b"} 0
  # HELP vpnagent_vpn_monitor_failures_total Times vpn-monitor reached its threshold
  # TYPE vpnagent_vpn_monitor_failures_total counter
  vpnagent_vpn_monitor_failures_total{tunnel="to-b"} 1
  # HELP vpnagent_clear_reply_failures_total Times the threshold was reached while replies came outside the tunnel
  # TYPE vpnagent_clear_reply_failures_total counter
  vpnagent_clear_reply_failures_total{tunnel="to-b"} 0
  # HELP vpnagent_path_mtu_bytes The largest packet that passes, IP header included; none while unknown
  # TYPE vpnagent_path_mtu_bytes gauge
  # HELP vpnagent_path_mtu_reduced Whether larger packets vanish; none while unknown
  # TYPE vpnagent_path_mtu_reduced gauge
  # HELP vpnagent_tunnel_sa_sets SA sets of the tunnel that have SAs both ways
  # TYPE vpnagent_tunnel_sa_sets gauge
  vpnagent_tunnel_sa_sets{tunnel="to-b"} 0
  # HELP vpnagent_sa_clears_total Times the SAs of one of the tunnel's sets were cleared
  # TYPE vpnagent_sa_clears_total counter
  vpnagent_sa_clears_total{tunnel="to-b",reason="verify-path"} 0
  vpnagent_sa_clears_total{tunnel="to-b",reason="vpn-monitor"} 1
  vpnagent_sa_clears_total{tunnel="to-b",reason="dead-peer-detection"} 0
  vpnagent_sa_clears_total{tunnel="to-b",reason="operator"} 0
  vpnagent_sa_clears_total{tunnel="to-b",reason="other"} 0
  # HELP vpnagent_sa_rekeys_total Times SAs joined a set that was proven
  # TYPE vpnagent_sa_rekeys_total counter
  vpnagent_sa_rekeys_total{tunnel="to-b"} 0
  # HELP vpnagent_renegotiation_attempts_total Attempts to get the tunnel renegotiated after a failure
  # TYPE vpnagent_renegotiation_attempts_total counter
  vpnagent_renegotiation_attempts_total{tunnel="to-b"} 1
  # HELP vpnagent_renegotiation_attempts_since_recovery Those of them since the tunnel last recovered
  # TYPE vpnagent_renegotiation_attempts_since_recovery gauge
  vpnagent_renegotiation_attempts_since_recovery{tunnel="to-b"} 1
  # HELP vpnagent_initiations_total Negotiations that the agent began, by whatever means
  # TYPE vpnagent_initiations_total counter
  vpnagent_initiations_total{tunnel="to-b"} 0
  # HELP vpnagent_dpd_peer_answers Whether the peer's IKE daemon has answered lately
  # TYPE vpnagent_dpd_peer_answers gauge
  vpnagent_dpd_peer_answers{gateway="gw-b"} 0
  # HELP vpnagent_dpd_unanswered_questions Questions in a row without a valid answer
  # TYPE vpnagent_dpd_unanswered_questions gauge
  vpnagent_dpd_unanswered_questions{gateway="gw-b"} 0
  # HELP vpnagent_dpd_threshold Unanswered questions that make the peer dead
  # TYPE vpnagent_dpd_threshold gauge
  vpnagent_dpd_threshold{gateway="gw-b"} 5
  # HELP vpnagent_dpd_questions_total Questions that were sent
  # TYPE vpnagent_dpd_questions_total counter
  vpnagent_dpd_questions_total{gateway="gw-b"} 1
  # HELP vpnagent_dpd_answers_total Answers that came
  # TYPE vpnagent_dpd_answers_total counter
  vpnagent_dpd_answers_total{gateway="gw-b"} 0
  # HELP vpnagent_dpd_peer_deaths_total Times the peer was found dead
  # TYPE vpnagent_dpd_peer_deaths_total counter
  vpnagent_dpd_peer_deaths_total{gateway="gw-b"} 0
  # HELP vpnagent_bad_spi_packets_total ESP with unknown SPIs that was matched
  # TYPE vpnagent_bad_spi_packets_total counter
  vpnagent_bad_spi_packets_total{gateway="gw-b"} 0
  # HELP vpnagent_bad_spi_responses_total Negotiations that answered it
  # TYPE vpnagent_bad_spi_responses_total counter
  vpnagent_bad_spi_responses_total{gateway="gw-b"} 0
  # HELP vpnagent_bad_spi_responses_pending Negotiations since the peer's ESP was last decrypted
  # TYPE vpnagent_bad_spi_responses_pending gauge
  vpnagent_bad_spi_responses_pending{gateway="gw-b"} 0
  # HELP vpnagent_tunnels Tunnels in each state, also those without a series
  # TYPE vpnagent_tunnels gauge
  vpnagent_tunnels{state="absent"} 0
  vpnagent_tunnels{state="idle"} 0
  vpnagent_tunnels{state="verifying"} 0
  vpnagent_tunnels{state="up"} 0
  vpnagent_tunnels{state="down"} 1
  vpnagent_tunnels{state="standby"} 0
  vpnagent_tunnels{state="unmonitored"} 0
  # HELP vpnagent_role 1 for the HA role that the gateway has
  # TYPE vpnagent_role gauge
  vpnagent_role{role="active"} 1
  vpnagent_role{role="standby"} 0
  # HELP vpnagent_vici_connected Whether strongSwan answers on its VICI socket
  # TYPE vpnagent_vici_connected gauge
  vpnagent_vici_connected 0
  # HELP vpnagent_mass_failure Whether most tunnels failed at once and that is not over
  # TYPE vpnagent_mass_failure gauge
  vpnagent_mass_failure 0
  # HELP vpnagent_mass_failures_total Times that began
  # TYPE vpnagent_mass_failures_total counter
  vpnagent_mass_failures_total 0
  # HELP vpnagent_gate_failures_total Steps of a gate that failed
  # TYPE vpnagent_gate_failures_total counter
  vpnagent_gate_failures_total 0
  # HELP vpnagent_sa_clear_failures_total SAs that the kernel refused to clear
  # TYPE vpnagent_sa_clear_failures_total counter
  vpnagent_sa_clear_failures_total 0
  # HELP vpnagent_probe_lateness_seconds From when a probe was due to when the agent came to send it, and each stall
  # TYPE vpnagent_probe_lateness_seconds histogram
  vpnagent_probe_lateness_seconds_bucket{le="0.001"} 9
  vpnagent_probe_lateness_seconds_bucket{le="0.002"} 9
  vpnagent_probe_lateness_seconds_bucket{le="0.005"} 9
  vpnagent_probe_lateness_seconds_bucket{le="0.01"} 9
  vpnagent_probe_lateness_seconds_bucket{le="0.02"} 9
  vpnagent_probe_lateness_seconds_bucket{le="0.05"} 9
  vpnagent_probe_lateness_seconds_bucket{le="0.1"} 9
  vpnagent_probe_lateness_seconds_bucket{le="0.2"} 9
  vpnagent_probe_lateness_seconds_bucket{le="0.5"} 9
  vpnagent_probe_lateness_seconds_bucket{le="1"} 9
  vpnagent_probe_lateness_seconds_bucket{le="5"} 9
  vpnagent_probe_lateness_seconds_bucket{le="+Inf"} 9
  vpnagent_probe_lateness_seconds_sum 0
  vpnagent_probe_lateness_seconds_count 9
  # HELP vpnagent_stalls_total Times the agent did not run for more than 0.1 s when it had to
  # TYPE vpnagent_stalls_total counter
  vpnagent_stalls_total 0
  # HELP vpnagent_probe_interval_stretch How much wider than configured probes are spread, because they cannot be sent in time; 1 when they can
  # TYPE vpnagent_probe_interval_stretch gauge
  vpnagent_probe_interval_stretch 1

  """
