/// Metrics of tunnels, their links and their SAs. docs/metrics.md has them all.
extension MetricsSnapshot {
  static let ofTunnels: [MetricFamily<MetricsSnapshot>] = [
    .tunnel(
      "tunnel_up",
      "1 if the tunnel is up, else 0, also while it has no SAs or cannot be probed."
    ) {
      $0.tunnel.state == .up && $0.tunnel.blindness == nil ? 1 : 0
    },
    MetricFamily(
      "tunnel_state", .gauge, "1 for the state that the tunnel is in, 0 for every other state."
    ) { scene, text in
      for one in scene.tunnels {
        for state in Core.stateNames {
          text.sample(
            "\(one.label),\(Exposition.label("state", state))", one.tunnel.stateName == state)
        }
      }
    },
    MetricFamily(
      "tunnel_info", .gauge,
      "Always 1; the labels are the tunnel's link, gateway and establish-tunnels."
    ) {
      scene, text in
      for one in scene.tunnels {
        let link = Exposition.label("link", one.tunnel.link ?? "")
        let gateway = Exposition.label("gateway", one.tunnel.gateway ?? "")
        let establish = Exposition.label(
          "establish", one.tunnel.vpn?.establishTunnels.rawValue ?? "")
        text.sample("\(one.label),\(link),\(gateway),\(establish)", true)
      }
    },
    .tunnel("tunnel_monitored", "1 if the tunnel has vpn-monitor and can be probed, else 0.") {
      $0.tunnel.monitor != nil && !$0.tunnel.isOnlyObserved && $0.tunnel.blindness == nil ? 1 : 0
    },
    MetricFamily(
      "tunnel_state_change_timestamp_seconds", .gauge,
      "Unix time at which the tunnel entered its current state, in seconds."
    ) { scene, text in
      for one in scene.tunnels { text.sample(one.label, scene.unixTime(of: one.tunnel.since)) }
    },
    .counter("tunnel_failures_total", "Number of times the tunnel went down.", \.failures),
    MetricFamily(
      "tunnel_last_failure_timestamp_seconds", .gauge,
      "Unix time at which the tunnel last went down, in seconds; absent if it never did."
    ) { scene, text in
      for one in scene.tunnels {
        if let last = one.tunnel.lastFailure {
          text.sample(one.label, scene.unixTime(of: last.at))
        }
      }
    },
    MetricFamily(
      "link_in_service", .gauge, "1 if the agent has the tunnel's link in service, else 0."
    ) {
      scene, text in scene.writeGates(to: &text) { $0 == .inService }
    },
    MetricFamily(
      "link_held", .gauge,
      "1 if the agent holds the tunnel's link, else 0; a link left as found is "
        + "neither held nor in service."
    ) { scene, text in scene.writeGates(to: &text) { $0 == .held || $0 == .down } },
    MetricFamily(
      "link_withdrawn_routes", .gauge,
      "Number of routes that the agent has withdrawn from the tunnel's link."
    ) { scene, text in
      for one in scene.tunnels {
        guard let link = one.guardedLink else { continue }
        text.sample(one.label, Double(scene.core.gates.routes.withdrawn(from: link).count))
      }
    },
  ]

  static let ofTraffic: [MetricFamily<MetricsSnapshot>] = [
    .traffic(
      "tunnel_packets_total", "Number of packets through the tunnel's SAs, probes included.",
      \.packets),
    .traffic(
      "tunnel_bytes_total", "Number of bytes in these packets, as inside the tunnel.", \.bytes),
    MetricFamily(
      "tunnel_esp_errors_total", .counter,
      "Number of ESP packets that inbound SAs dropped: too old for the replay window (window), "
        + "received before (replay), or not authentic (integrity)."
    ) { scene, text in
      for one in scene.counted {
        let (label, errors) = (one.label, one.traffic.errors)
        text.sample("\(label),error=\"window\"", errors.outsideWindow)
        text.sample("\(label),error=\"replay\"", errors.replayed)
        text.sample("\(label),error=\"integrity\"", errors.integrity)
      }
    },
  ]

  static let ofSAs: [MetricFamily<MetricsSnapshot>] = [
    .tunnel("tunnel_sa_sets", "Number of SA sets of the tunnel that have SAs in both directions.") {
      Double($0.sets.count { $0.phase != .incomplete && $0.absentUntil == nil })
    },
    MetricFamily(
      "sa_clears_total", .counter,
      "Number of times the agent cleared an SA set of the tunnel, by reason."
    ) { scene, text in
      for one in scene.counted {
        for cause in TunnelCounters.ClearCause.allCases {
          text.sample(
            "\(one.label),\(Exposition.label("reason", cause.rawValue))",
            one.tally.clears[cause] ?? 0)
        }
      }
    },
    .counter(
      "sa_rekeys_total",
      "Number of rekeys, that is new SAs in an SA set whose path was already proven.", \.rekeys),
    .counter(
      "renegotiation_attempts_total",
      "Number of attempts to renegotiate the tunnel after a failure.",
      \.attempts),
    .tunnel(
      "renegotiation_attempts_since_recovery",
      "Number of attempts to renegotiate the tunnel since it last recovered."
    ) { Double($0.tunnel.attempts.count) },
    .counter(
      "initiations_total",
      "Number of negotiations that the agent started for the tunnel, by any method.",
      \.initiations),
  ]

  private func writeGates(to text: inout Exposition, _ isSo: (GateDemand) -> Bool) {
    for one in tunnels {
      guard let link = one.guardedLink, let gate = core.gates[link] else { continue }
      text.sample("\(one.label),\(Exposition.label("link", link))", isSo(gate.demand))
    }
  }
}

extension MetricFamily<MetricsSnapshot> {
  /// A counter of each tunnel's traffic, in and out.
  fileprivate static func traffic(
    _ name: String, _ help: String, _ value: @escaping @Sendable (TunnelTraffic.Way) -> UInt64
  ) -> Self {
    Self(name, .counter, help) { scene, text in
      for one in scene.counted {
        text.sample("\(one.label),direction=\"in\"", value(one.traffic.inbound))
        text.sample("\(one.label),direction=\"out\"", value(one.traffic.outbound))
      }
    }
  }
}
