/// Names a tunnel for as long as it is known; never reused within a run.
public struct TunnelID: RawRepresentable, Hashable, Sendable, Comparable {
  /// The number shown as tunnel-id.
  public var rawValue: Int

  /// A tunnel's number.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Older first.
  public static func < (lhs: TunnelID, rhs: TunnelID) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// What there is of a tunnel (docs/architecture.md, "What a state means").
public enum TunnelState: String, CaseIterable, Hashable, Sendable {
  /// No complete SA set.
  case absent
  /// No complete SA set, and none is wanted before traffic triggers negotiation.
  case idle
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
  var name: String { didSet { counted = nil } }
  /// The template that `vpn` comes from; nil for a configured tunnel.
  var template: String? { didSet { counted = nil } }
  /// nil for a discovered tunnel that no template fits: shown, never touched.
  var vpn: VPN? {
    didSet {
      probeSettings = vpn?.monitor.map(ProbeSettings.init)
      counted = nil
      revision &+= 1
    }
  }
  /// The link's name; nil when there is none.
  var link: String? { didSet { revision &+= 1 } }
  /// What of its settings each probe needs; nil when nobody monitors it.
  private(set) var probeSettings: ProbeSettings?
  /// Counts changes of settings and link.
  private(set) var revision: UInt64 = 0
  /// Where its counters are; nil while that was not looked up.
  var counted: Counters.Row?
  var monitors: [MonitorID] = []
  /// Whether its link ever carried SAs of it.
  var hasCarried = false
  /// Written by `Core.transition` alone.
  fileprivate(set) var state = TunnelState.absent
  fileprivate(set) var since: Instant
  fileprivate(set) var reason = Reason.noSA
  /// After a clear by the operator, or its peer's death where nobody monitors it, the link stays held
  /// until then, for on-traffic tunnels.
  var heldUntil: Instant?
  /// What it went down by; nil once its path is proven.
  fileprivate(set) var failedBy: Reason?
  /// The packet that triggers its negotiation; nil while none is needed.
  var trigger: TriggerWork?
  /// Attempts to get it renegotiated since it last recovered.
  var attempts: Attempts
  /// How long replies take through it.
  var roundTrip = RoundTripMemory()
  /// Whether it was said that replies take longer than a probe is given by the configuration.
  var isDegraded = false
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
  /// Since when the daemon lists none of the SAs that it has, and whether that is believed.
  var orphanedSince: Instant?
  var isOrphaned = false
  /// Whether its SAs were cleared without the IKE daemon and are not back.
  var owesNegotiation = false
  /// Whether its link is held because its peer was found dead, though nobody monitors it.
  var isHeldForPeer = false
  /// Its `renegotiate-command`; nil while that is not needed.
  var command: CommandWork?
  /// Why nobody looks at it any more, though somebody is to; nil while somebody does. Written by
  /// `Core.report(_:of:at:)` alone.
  fileprivate(set) var blindness: ProbeObstacle?
  fileprivate(set) var blindSince: Instant?
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
    probeSettings = vpn?.monitor.map(ProbeSettings.init)
    state = stateWithoutSAs
  }

  /// Its state while it has no SA and never failed.
  var stateWithoutSAs: TunnelState { isOnTraffic ? .idle : .absent }
  /// Whether traffic is to trigger its negotiation.
  var isOnTraffic: Bool { vpn?.establishTunnels == .onTraffic }
  /// Whether its link stays held after a failure until its path is proven again, though it is
  /// on-traffic.
  var waitsForProof: Bool {
    isOnTraffic && failedBy != nil && (monitor.map { $0.action != .warn } ?? false)
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
  ///
  /// - Parameter isNews: whether a failure that makes it down was not counted and alarmed before.
  mutating func transition(
    _ id: TunnelID, to state: TunnelState, because reason: Reason, isNews: Bool = true,
    at now: Instant
  ) {
    guard let tunnel = tunnels[id], tunnel.state != state || tunnel.reason != reason else { return }
    tunnels[id]?.state = state
    tunnels[id]?.reason = reason
    tunnels[id]?.since = now
    out.journal.note(reason.description, of: id, at: now)
    let isBad = state == .down
    log(
      isBad ? .warning : .info, tunnel.name,
      "state=\(state.rawValue) was=\(tunnel.state.rawValue) reason=\"\(reason.text(in: state))\"")
    if isBad, isNews, reason != .clearedByOperator {
      tunnels[id]?.failures += 1
      count(id) { $0.failures += 1 }
      tunnels[id]?.lastFailure = (reason, now)
      note(failure: reason, of: id)
    }
    if state == .up || state == .standby { note(failure: nil, of: id) }
    // Nothing is known of a path that cannot be probed.
    let isGone = state == .absent || state == .idle
    if reason == .observedOnly || tunnel.isOnlyObserved && isGone || isBad && !isNews { return }
    // What was left as found has not been down.
    let wasAsFound =
      tunnel.state == .verifying && (tunnel.reason == .adopted || tunnel.reason == .reloaded)
    if state == .up, wasAsFound { return }
    raiseAlarmOfTransition(id, from: tunnel.state, to: state, because: reason)
  }

  /// The only way in which a tunnel becomes `unmonitored`, or ceases to be.
  mutating func report(_ blindness: ProbeObstacle?, of id: TunnelID, at now: Instant) {
    guard let tunnel = tunnels[id], tunnel.blindness != blindness else { return }
    tunnels[id]?.blindness = blindness
    let path = tunnel.monitors.compactMap { monitors[$0]?.path }.first
    switch (tunnel.blindness, blindness) {
    case (nil, let obstacle?):
      tunnels[id]?.blindSince = now
      out.journal.note("Not monitored: \(obstacle)", of: id, at: now)
      log(
        .warning, tunnel.name,
        "state=unmonitored was=\(tunnel.state.rawValue) "
          + "reason=\"no probe can be sent: \(obstacle)\"")
      raiseAlarm(.unmonitored("\(obstacle)"), for: tunnel, path)
    case (_?, nil):
      tunnels[id]?.blindSince = nil
      log(.info, tunnel.name, "state=\(tunnel.state.rawValue) was=unmonitored")
      if tunnel.state == .up { raiseAlarm(.up, for: tunnel, path) }
    case (_, _): break
    }
  }

  private mutating func raiseAlarmOfTransition(
    _ id: TunnelID, from old: TunnelState, to new: TunnelState, because reason: Reason
  ) {
    guard let tunnel = tunnels[id], tunnel.monitor != nil || isWatched(tunnel) else { return }
    let kind: Alarm.Kind
    switch (old, new) {
    case (_, .down): kind = .down(reason)
    case (.up, .absent), (.up, .idle): kind = .down(reason)
    case (.absent, .up), (.idle, .up), (.verifying, .up), (.down, .up), (.standby, .up):
      kind = .up
    case (_, .absent), (_, .idle), (_, .verifying), (_, .standby), (.up, .up): return
    }
    guard !clearPolicy.mass.silences(id, isDown: kind != .up) else { return }
    let path = tunnel.monitors.compactMap { monitors[$0]?.path }.first
    raiseAlarm(kind, for: tunnel, path)
  }

  /// What a tunnel went down by is on record, so that the next run knows it too; nil: its path is
  /// proven.
  mutating func note(failure: Reason?, of id: TunnelID) {
    guard let tunnel = tunnels[id] else { return }
    tunnels[id]?.failedBy = failure
    gates.disk.mustSay(
      of: memory.note(failure: tunnel.monitor == nil ? nil : failure, of: tunnel.name))
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
    raiseAlarm(kind, for: tunnel, set.path, selectors: set.name)
  }

  mutating func raiseAlarm(
    _ kind: Alarm.Kind, for tunnel: Tunnel, _ path: ProbePath?, selectors: String? = nil
  ) {
    var remedy: String?
    if case .down(.replyInClear) = kind { remedy = clearReplyRemedy(tunnel, path) }
    out.send(
      .tell(
        .alarm(
          Alarm(
            kind: kind, vpn: tunnel.name, gatewayName: tunnel.gateway ?? "-",
            remote: tunnel.endpoints?.remote, local: tunnel.endpoints?.local,
            link: tunnel.link ?? "-", tunnelID: tunnel.id.rawValue, selectors: selectors,
            remedy: remedy))))
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
