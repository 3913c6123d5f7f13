/// Metrics of probes. docs/metrics.md has them all.
extension MetricsSnapshot {
  static let ofProbes: [MetricFamily<MetricsSnapshot>] = [
    MetricFamily(
      "probes_total", .counter,
      "Probes by what they came to: answered in time through the tunnel, lost, answered only "
        + "outside of it (clear), or not sent"
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
      "probe_late_replies_total", "Replies to probes that were counted as lost", \.late),
    MetricFamily(
      "probe_rtt_seconds", .histogram, "Round trips of probes through the tunnel, late ones too"
    ) { scene, text in
      for one in scene.counted { text.sample(one.label, one.tally.roundTrips) }
    },
    .tunnel("probe_smoothed_rtt_seconds", "Smoothed round trip, of the slowest SA set") {
      $0.sets.compactMap(\.window.statistics.smoothedRTT).max()?.inSeconds
    },
    .tunnel("probe_jitter_seconds", "Smoothed deviation of the round trip, of the worst SA set") {
      $0.sets.compactMap(\.window.statistics.jitter).max()?.inSeconds
    },
    .tunnel(
      "probe_loss_ratio", "Share of the last 64 probes that was lost, of the worst SA set"
    ) { $0.sets.compactMap(\.window.statistics.recentLoss).max() },
    .tunnel("probe_consecutive_losses", "Probes lost in a row, of the worst SA set") { one in
      one.tunnel.monitor.map { _ in
        Double(one.sets.map(\.window.consecutiveLosses).max() ?? 0)
      }
    },
    .tunnel("probe_loss_threshold", "Losses in a row that make the path dead") {
      $0.tunnel.monitor.map { Double($0.threshold) }
    },
    .tunnel("probe_obstructed", "Whether a set cannot be probed, for the reason that status says") {
      one in one.tunnel.monitor.map { _ in one.sets.contains { $0.obstacle != nil } ? 1 : 0 }
    },
    .tunnel("path_degraded", "Whether replies take longer than the configuration waits for them") {
      one in one.tunnel.monitor.map { _ in one.tunnel.isDegraded ? 1 : 0 }
    },
    .tunnel(
      "probe_never_answered",
      "Whether the threshold fell and nothing was done, because the target has never answered"
    ) { one in one.tunnel.monitor.map { _ in one.sets.contains(where: \.isNeverAnswered) ? 1 : 0 }
    },
    .counter(
      "verify_path_failures_total", "Times verify-path reached its threshold",
      \.verifyPathFailures),
    .counter(
      "vpn_monitor_failures_total", "Times vpn-monitor reached its threshold", \.monitorFailures),
    .counter(
      "clear_reply_failures_total",
      "Times the threshold was reached while replies came outside the tunnel",
      \.clearReplyFailures),
    .tunnel(
      "path_mtu_bytes", "The largest packet that passes, IP header included; none while unknown"
    ) { $0.sets.compactMap(\.pathMTU.finding.size).min().map(Double.init) },
    .tunnel("path_mtu_reduced", "Whether larger packets vanish; none while unknown") { one in
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
