import TunnelCore

/// What monitoring systems read.
extension Agent {
  /// What each family is called, behind `vpnagent_`.
  public static var metricNames: [String] {
    AgentMetrics.families.map(\.name) + Core.metricNames
  }

  /// All metrics, as Prometheus reads them. Empty pieces come while the text is being made.
  func metricsText() -> ControlServer.Pieces {
    let rest = text(MetricsPieces(core))
    var isBegun = false
    return { [unowned self] in
      defer { isBegun = true }
      return isBegun ? rest() : ownMetrics
    }
  }

  /// Those of some tunnels alone, or all when none is named.
  func metricsText(of vpns: [String]) throws(MetricsPieces.UnknownTunnel) -> ControlServer.Pieces {
    vpns.isEmpty ? metricsText() : text(try MetricsPieces(core, of: vpns))
  }

  private func text(_ pieces: MetricsPieces) -> ControlServer.Pieces {
    var pieces = pieces
    return { [unowned self] in
      pieces.next(of: core, at: monotonicNow(), unixTime: unixTime())
    }
  }

  /// What the core does not know.
  private var ownMetrics: [UInt8] {
    let agent = AgentMetrics(
      version: options.version, startedAt: startedAtUnixTime, isDryRun: options.isDryRun,
      configurationIsGood: configurationIsGood,
      drops: [("xfrm", xfrm.drops), ("route", links.drops)], readFailures: readFailures,
      scrapes: metrics.scrapes)
    var text = Exposition()
    for family in AgentMetrics.families { family.write(agent, to: &text) }
    return text.bytes
  }

  /// Serves them there from now on, nil: nowhere. Returns why it cannot; it goes on trying.
  func serveMetrics(on address: MetricsAddress?) -> String? {
    switch metrics.listen(on: address, at: monotonicNow()) {
    case .success(let descriptor): watch(descriptor, for: .metrics)
    case .failure(let error): return "metrics: \(error); trying again"
    case nil: break
    }
    return nil
  }

  /// Does what is due for those who read them.
  func attendMetrics() {
    if let descriptor = metrics.wake(at: monotonicNow()) { watch(descriptor, for: .metrics) }
    reportMetrics()
  }
}
