/// What monitoring systems read after `MetricsTests.theWholeText`: probes left at 0 to 8 s and were
/// answered until 5; the threshold fell at 9, and the SAs were cleared at once.
let metricsGolden = """
  # HELP vpnagent_tunnel_up 1 if the tunnel is up, else 0, also while it has no SAs or cannot be probed.
  # TYPE vpnagent_tunnel_up gauge
  vpnagent_tunnel_up{tunnel="to-b"} 0
  # HELP vpnagent_tunnel_state 1 for the state that the tunnel is in, 0 for every other state.
  # TYPE vpnagent_tunnel_state gauge
  vpnagent_tunnel_state{tunnel="to-b",state="absent"} 0
  vpnagent_tunnel_state{tunnel="to-b",state="idle"} 0
  vpnagent_tunnel_state{tunnel="to-b",state="verifying"} 0
  vpnagent_tunnel_state{tunnel="to-b",state="up"} 0
  vpnagent_tunnel_state{tunnel="to-b",state="down"} 1
  vpnagent_tunnel_state{tunnel="to-b",state="standby"} 0
  vpnagent_tunnel_state{tunnel="to-b",state="unmonitored"} 0
  # HELP vpnagent_tunnel_info Always 1; the labels are the tunnel's link, gateway and establish-tunnels.
  # TYPE vpnagent_tunnel_info gauge
  vpnagent_tunnel_info{tunnel="to-b",link="vti0",gateway="gw-b",establish="immediately"} 1
  # HELP vpnagent_tunnel_monitored 1 if the tunnel has vpn-monitor and can be probed, else 0.
  # TYPE vpnagent_tunnel_monitored gauge
  vpnagent_tunnel_monitored{tunnel="to-b"} 1
  # HELP vpnagent_tunnel_state_change_timestamp_seconds Unix time at which the tunnel entered its current state, in seconds.
  # TYPE vpnagent_tunnel_state_change_timestamp_seconds gauge
  vpnagent_tunnel_state_change_timestamp_seconds{tunnel="to-b"} 1795651199.5
  # HELP vpnagent_tunnel_failures_total Number of times the tunnel went down.
  # TYPE vpnagent_tunnel_failures_total counter
  vpnagent_tunnel_failures_total{tunnel="to-b"} 1
  # HELP vpnagent_tunnel_last_failure_timestamp_seconds Unix time at which the tunnel last went down, in seconds; absent if it never did.
  # TYPE vpnagent_tunnel_last_failure_timestamp_seconds gauge
  vpnagent_tunnel_last_failure_timestamp_seconds{tunnel="to-b"} 1795651199.5
  # HELP vpnagent_link_in_service 1 if the agent has the tunnel's link in service, else 0.
  # TYPE vpnagent_link_in_service gauge
  vpnagent_link_in_service{tunnel="to-b",link="vti0"} 0
  # HELP vpnagent_link_held 1 if the agent holds the tunnel's link, else 0; a link left as found is neither held nor in service.
  # TYPE vpnagent_link_held gauge
  vpnagent_link_held{tunnel="to-b",link="vti0"} 1
  # HELP vpnagent_link_withdrawn_routes Number of routes that the agent has withdrawn from the tunnel's link.
  # TYPE vpnagent_link_withdrawn_routes gauge
  vpnagent_link_withdrawn_routes{tunnel="to-b"} 1
  # HELP vpnagent_tunnel_packets_total Number of packets through the tunnel's SAs, probes included.
  # TYPE vpnagent_tunnel_packets_total counter
  vpnagent_tunnel_packets_total{tunnel="to-b",direction="in"} 0
  vpnagent_tunnel_packets_total{tunnel="to-b",direction="out"} 0
  # HELP vpnagent_tunnel_bytes_total Number of bytes in these packets, as inside the tunnel.
  # TYPE vpnagent_tunnel_bytes_total counter
  vpnagent_tunnel_bytes_total{tunnel="to-b",direction="in"} 0
  vpnagent_tunnel_bytes_total{tunnel="to-b",direction="out"} 0
  # HELP vpnagent_tunnel_esp_errors_total Number of ESP packets that inbound SAs dropped: too old for the replay window (window), received before (replay), or not authentic (integrity).
  # TYPE vpnagent_tunnel_esp_errors_total counter
  vpnagent_tunnel_esp_errors_total{tunnel="to-b",error="window"} 0
  vpnagent_tunnel_esp_errors_total{tunnel="to-b",error="replay"} 0
  vpnagent_tunnel_esp_errors_total{tunnel="to-b",error="integrity"} 0
  # HELP vpnagent_probes_total Number of probes by result: answered in time through the tunnel, lost, answered only outside the tunnel (clear), or not sent.
  # TYPE vpnagent_probes_total counter
  vpnagent_probes_total{tunnel="to-b",result="answered"} 6
  vpnagent_probes_total{tunnel="to-b",result="lost"} 3
  vpnagent_probes_total{tunnel="to-b",result="clear"} 0
  vpnagent_probes_total{tunnel="to-b",result="not_sent"} 0
  # HELP vpnagent_probe_late_replies_total Number of replies that came after their probe was counted as lost.
  # TYPE vpnagent_probe_late_replies_total counter
  vpnagent_probe_late_replies_total{tunnel="to-b"} 0
  # HELP vpnagent_probe_rtt_seconds Round-trip times of probes through the tunnel, including late replies.
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
  # HELP vpnagent_probe_smoothed_rtt_seconds Smoothed round-trip time of probes, of the tunnel's slowest SA set.
  # TYPE vpnagent_probe_smoothed_rtt_seconds gauge
  # HELP vpnagent_probe_jitter_seconds Smoothed deviation of the round-trip time, of the tunnel's worst SA set.
  # TYPE vpnagent_probe_jitter_seconds gauge
  # HELP vpnagent_probe_loss_ratio Share of the last 64 probes that was lost, of the tunnel's worst SA set.
  # TYPE vpnagent_probe_loss_ratio gauge
  # HELP vpnagent_probe_consecutive_losses Number of probes lost in a row, of the tunnel's worst SA set.
  # TYPE vpnagent_probe_consecutive_losses gauge
  vpnagent_probe_consecutive_losses{tunnel="to-b"} 0
  # HELP vpnagent_probe_loss_threshold Number of probes lost in a row that make the path count as dead.
  # TYPE vpnagent_probe_loss_threshold gauge
  vpnagent_probe_loss_threshold{tunnel="to-b"} 3
  # HELP vpnagent_probe_obstructed 1 if an SA set of the tunnel cannot be probed, else 0; see vpnagent status for the reason.
  # TYPE vpnagent_probe_obstructed gauge
  vpnagent_probe_obstructed{tunnel="to-b"} 0
  # HELP vpnagent_path_degraded 1 if probe replies take longer than the configured wait, else 0.
  # TYPE vpnagent_path_degraded gauge
  vpnagent_path_degraded{tunnel="to-b"} 0
  # HELP vpnagent_probe_never_answered 1 if losses are ignored because the probe destination has never answered, else 0.
  # TYPE vpnagent_probe_never_answered gauge
  vpnagent_probe_never_answered{tunnel="to-b"} 0
  # HELP vpnagent_verify_path_failures_total Number of times verify-path reached its threshold of lost probes.
  # TYPE vpnagent_verify_path_failures_total counter
  vpnagent_verify_path_failures_total{tunnel="to-b"} 0
  # HELP vpnagent_vpn_monitor_failures_total Number of times vpn-monitor reached its threshold of lost probes.
  # TYPE vpnagent_vpn_monitor_failures_total counter
  vpnagent_vpn_monitor_failures_total{tunnel="to-b"} 1
  # HELP vpnagent_clear_reply_failures_total Number of times the loss threshold was reached while replies came outside the tunnel.
  # TYPE vpnagent_clear_reply_failures_total counter
  vpnagent_clear_reply_failures_total{tunnel="to-b"} 0
  # HELP vpnagent_path_mtu_bytes Largest packet that passes the tunnel, with IP header; absent while unknown.
  # TYPE vpnagent_path_mtu_bytes gauge
  # HELP vpnagent_path_mtu_reduced 1 if the tunnel loses packets of full size, else 0; absent while unknown.
  # TYPE vpnagent_path_mtu_reduced gauge
  # HELP vpnagent_tunnel_sa_sets Number of SA sets of the tunnel that have SAs in both directions.
  # TYPE vpnagent_tunnel_sa_sets gauge
  vpnagent_tunnel_sa_sets{tunnel="to-b"} 0
  # HELP vpnagent_sa_clears_total Number of times the agent cleared an SA set of the tunnel, by reason.
  # TYPE vpnagent_sa_clears_total counter
  vpnagent_sa_clears_total{tunnel="to-b",reason="verify-path"} 0
  vpnagent_sa_clears_total{tunnel="to-b",reason="vpn-monitor"} 1
  vpnagent_sa_clears_total{tunnel="to-b",reason="dead-peer-detection"} 0
  vpnagent_sa_clears_total{tunnel="to-b",reason="operator"} 0
  vpnagent_sa_clears_total{tunnel="to-b",reason="other"} 0
  # HELP vpnagent_sa_rekeys_total Number of rekeys, that is new SAs in an SA set whose path was already proven.
  # TYPE vpnagent_sa_rekeys_total counter
  vpnagent_sa_rekeys_total{tunnel="to-b"} 0
  # HELP vpnagent_renegotiation_attempts_total Number of attempts to renegotiate the tunnel after a failure.
  # TYPE vpnagent_renegotiation_attempts_total counter
  vpnagent_renegotiation_attempts_total{tunnel="to-b"} 1
  # HELP vpnagent_renegotiation_attempts_since_recovery Number of attempts to renegotiate the tunnel since it last recovered.
  # TYPE vpnagent_renegotiation_attempts_since_recovery gauge
  vpnagent_renegotiation_attempts_since_recovery{tunnel="to-b"} 1
  # HELP vpnagent_initiations_total Number of negotiations that the agent started for the tunnel, by any method.
  # TYPE vpnagent_initiations_total counter
  vpnagent_initiations_total{tunnel="to-b"} 0
  # HELP vpnagent_dpd_peer_answers 1 if the gateway's IKE daemon answers liveness checks, else 0.
  # TYPE vpnagent_dpd_peer_answers gauge
  vpnagent_dpd_peer_answers{gateway="gw-b"} 0
  # HELP vpnagent_dpd_unanswered_questions Number of IKE liveness checks in a row without a valid answer.
  # TYPE vpnagent_dpd_unanswered_questions gauge
  vpnagent_dpd_unanswered_questions{gateway="gw-b"} 0
  # HELP vpnagent_dpd_threshold Number of unanswered IKE liveness checks in a row that make the peer count as dead.
  # TYPE vpnagent_dpd_threshold gauge
  vpnagent_dpd_threshold{gateway="gw-b"} 5
  # HELP vpnagent_dpd_questions_total Number of IKE liveness checks sent to the gateway.
  # TYPE vpnagent_dpd_questions_total counter
  vpnagent_dpd_questions_total{gateway="gw-b"} 1
  # HELP vpnagent_dpd_answers_total Number of answers to IKE liveness checks.
  # TYPE vpnagent_dpd_answers_total counter
  vpnagent_dpd_answers_total{gateway="gw-b"} 0
  # HELP vpnagent_dpd_peer_deaths_total Number of times the peer was found dead.
  # TYPE vpnagent_dpd_peer_deaths_total counter
  vpnagent_dpd_peer_deaths_total{gateway="gw-b"} 0
  # HELP vpnagent_bad_spi_packets_total Number of ESP packets with an unknown SPI that were matched to the gateway.
  # TYPE vpnagent_bad_spi_packets_total counter
  vpnagent_bad_spi_packets_total{gateway="gw-b"} 0
  # HELP vpnagent_bad_spi_responses_total Number of negotiations started because of ESP with an unknown SPI.
  # TYPE vpnagent_bad_spi_responses_total counter
  vpnagent_bad_spi_responses_total{gateway="gw-b"} 0
  # HELP vpnagent_bad_spi_responses_pending Number of negotiations started because of ESP with an unknown SPI since ESP last decrypted.
  # TYPE vpnagent_bad_spi_responses_pending gauge
  vpnagent_bad_spi_responses_pending{gateway="gw-b"} 0
  # HELP vpnagent_tunnels Number of tunnels in each state, including those without series of their own.
  # TYPE vpnagent_tunnels gauge
  vpnagent_tunnels{state="absent"} 0
  vpnagent_tunnels{state="idle"} 0
  vpnagent_tunnels{state="verifying"} 0
  vpnagent_tunnels{state="up"} 0
  vpnagent_tunnels{state="down"} 1
  vpnagent_tunnels{state="standby"} 0
  vpnagent_tunnels{state="unmonitored"} 0
  # HELP vpnagent_role 1 for the HA role of this gateway, 0 for the other.
  # TYPE vpnagent_role gauge
  vpnagent_role{role="active"} 1
  vpnagent_role{role="standby"} 0
  # HELP vpnagent_vici_connected 1 if strongSwan answers on its VICI socket, else 0.
  # TYPE vpnagent_vici_connected gauge
  vpnagent_vici_connected 0
  # HELP vpnagent_mass_failure 1 during a mass failure (most tunnels failed at once), else 0.
  # TYPE vpnagent_mass_failure gauge
  vpnagent_mass_failure 0
  # HELP vpnagent_mass_failures_total Number of mass failures (most tunnels failed at once).
  # TYPE vpnagent_mass_failures_total counter
  vpnagent_mass_failures_total 0
  # HELP vpnagent_gate_failures_total Number of failed changes to links and routes while holding or releasing a link.
  # TYPE vpnagent_gate_failures_total counter
  vpnagent_gate_failures_total 0
  # HELP vpnagent_sa_clear_failures_total Number of SAs that the kernel refused to clear.
  # TYPE vpnagent_sa_clear_failures_total counter
  vpnagent_sa_clear_failures_total 0
  # HELP vpnagent_probe_lateness_seconds Delay of probes from when they were due to when they were sent, and length of each stall.
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
  # HELP vpnagent_stalls_total Number of times the agent did not run for more than 0.1 s when it had work to do.
  # TYPE vpnagent_stalls_total counter
  vpnagent_stalls_total 0
  # HELP vpnagent_probe_interval_stretch Factor by which probe intervals are stretched because probes cannot be sent in time; 1 if they can.
  # TYPE vpnagent_probe_interval_stretch gauge
  vpnagent_probe_interval_stretch 1

  """
