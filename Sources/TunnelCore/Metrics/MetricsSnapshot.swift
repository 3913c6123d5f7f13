/// Some tunnels and gateways of the core at one moment, as metrics see them.
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
    let traffic: TunnelTraffic
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
  private(set) var tunnels: [TunnelSample] = []
  private(set) var counted: [Counted] = []
  private(set) var peers: [Peer] = []

  init(_ core: Core, at now: Instant, unixTime: Double) {
    self.core = core
    self.now = now
    self.unixTime = unixTime
  }

  /// Another tunnel, and what was counted of its name.
  mutating func add(_ tunnel: Tunnel) {
    tunnels.append(
      TunnelSample(
        tunnel: tunnel, sets: tunnel.monitors.compactMap { core.monitors[$0] },
        label: Exposition.label("tunnel", tunnel.name),
        guardedLink: core.isGuarded(tunnel) ? tunnel.link : nil))
    if tunnel.isConfigured || core.out.counters.has(tunnel.name) { add(counted: tunnel.name) }
  }

  /// What was counted of a name.
  mutating func add(counted name: String) {
    counted.append(
      Counted(
        label: Exposition.label("tunnel", name), tally: core.out.counters[name],
        traffic: core.out.counters.traffic(of: name) ?? TunnelTraffic()))
  }

  /// A gateway, if it is configured still.
  mutating func add(gateway name: String) {
    if let gateway = core.configuration.gateways[name] {
      peers.append(Self.peer(gateway, of: core))
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
  static let metricFamilies = ofEachTunnel + MetricsSnapshot.ofGateways + MetricsSnapshot.ofAll

  private static let ofEachTunnel =
    MetricsSnapshot.ofTunnels + MetricsSnapshot.ofTraffic + MetricsSnapshot.ofProbes
    + MetricsSnapshot.ofSAs

  /// Which of them have samples for each tunnel,
  static let familiesOfTunnels = 0..<ofEachTunnel.count
  /// for each gateway,
  static let familiesOfGateways =
    familiesOfTunnels.upperBound..<(familiesOfTunnels.upperBound + MetricsSnapshot.ofGateways.count)
  /// and for the agent as a whole.
  static let familiesOfAll = familiesOfGateways.upperBound..<metricFamilies.count

  /// What each family of the core's is called, behind `vpnagent_`.
  public static var metricNames: [String] { metricFamilies.map(\.name) }
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
