/// Metrics of gateways, and of the agent as a whole. docs/metrics.md has them all.
extension MetricsSnapshot {
  static let ofGateways: [MetricFamily<MetricsSnapshot>] = [
    .detection(
      "dpd_peer_answers", .gauge, "1 if the gateway's IKE daemon answers liveness checks, else 0."
    ) {
      $0.answers.contains(where: \.isSupported) ? 1 : 0
    },
    .detection(
      "dpd_unanswered_questions", .gauge,
      "Number of IKE liveness checks in a row without a valid answer."
    ) { UInt64($0.watches.map(\.detector.losses).max() ?? 0) },
    .detection(
      "dpd_threshold", .gauge,
      "Number of unanswered IKE liveness checks in a row that make the peer count as dead."
    ) {
      UInt64($0.gateway.deadPeerDetection?.threshold ?? 0)
    },
    .detection(
      "dpd_questions_total", .counter, "Number of IKE liveness checks sent to the gateway.",
      \.tally.questions),
    .detection(
      "dpd_answers_total", .counter, "Number of answers to IKE liveness checks.", \.tally.answers),
    .detection(
      "dpd_peer_deaths_total", .counter, "Number of times the peer was found dead.", \.tally.deaths),
    .badSPI(
      "bad_spi_packets_total", .counter,
      "Number of ESP packets with an unknown SPI that were matched to the gateway."
    ) {
      $0.tally.badSPIs
    },
    .badSPI(
      "bad_spi_responses_total", .counter,
      "Number of negotiations started because of ESP with an unknown SPI."
    ) {
      $0.tally.responses
    },
    .badSPI(
      "bad_spi_responses_pending", .gauge,
      "Number of negotiations started because of ESP with an unknown SPI since ESP "
        + "last decrypted."
    ) { UInt64($0.badSPI?.responses ?? 0) },
  ]

  static let ofAll: [MetricFamily<MetricsSnapshot>] = [
    MetricFamily(
      "tunnels", .gauge,
      "Number of tunnels in each state, including those without series of their own."
    ) {
      scene, text in
      let counts = scene.core.stateCounts
      for state in Core.stateNames {
        text.sample(Exposition.label("state", state), UInt64(counts[state] ?? 0))
      }
    },
    MetricFamily("role", .gauge, "1 for the HA role of this gateway, 0 for the other.") {
      scene, text in
      for role in Role.allCases {
        text.sample(Exposition.label("role", role.rawValue), scene.core.role == role)
      }
    },
    .one("vici_connected", .gauge, "1 if strongSwan answers on its VICI socket, else 0.") {
      $0.lists.isConnected ? 1 : 0
    },
    .one("mass_failure", .gauge, "1 during a mass failure (most tunnels failed at once), else 0.") {
      $0.clearPolicy.mass.isActive ? 1 : 0
    },
    .one(
      "mass_failures_total", .counter, "Number of mass failures (most tunnels failed at once).",
      \.out.counters.massFailures),
    .one(
      "gate_failures_total", .counter,
      "Number of failed changes to links and routes while holding or releasing a link.",
      \.out.counters.gateFailures),
    .one(
      "sa_clear_failures_total", .counter, "Number of SAs that the kernel refused to clear.",
      \.out.counters.clearFailures),
    MetricFamily(
      "probe_lateness_seconds", .histogram,
      "Delay of probes from when they were due to when they were sent, and length of "
        + "each stall."
    ) { scene, text in text.sample("", scene.core.out.counters.lateness) },
    .one(
      "stalls_total", .counter,
      "Number of times the agent did not run for more than 0.1 s when it had work to do.",
      \.out.counters.stalls),
    MetricFamily(
      "probe_interval_stretch", .gauge,
      "Factor by which probe intervals are stretched because probes cannot be sent "
        + "in time; 1 if they can."
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
