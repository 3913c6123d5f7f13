/// Metrics of gateways, and of the agent as a whole. docs/metrics.md has them all.
extension MetricsSnapshot {
  static let ofGateways: [MetricFamily<MetricsSnapshot>] = [
    .detection("dpd_peer_answers", .gauge, "Whether the peer's IKE daemon has answered lately") {
      $0.answers.contains(where: \.isSupported) ? 1 : 0
    },
    .detection(
      "dpd_unanswered_questions", .gauge, "Questions in a row without a valid answer"
    ) { UInt64($0.watches.map(\.detector.losses).max() ?? 0) },
    .detection("dpd_threshold", .gauge, "Unanswered questions that make the peer dead") {
      UInt64($0.gateway.deadPeerDetection?.threshold ?? 0)
    },
    .detection("dpd_questions_total", .counter, "Questions that were sent", \.tally.questions),
    .detection("dpd_answers_total", .counter, "Answers that came", \.tally.answers),
    .detection("dpd_peer_deaths_total", .counter, "Times the peer was found dead", \.tally.deaths),
    .badSPI("bad_spi_packets_total", .counter, "ESP with unknown SPIs that was matched") {
      $0.tally.badSPIs
    },
    .badSPI("bad_spi_responses_total", .counter, "Negotiations that answered it") {
      $0.tally.responses
    },
    .badSPI(
      "bad_spi_responses_pending", .gauge, "Negotiations since the peer's ESP was last decrypted"
    ) { UInt64($0.badSPI?.responses ?? 0) },
  ]

  static let ofAll: [MetricFamily<MetricsSnapshot>] = [
    MetricFamily("tunnels", .gauge, "Tunnels in each state, also those without a series") {
      scene, text in
      let counts = scene.core.stateCounts
      for state in Core.stateNames {
        text.sample(Exposition.label("state", state), UInt64(counts[state] ?? 0))
      }
    },
    MetricFamily("role", .gauge, "1 for the HA role that the gateway has") { scene, text in
      for role in Role.allCases {
        text.sample(Exposition.label("role", role.rawValue), scene.core.role == role)
      }
    },
    .one("vici_connected", .gauge, "Whether strongSwan answers on its VICI socket") {
      $0.lists.isConnected ? 1 : 0
    },
    .one("mass_failure", .gauge, "Whether most tunnels failed at once and that is not over") {
      $0.clearPolicy.mass.isActive ? 1 : 0
    },
    .one("mass_failures_total", .counter, "Times that began", \.out.counters.massFailures),
    .one(
      "gate_failures_total", .counter, "Steps of a gate that failed", \.out.counters.gateFailures),
    .one(
      "sa_clear_failures_total", .counter, "SAs that the kernel refused to clear",
      \.out.counters.clearFailures),
    MetricFamily(
      "probe_lateness_seconds", .histogram,
      "From when a probe was due to when the agent came to send it, and each stall"
    ) { scene, text in text.sample("", scene.core.out.counters.lateness) },
    .one(
      "stalls_total", .counter,
      "Times the agent did not run for more than 0.1 s when it had to", \.out.counters.stalls),
    MetricFamily(
      "probe_interval_stretch", .gauge,
      "How much wider than configured probes are spread, because they cannot be sent in time; "
        + "1 when they can"
    ) { scene, text in text.sample("", scene.core.punctuality.stretch) },
  ]
}

extension MetricFamily<MetricsSnapshot> {
  /// One number of the core's.
  fileprivate static func one(
    _ name: String, _ kind: Exposition.Kind, _ help: String,
    _ value: @escaping @Sendable (Core) -> UInt64
  ) -> Self {
    Self(name, kind, help) { scene, text in text.sample("", value(scene.core)) }
  }

  /// One number for each gateway with dead-peer-detection.
  fileprivate static func detection(
    _ name: String, _ kind: Exposition.Kind, _ help: String,
    _ value: @escaping @Sendable (MetricsSnapshot.Peer) -> UInt64
  ) -> Self {
    Self(name, kind, help) { scene, text in
      for peer in scene.peers where peer.gateway.deadPeerDetection != nil {
        text.sample(peer.label, value(peer))
      }
    }
  }

  /// One number for each gateway, with respond-bad-spi.
  fileprivate static func badSPI(
    _ name: String, _ kind: Exposition.Kind, _ help: String,
    _ value: @escaping @Sendable (MetricsSnapshot.Peer) -> UInt64
  ) -> Self {
    Self(name, kind, help) { scene, text in
      guard scene.core.configuration.respondBadSPI != nil else { return }
      for peer in scene.peers { text.sample(peer.label, value(peer)) }
    }
  }
}
