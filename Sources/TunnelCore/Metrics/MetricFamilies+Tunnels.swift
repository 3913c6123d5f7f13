/// Metrics of tunnels, their links and their SAs. docs/metrics.md has them all.
extension MetricsSnapshot {
  static let ofTunnels: [MetricFamily<MetricsSnapshot>] = [
    .tunnel(
      "tunnel_up",
      "Whether the tunnel is up: 0 also while there is none, or while it cannot be probed"
    ) {
      $0.tunnel.state == .up && $0.tunnel.blindness == nil ? 1 : 0
    },
    MetricFamily("tunnel_state", .gauge, "1 for the state that the tunnel is in") { scene, text in
      for one in scene.tunnels {
        for state in Core.stateNames {
          text.sample(
            "\(one.label),\(Exposition.label("state", state))", one.tunnel.stateName == state)
        }
      }
    },
    MetricFamily("tunnel_info", .gauge, "1; link, gateway and establish-tunnels of the tunnel") {
      scene, text in
      for one in scene.tunnels {
        let link = Exposition.label("link", one.tunnel.link ?? "")
        let gateway = Exposition.label("gateway", one.tunnel.gateway ?? "")
        let establish = Exposition.label(
          "establish", one.tunnel.vpn?.establishTunnels.rawValue ?? "")
        text.sample("\(one.label),\(link),\(gateway),\(establish)", true)
      }
    },
    .tunnel("tunnel_monitored", "Whether the tunnel has vpn-monitor and can be probed") {
      $0.tunnel.monitor != nil && !$0.tunnel.isOnlyObserved && $0.tunnel.blindness == nil ? 1 : 0
    },
    MetricFamily(
      "tunnel_state_change_timestamp_seconds", .gauge,
      "When the tunnel came into its state, in seconds since 1970"
    ) { scene, text in
      for one in scene.tunnels { text.sample(one.label, scene.unixTime(of: one.tunnel.since)) }
    },
    .counter("tunnel_failures_total", "Times the tunnel went down", \.failures),
    MetricFamily(
      "tunnel_last_failure_timestamp_seconds", .gauge,
      "When the tunnel went down the last time, in seconds since 1970; none before the first"
    ) { scene, text in
      for one in scene.tunnels {
        if let last = one.tunnel.lastFailure {
          text.sample(one.label, scene.unixTime(of: last.at))
        }
      }
    },
    MetricFamily("link_in_service", .gauge, "Whether the agent has the link in service") {
      scene, text in scene.writeGates(to: &text) { $0 == .inService }
    },
    MetricFamily(
      "link_held", .gauge, "Whether the agent holds the link; 0 in both while it stays as found"
    ) { scene, text in scene.writeGates(to: &text) { $0 == .held || $0 == .down } },
    MetricFamily(
      "link_withdrawn_routes", .gauge, "Routes that the agent has taken from the link"
    ) { scene, text in
      for one in scene.tunnels {
        guard let link = one.guardedLink else { continue }
        text.sample(one.label, Double(scene.core.gates.routes.withdrawn(from: link).count))
      }
    },
  ]

  static let ofSAs: [MetricFamily<MetricsSnapshot>] = [
    .tunnel("tunnel_sa_sets", "SA sets of the tunnel that have SAs both ways") {
      Double($0.sets.count { $0.phase != .incomplete && $0.absentUntil == nil })
    },
    MetricFamily(
      "sa_clears_total", .counter, "Times the SAs of one of the tunnel's sets were cleared"
    ) { scene, text in
      for one in scene.counted {
        for cause in TunnelCounters.ClearCause.allCases {
          text.sample(
            "\(one.label),\(Exposition.label("reason", cause.rawValue))",
            one.tally.clears[cause] ?? 0)
        }
      }
    },
    .counter("sa_rekeys_total", "Times SAs joined a set that was proven", \.rekeys),
    .counter(
      "renegotiation_attempts_total", "Attempts to get the tunnel renegotiated after a failure",
      \.attempts),
    .tunnel(
      "renegotiation_attempts_since_recovery", "Those of them since the tunnel last recovered"
    ) { Double($0.tunnel.attempts.count) },
    .counter(
      "initiations_total", "Negotiations that the agent began, by whatever means",
      \.initiations),
  ]

  private func writeGates(to text: inout Exposition, _ isSo: (GateDemand) -> Bool) {
    for one in tunnels {
      guard let link = one.guardedLink, let gate = core.gates[link] else { continue }
      text.sample("\(one.label),\(Exposition.label("link", link))", isSo(gate.demand))
    }
  }
}
