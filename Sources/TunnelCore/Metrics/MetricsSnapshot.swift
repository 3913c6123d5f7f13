/// The core at one moment, as metrics see it: every configured tunnel, also without SAs, and found
/// ones up to a limit.
struct MetricsSnapshot: Sendable {
  /// A tunnel that there is.
  struct TunnelSample: Sendable {
    let tunnel: Tunnel
    let sets: [SetMonitor]
    let label: String
    /// Its link, where the agent holds and opens it.
    let guardedLink: String?
  }

  /// What was counted of a tunnel, which may be gone.
  struct Counted: Sendable {
    let label: String
    let tally: TunnelCounters
  }

  /// A configured gateway.
  struct Peer: Sendable {
    let gateway: Gateway
    let label: String
    let tally: GatewayCounters
    let watches: [PeerWatch]
    let answers: [IKEPingReplies]
    let badSPI: BadSPI.Peer?
  }

  let core: Core
  let now: Instant
  /// Seconds since 1970 at `now`.
  let unixTime: Double
  let tunnels: [TunnelSample]
  let counted: [Counted]
  let peers: [Peer]

  init(_ core: Core, at now: Instant, unixTime: Double) {
    self.core = core
    self.now = now
    self.unixTime = unixTime
    tunnels = Self.tunnels(of: core)
    let there = tunnels.filter { $0.tunnel.isConfigured }.map(\.tunnel.name)
    let gone = Set(core.out.counters.names).subtracting(there).sorted()
    counted = (there + gone).map {
      Counted(
        label: Exposition.label("tunnel", $0),
        tally: core.out.counters[$0]
      )
    }
    peers = core.configuration.gateways.values.sorted { $0.name < $1.name }.map {
      Self.peer($0, of: core)
    }
  }

  /// Each name once, or a monitoring system would refuse the whole text.
  private static func tunnels(of core: Core) -> [TunnelSample] {
    var names: Set<String> = []
    var discovered = 0
    return core.tunnels.values.compactMap { tunnel in
      if !tunnel.isConfigured {
        discovered += 1
        if discovered > Counters.mostDiscovered { return nil }
      }
      guard names.insert(tunnel.name).inserted else { return nil }
      return TunnelSample(
        tunnel: tunnel, sets: tunnel.monitors.compactMap { core.monitors[$0] },
        label: Exposition.label("tunnel", tunnel.name),
        guardedLink: core.isGuarded(tunnel) ? tunnel.link : nil)
    }
  }

  private static func peer(_ gateway: Gateway, of core: Core) -> Peer {
    Peer(
      gateway: gateway, label: Exposition.label("gateway", gateway.name),
      tally: core.out.counters.gateways[gateway.name] ?? GatewayCounters(),
      watches: gateway.addresses.flatMap(core.peers.watches(of:)),
      answers: gateway.addresses.compactMap { core.peers.replies[$0] },
      badSPI: core.badSPI.peers[gateway.name])
  }

  /// Seconds since 1970.
  func unixTime(of instant: Instant) -> Double {
    ((unixTime - now.since(instant).inSeconds) * 1000).rounded() / 1000
  }
}

extension Core {
  /// Families of the core's, in the order in which they are written.
  static let metricFamilies =
    MetricsSnapshot.ofTunnels + MetricsSnapshot.ofProbes + MetricsSnapshot.ofSAs
    + MetricsSnapshot.ofGateways
    + MetricsSnapshot.ofAll

  /// What each family of the core's is called, behind `vpnagent_`.
  public static var metricNames: [String] { metricFamilies.map(\.name) }

  /// Writes all that the core knows for monitoring systems.
  ///
  /// - Parameter unixTime: seconds since 1970 at `now`, for points in time.
  public func writeMetrics(to text: inout Exposition, at now: Instant, unixTime: Double) {
    let scene = MetricsSnapshot(self, at: now, unixTime: unixTime)
    for family in Self.metricFamilies { family.write(scene, to: &text) }
  }
}

extension MetricFamily<MetricsSnapshot> {
  /// A gauge with one number a tunnel that there is; nil: none for this tunnel.
  static func tunnel(
    _ name: String, _ help: String,
    _ value: @escaping @Sendable (MetricsSnapshot.TunnelSample) -> Double?
  ) -> Self {
    Self(name, .gauge, help) { scene, text in
      for one in scene.tunnels {
        if let value = value(one) { text.sample(one.label, value) }
      }
    }
  }

  /// A counter of the counters's, for each tunnel.
  static func counter(
    _ name: String, _ help: String, _ value: @escaping @Sendable (TunnelCounters) -> UInt64
  ) -> Self {
    Self(name, .counter, help) { scene, text in
      for one in scene.counted { text.sample(one.label, value(one.tally)) }
    }
  }
}
