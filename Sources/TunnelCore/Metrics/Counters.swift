/// What is counted of one tunnel, by its name, as long as the agent runs: numbers that only grow.
///
/// They belong to the name and not to the `Tunnel` or its sets, which come and go.
struct TunnelCounters: Hashable, Sendable {
  /// Who or what had SAs taken away.
  enum ClearCause: String, CaseIterable, Sendable {
    case verifyPath = "verify-path"
    case vpnMonitor = "vpn-monitor"
    case deadPeer = "dead-peer-detection"
    case command = "operator"
    /// A set that no threshold found dead: one of several that died together.
    case other
  }

  /// Probes that came to something, each counted once.
  var answered: UInt64 = 0
  var lost: UInt64 = 0
  /// Unanswered, but for a reply that came outside the tunnel.
  var clear: UInt64 = 0
  var notSent: UInt64 = 0
  /// Replies to probes that were counted as lost.
  var late: UInt64 = 0
  /// Of every reply through the tunnel, late ones too.
  var roundTrips = Histogram(Histogram.roundTrips)
  /// Times a threshold fell, by what it made of it.
  var verifyPathFailures: UInt64 = 0
  var monitorFailures: UInt64 = 0
  var clearReplyFailures: UInt64 = 0
  /// Times the SAs of a set were cleared.
  var clears: [ClearCause: UInt64] = [:]
  /// Times the tunnel went down.
  var failures: UInt64 = 0
  /// Attempts to get it renegotiated after a failure.
  var attempts: UInt64 = 0
  /// Negotiations that the agent began, whatever for.
  var initiations: UInt64 = 0
  var rekeys: UInt64 = 0
}

/// What is counted of one gateway, likewise.
struct GatewayCounters: Hashable, Sendable {
  var questions: UInt64 = 0
  var answers: UInt64 = 0
  var deaths: UInt64 = 0
  var badSPIs: UInt64 = 0
  var responses: UInt64 = 0
}

/// All that is counted for monitoring systems.
struct Counters: Sendable {
  /// Names of tunnels beside the configured ones that have numbers of their own, at most. A peer may
  /// make the agent find new ones without end; what is above is counted together.
  static let mostDiscovered = 1024
  /// Stands for all of those. No tunnel can be called so.
  static let others = "(others)"

  /// Where a tunnel's counters are, for as long as the agent runs.
  struct Row: Hashable, Sendable { fileprivate let index: Int }

  private var rows: [TunnelCounters] = []
  /// At the same places, and not in there: a probe's counters lie close together.
  private var traffic: [TunnelTraffic] = []
  private var rowOfName: [String: Row] = [:]
  private(set) var gateways: [String: GatewayCounters] = [:]
  private var discovered = 0
  /// From when a probe was due to when it was sent, and each stall.
  var lateness = Histogram(Histogram.lateness)
  /// Times the agent did not run for so long that deadlines were moved.
  var stalls: UInt64 = 0
  var massFailures: UInt64 = 0
  /// Steps of gates, and clears, that the kernel refused.
  var gateFailures: UInt64 = 0
  var clearFailures: UInt64 = 0

  /// Names of all tunnels that were ever counted.
  var names: some Collection<String> { rowOfName.keys }

  /// Whether a tunnel of this name was ever counted.
  func has(_ name: String) -> Bool { rowOfName[name] != nil }

  /// What was counted of a tunnel of this name.
  subscript(name: String) -> TunnelCounters {
    rowOfName[name].map { rows[$0.index] } ?? TunnelCounters()
  }

  mutating func count(_ row: Row, _ change: (inout TunnelCounters) -> Void) {
    change(&rows[row.index])
  }

  /// What passed through a tunnel of this name; nil where that was not counted for itself.
  func traffic(of name: String) -> TunnelTraffic? { rowOfName[name].map { traffic[$0.index] } }

  mutating func countTraffic(_ row: Row, _ change: (inout TunnelTraffic) -> Void) {
    change(&traffic[row.index])
  }

  /// Where a tunnel is counted from now on.
  mutating func row(of tunnel: Tunnel) -> Row {
    let name = key(of: tunnel)
    if let row = rowOfName[name] { return row }
    let row = Row(index: rows.count)
    rows.append(TunnelCounters())
    traffic.append(TunnelTraffic())
    rowOfName[name] = row
    return row
  }

  /// Only of configured gateways.
  mutating func count(gateway: String, _ change: (inout GatewayCounters) -> Void) {
    change(&gateways[gateway, default: GatewayCounters()])
  }

  private mutating func key(of tunnel: Tunnel) -> String {
    if tunnel.isConfigured || rowOfName[tunnel.name] != nil { return tunnel.name }
    guard discovered < Self.mostDiscovered else { return Self.others }
    discovered += 1
    return tunnel.name
  }
}

extension Core {
  mutating func count(_ id: TunnelID, _ change: (inout TunnelCounters) -> Void) {
    if let row = counterRow(of: id) { out.counters.count(row, change) }
  }

  /// For what a set's probes came to.
  mutating func count(_ id: MonitorID, _ change: (inout TunnelCounters) -> Void) {
    if let tunnel = monitors.with(id, { $0.tunnel }) { count(tunnel, change) }
  }

  mutating func counterRow(of id: TunnelID) -> Counters.Row? {
    if let known = tunnels.with(id, { $0.counted }) ?? nil { return known }
    guard let tunnel = tunnels[id] else { return nil }
    let row = out.counters.row(of: tunnel)
    tunnels[id]?.counted = row
    return row
  }

  /// A threshold fell.
  mutating func countFailure(of id: MonitorID, because reason: Reason) {
    switch reason {
    case .verifyPathError: count(id) { $0.verifyPathFailures += 1 }
    case .monitorFailure: count(id) { $0.monitorFailures += 1 }
    case .replyInClear: count(id) { $0.clearReplyFailures += 1 }
    case .negotiated, .adopted, .pathVerified, .answered, .peerDead, .observedOnly,
      .clearedByOperator, .noSA, .backOffOver, .standby, .becameActive, .foundHeld, .reloaded,
      .probeable, .silenceIgnored, .peerAlive:
      break
    }
  }
}

extension SetMonitor {
  /// Why its SAs are cleared.
  var clearCause: TunnelCounters.ClearCause {
    guard case .down(let reason) = phase else { return .other }
    switch reason {
    case .verifyPathError: return .verifyPath
    case .monitorFailure: return .vpnMonitor
    case .peerDead: return .deadPeer
    case .clearedByOperator: return .command
    case .replyInClear, .negotiated, .adopted, .pathVerified, .answered, .observedOnly, .noSA,
      .backOffOver, .standby, .becameActive, .foundHeld, .reloaded, .probeable, .silenceIgnored,
      .peerAlive:
      return .other
    }
  }
}
