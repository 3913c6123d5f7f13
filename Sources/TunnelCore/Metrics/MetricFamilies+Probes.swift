/// Metrics of probes. docs/metrics.md has them all.
extension MetricsSnapshot {
  static let ofProbes: [MetricFamily<MetricsSnapshot>] = [
    MetricFamily(
      "probes_total", .counter,
      "Number of probes by result: answered in time through the tunnel, lost, "
        + "answered only outside the tunnel (clear), or not sent."
    ) { scene, text in
      for one in scene.counted {
        let results = [
          ("answered", one.tally.answered), ("lost", one.tally.lost), ("clear", one.tally.clear),
          ("not_sent", one.tally.notSent),
        ]
        for (result, count) in results {
          text.sample("\(one.label),\(Exposition.label("result", result))", count)
        }
      }
    },
    .counter(
      "probe_late_replies_total",
      "Number of replies that came after their probe was counted as lost.", \.late),
    MetricFamily(
      "probe_rtt_seconds", .histogram,
      "Round-trip times of probes through the tunnel, including late replies."
    ) { scene, text in
      for one in scene.counted { text.sample(one.label, one.tally.roundTrips) }
    },
    .tunnel(
      "probe_smoothed_rtt_seconds",
      "Smoothed round-trip time of probes, of the tunnel's slowest SA set."
    ) {
      $0.sets.compactMap(\.window.statistics.smoothedRTT).max()?.inSeconds
    },
    .tunnel(
      "probe_jitter_seconds",
      "Smoothed deviation of the round-trip time, of the tunnel's worst SA set."
    ) {
      $0.sets.compactMap(\.window.statistics.jitter).max()?.inSeconds
    },
    .tunnel(
      "probe_loss_ratio", "Share of the last 64 probes that was lost, of the tunnel's worst SA set."
    ) { $0.sets.compactMap(\.window.statistics.recentLoss).max() },
    .tunnel(
      "probe_consecutive_losses", "Number of probes lost in a row, of the tunnel's worst SA set."
    ) { one in
      one.tunnel.monitor.map { _ in
        Double(one.sets.map(\.window.consecutiveLosses).max() ?? 0)
      }
    },
    .tunnel(
      "probe_loss_threshold", "Number of probes lost in a row that make the path count as dead."
    ) {
      $0.tunnel.monitor.map { Double($0.threshold) }
    },
    .tunnel(
      "probe_obstructed",
      "1 if an SA set of the tunnel cannot be probed, else 0; see vpnagent status "
        + "for the reason."
    ) {
      one in one.tunnel.monitor.map { _ in one.sets.contains { $0.obstacle != nil } ? 1 : 0 }
    },
    .tunnel("path_degraded", "1 if probe replies take longer than the configured wait, else 0.") {
      one in one.tunnel.monitor.map { _ in one.tunnel.isDegraded ? 1 : 0 }
    },
    .tunnel(
      "probe_never_answered",
      "1 if losses are ignored because the probe destination has never answered, else 0."
    ) { one in one.tunnel.monitor.map { _ in one.sets.contains(where: \.isNeverAnswered) ? 1 : 0 }
    },
    .counter(
      "verify_path_failures_total",
      "Number of times verify-path reached its threshold of lost probes.",
      \.verifyPathFailures),
    .counter(
      "vpn_monitor_failures_total",
      "Number of times vpn-monitor reached its threshold of lost probes.", \.monitorFailures),
    .counter(
      "clear_reply_failures_total",
      "Number of times the loss threshold was reached while replies came outside the "
        + "tunnel.",
      \.clearReplyFailures),
    .tunnel(
      "path_mtu_bytes",
      "Largest packet that passes the tunnel, with IP header; absent while unknown."
    ) { $0.sets.compactMap(\.pathMTU.finding.size).min().map(Double.init) },
    .tunnel(
      "path_mtu_reduced",
      "1 if the tunnel loses packets of full size, else 0; absent while unknown."
    ) { one in
      let findings = one.sets.map(\.pathMTU.finding).filter { $0.size != nil }
      return findings.isEmpty ? nil : findings.contains(where: \.isReduced) ? 1 : 0
    },
  ]
}

extension PathMTU.Finding {
  fileprivate var size: Int? {
    switch self {
    case .unknown: nil
    case .full(let size), .reduced(let size, _): size
    }
  }

  fileprivate var isReduced: Bool {
    switch self {
    case .unknown, .full: false
    case .reduced: true
    }
  }
}
