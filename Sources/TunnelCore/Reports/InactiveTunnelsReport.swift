/// What `vpnagent show inactive-tunnels` shows. Keys of its JSON are stable, null ones left out.
public struct InactiveTunnelsReport: Codable, Hashable, Sendable {
  /// How many tunnels there are.
  public var total: Int
  /// Those without SAs, those whose path is dead, and those that are held until their path is
  /// verified, in the order of `status`.
  public var tunnels: [InactiveTunnel]

  /// A report.
  public init(total: Int, tunnels: [InactiveTunnel]) {
    self.total = total
    self.tunnels = tunnels
  }
}

/// One tunnel that carries nothing.
public struct InactiveTunnel: Codable, Hashable, Sendable {
  /// tunnel-id.
  public var id: Int
  /// The tunnel's name.
  public var name: String
  /// The peer's IKE port as the daemon says it, else 500.
  public var port: UInt16
  /// The peer's address; null when it may have any.
  public var remote: String?
  /// absent, idle, verifying or down.
  public var state: String
  /// Why it went down the last time, else why it is in its state.
  public var reason: String
  /// The same for programs: a stable word.
  public var reasonCode: String
  /// Seconds since then.
  public var since: Double

  private enum CodingKeys: String, CodingKey {
    case id, name, port, remote, state, reason, since
    case reasonCode = "reason_code"
  }
}

extension Core {
  /// How many tunnels there are.
  public var tunnelCount: Int { tunnels.count }

  /// A tunnel if it carries nothing.
  public func inactiveTunnel(_ id: TunnelID, at now: Instant) -> InactiveTunnel? {
    guard let tunnel = tunnels[id] else { return nil }
    switch tunnel.state {
    case .up, .standby: return nil
    case .verifying where !isHeld(tunnel): return nil
    case .verifying: return inactive(tunnel, at: now)
    case .absent, .idle, .down: return inactive(tunnel, at: now)
    }
  }

  private func isHeld(_ tunnel: Tunnel) -> Bool {
    guard isGuarded(tunnel), let gate = tunnel.link.flatMap(gateName) else { return false }
    return gate == GateDemand.held.rawValue || gate == GateDemand.down.rawValue
  }

  private func inactive(_ tunnel: Tunnel, at now: Instant) -> InactiveTunnel {
    let gateway = tunnel.gateway.flatMap { configuration.gateways[$0] }
    let remote = tunnel.endpoints?.remote ?? gateway?.addresses.first
    let ike = listedSAs?[tunnel.ike?.ikeID]
    let failure = tunnel.state == .verifying ? nil : tunnel.lastFailure
    return InactiveTunnel(
      id: tunnel.id.rawValue, name: tunnel.name, port: ike?.remotePort ?? 500,
      remote: remote?.description, state: tunnel.state.rawValue,
      reason: failure?.reason.description ?? tunnel.reason.text(in: tunnel.state),
      reasonCode: (failure?.reason ?? tunnel.reason).code,
      since: now.since(failure?.at ?? tunnel.since).inSeconds)
  }
}
