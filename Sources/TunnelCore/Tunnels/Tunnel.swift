/// Names a tunnel for as long as it is known; never reused within a run.
public struct TunnelID: RawRepresentable, Hashable, Sendable, Comparable {
  /// The number shown as tunnel-id.
  public var rawValue: Int

  /// A tunnel's number.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Older first.
  public static func < (lhs: TunnelID, rhs: TunnelID) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// The states of design.md section 3.
public enum TunnelState: String, CaseIterable, Hashable, Sendable {
  /// No complete SA set.
  case absent
  /// SAs are there, the path is not proven yet.
  case verifying
  /// A set's path is proven.
  case up
  /// The threshold was reached.
  case down
  /// SAs are there, and the other gateway of the pair is the active one.
  case standby
}

/// One VPN: configured, or found in the kernel.
struct Tunnel: Sendable {
  let id: TunnelID
  /// The VPN's name; of a discovered tunnel the link's, or `PEER#REQID`.
  var name: String
  /// The template that `vpn` comes from; nil for a configured tunnel.
  var template: String?
  /// nil for a discovered tunnel that no template fits: shown, never touched.
  var vpn: VPN?
  /// The link's name; nil when there is none.
  var link: String?
  var monitors: [MonitorID] = []
  /// Written by `Core.transition` alone.
  fileprivate(set) var state = TunnelState.absent
  fileprivate(set) var since: Instant
  fileprivate(set) var reason = Reason.noSA
  /// After a failure the link stays held until then, for on-traffic tunnels.
  var heldUntil: Instant?
  /// Attempts to get it renegotiated since it last recovered.
  var attempts: Attempts
  /// When it last heard good news while it had no SAs.
  var heardNewsAt: Instant?
  /// Destinations that an alarm says have never answered.
  var warnedOf: Set<String> = []
  /// Sets that lived and are gone; none of them is back yet.
  var lost: [SetMonitor] = []
  /// Endpoints last seen.
  var endpoints: SASetKey?
  /// What strongSwan calls it; nil when that was never known.
  var ike: IKENames?
  /// Why it is not known what to initiate; nil while nothing has to be.
  var nameObstacle: NameObstacle?
  /// Whether its SAs were cleared without the IKE daemon and are not back.
  var owesNegotiation = false
  /// Whether its link is held because its peer was found dead, though nobody monitors it.
  var isHeldForPeer = false
  /// Its `renegotiate-command`; nil while that is not needed.
  var command: CommandWork?
  /// Times the tunnel went down, and the last one.
  fileprivate(set) var failures = 0
  fileprivate(set) var lastFailure: (reason: Reason, at: Instant)?

  init(
    id: TunnelID, name: String, template: String?, vpn: VPN?, link: String?, since: Instant
  ) {
    self.id = id
    self.name = name
    self.template = template
    self.vpn = vpn
    self.link = link
    self.since = since
    attempts = Attempts((vpn?.monitor ?? Monitor()).backoffLimits)
  }

  /// Whether the agent may do more than look.
  var monitor: Monitor? { vpn?.monitor }
  /// Whether the configuration names it.
  var isConfigured: Bool { vpn != nil && template == nil }
  /// The gateway's name; nil for a discovered tunnel.
  var gateway: String? { isConfigured ? vpn?.gateway : nil }

  /// Whether its SAs are there and none of them can be probed.
  var isOnlyObserved: Bool { reason == .observedOnly }
}

extension Core {
  /// The only way a tunnel's state changes.
  mutating func transition(
    _ id: TunnelID, to state: TunnelState, because reason: Reason, at now: Instant
  ) {
    guard let tunnel = tunnels[id], tunnel.state != state || tunnel.reason != reason else { return }
    tunnels[id]?.state = state
    tunnels[id]?.reason = reason
    tunnels[id]?.since = now
    eventLog.note(reason.description, of: id, at: now)
    let isBad = state == .down
    log(
      isBad ? .warning : .info, tunnel.name,
      "state=\(state.rawValue) was=\(tunnel.state.rawValue) reason=\"\(reason)\"")
    if isBad, reason != .clearedByOperator {
      tunnels[id]?.failures += 1
      count(id) { $0.failures += 1 }
      tunnels[id]?.lastFailure = (reason, now)
    }
    // Nothing is known of a path that cannot be probed.
    if reason == .observedOnly || tunnel.isOnlyObserved && state == .absent { return }
    raiseAlarm(id, from: tunnel.state, to: state, because: reason)
  }

  private mutating func raiseAlarm(
    _ id: TunnelID, from old: TunnelState, to new: TunnelState, because reason: Reason
  ) {
    guard let tunnel = tunnels[id], tunnel.monitor != nil || isWatched(tunnel) else { return }
    let kind: Alarm.Kind
    switch (old, new) {
    case (_, .down): kind = .down(reason)
    case (.up, .absent): kind = .down(reason)
    case (.absent, .up), (.verifying, .up), (.down, .up), (.standby, .up):
      if reason == .adopted { return }
      kind = .up
    case (_, .absent), (_, .verifying), (_, .standby), (.up, .up): return
    }
    guard !mass.silences(id, isDown: kind != .up) else { return }
    let path = tunnel.monitors.compactMap { monitors[$0]?.path }.first
    raise(kind, for: tunnel, path)
  }

  /// Whether the gateway's dead-peer-detection is on.
  func isWatched(_ tunnel: Tunnel) -> Bool {
    tunnel.gateway.flatMap { configuration.gateways[$0]?.deadPeerDetection } != nil
  }

  /// One set of several went down, or is back, while its tunnel stays up.
  mutating func report(_ kind: Alarm.Kind, _ set: SetMonitor, of tunnel: Tunnel) {
    if case .down(let reason) = kind {
      log(.warning, tunnel.name, "set=\"\(set.name)\" state=down reason=\"\(reason)\"")
    } else {
      log(.info, tunnel.name, "set=\"\(set.name)\" state=up")
    }
    raise(kind, for: tunnel, set.path, selectors: set.name)
  }

  mutating func raise(
    _ kind: Alarm.Kind, for tunnel: Tunnel, _ path: ProbePath?, selectors: String? = nil
  ) {
    var remedy: String?
    if case .down(.replyInClear) = kind { remedy = clearReplyRemedy(tunnel, path) }
    effects.append(
      .alarm(
        Alarm(
          kind: kind, vpn: tunnel.name, gatewayName: tunnel.gateway ?? "-",
          remote: tunnel.endpoints?.remote, local: tunnel.endpoints?.local,
          link: tunnel.link ?? "-", tunnelID: tunnel.id.rawValue, selectors: selectors,
          remedy: remedy)))
  }

  /// What to do about a peer that answers outside of the tunnel. Between the tunnel's endpoints a
  /// Linux peer always does; where a link has two ends, those are to be asked.
  func clearReplyRemedy(_ tunnel: Tunnel, _ path: ProbePath?) -> String {
    let (from, to) = (path?.source.description ?? "-", path?.destination.description ?? "-")
    let ends =
      tunnel.monitor?.probeSource == .endpoint ? "set probe-source = \"link\" and " : ""
    return "\(to) answers probes from \(from) in clear: \(ends)give both ends of the link an "
      + "address, or make the peer route \(from) into the tunnel; SAs are left alone"
  }
}
