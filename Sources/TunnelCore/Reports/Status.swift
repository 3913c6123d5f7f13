/// What `vpnagent status` shows of one tunnel at one moment. Times are seconds; addresses and SPIs are text.
/// Keys of its JSON are stable, null ones left out.
public struct TunnelStatus: Codable, Hashable, Sendable {
  /// The VPN's name, or the link's or peer's for a discovered tunnel.
  public var name: String
  /// tunnel-id, as in alarms.
  public var id: Int
  /// Whether the configuration names it.
  public var configured: Bool
  /// The template it has its settings from; null for a configured one, or when none fits.
  public var template: String?
  /// The link; null when there is none.
  public var link: String?
  /// The gateway's name; null for a discovered tunnel.
  public var gateway: String?
  /// Our tunnel endpoint: of the SAs last seen, else as configured; null when neither says.
  public var local: String?
  /// The peer's, likewise.
  public var remote: String?
  /// absent, idle, verifying, up, down, standby; unmonitored where no probe can be sent.
  public var state: String
  /// Junos' letter: "-" off, "U" up, "D" down, "V" verifying; "?" where no probe can be sent.
  public var mon: String
  /// held, in-service, as-found; "-" when the agent does not touch the link.
  public var gate: String
  /// Why the agent leaves the link alone, and what to do about it; null while the link fits.
  public var linkUnfit: String?
  /// Why it is in this state.
  public var reason: String
  /// The same for programs: a stable word.
  public var reasonCode: String
  /// Seconds in this state.
  public var since: Double
  /// Consecutive probes lost; null when not monitored.
  public var losses: Int?
  /// How many make the path dead; null when not monitored.
  public var threshold: Int?
  /// Why no probe can be sent; null when probes go.
  public var obstacle: String?
  /// Replies take longer than configured: how long; null when they do not.
  public var degraded: String?
  /// Times the tunnel went down since the agent started.
  public var failures: Int
  /// Why it went down the last time, and how many seconds ago.
  public var lastFailure: String?
  /// The same for programs.
  public var lastFailureCode: String?
  /// Seconds since it went down the last time.
  public var lastFailureAge: Double?
  /// The newest of its events; null before the first.
  public var lastEvent: String?
  /// Times that it came in a row, and how many seconds ago the last one was.
  public var lastEventCount: Int?
  /// Seconds since it came the last time.
  public var lastEventAge: Double?
  /// Attempts to get it renegotiated since it last recovered; null when not monitored.
  public var attempts: Int?
  /// Seconds until the next may be made; null when none has to wait.
  public var nextAttempt: Double?
  /// Replies in a row of a tunnel that is about to open; null while there is none.
  public var recoveryReplies: Int?
  /// How many open it; null likewise.
  public var recoveryThreshold: Int?
  /// Routes taken from its link.
  public var withdrawn: [String]
  /// How its SAs are cleared and brought back: "vici", "kernel expire", or "kernel expire,
  /// renegotiate-command".
  public var control: String
  /// What strongSwan calls it; null when that was never known.
  public var ike: IKEStatus?
  /// Dead peer detection; null without it, and while it has no SAs.
  public var dpd: PeerStatus?
  /// What is being done to bring it back; null when nothing is.
  public var renegotiation: RenegotiationStatus?
  /// What passed through its SAs; null before counters were read for the first time.
  public var traffic: TrafficStatus?
  /// Its SA sets.
  public var sets: [SetStatus]

  private enum CodingKeys: String, CodingKey {
    case name, ike, control, renegotiation, id, configured, template, link, gateway, local, remote,
      state, mon, gate,
      reason,
      since
    case losses, threshold, obstacle, degraded, failures, attempts, withdrawn, dpd, traffic, sets
    case linkUnfit = "link_unfit"
    case reasonCode = "reason_code"
    case lastFailureCode = "last_failure_code"
    case nextAttempt = "next_attempt"
    case recoveryReplies = "recovery_replies"
    case recoveryThreshold = "recovery_threshold"
    case lastFailure = "last_failure"
    case lastFailureAge = "last_failure_age"
    case lastEvent = "last_event"
    case lastEventCount = "last_event_count"
    case lastEventAge = "last_event_age"
  }
}

/// One SA set at one moment.
public struct SetStatus: Codable, Hashable, Sendable {
  /// reqid of its SAs.
  public var reqid: UInt32
  /// if_id of its SAs; 0 when none.
  public var ifID: UInt32
  /// Its traffic selectors, `LOCAL === REMOTE`; empty while no policy has told.
  public var selectors: [String]
  /// incomplete, absent, verifying, up, down, standby, or rekeying while a set that vanished may come
  /// back.
  public var state: String
  /// SPIs of the inbound SAs, `0x` and eight digits.
  public var spiIn: [String]
  /// SPIs of the outbound SAs.
  public var spiOut: [String]
  /// Algorithms of the newest outbound SA, `aes-gcm-128` or `aes-cbc-128 hmac-sha256`; null when
  /// there is none.
  public var algorithm: String?
  /// Its UDP encapsulation, `udp OUR-PORT:PEER-PORT`; null when its ESP is not in UDP.
  public var encap: String?
  /// The link that its probes go through, or "policy" where there is none; null before the first.
  public var probeWay: String?
  /// Where its probes come from; null before the first probe.
  public var probeSource: String?
  /// Where they go.
  public var probeDestination: String?
  /// Probes that left.
  public var sent: UInt64
  /// Probes answered through the tunnel.
  public var received: UInt64
  /// Probes unanswered.
  public var lost: UInt64
  /// Probes that could not be sent: no evidence of loss.
  public var notSent: UInt64
  /// Consecutive probes lost.
  public var losses: Int
  /// Why no probe can be sent; null when probes go.
  public var obstacle: String?
  /// Replies that came outside the tunnel.
  public var clearReplies: UInt64
  /// Share of the last 64 probes that were lost; null before the first was decided.
  public var loss: Double?
  /// The last 32 probes, oldest first: see `ProbeStatistics.history`.
  public var history: String
  /// Smoothed round trip in seconds; null before the first reply.
  public var rtt: Double?
  /// Its smoothed deviation in seconds.
  public var jitter: Double?
  /// Times its SAs were cleared.
  public var clears: Int
  /// Whether its destination has never answered, so that its losses count for nothing.
  public var neverAnswered: Bool
  /// How large a packet its path carries; null when `path-mtu` is off.
  public var pathMTU: PathMTUStatus?
  /// What its SAs have counted; null without SAs, and before counters were read for the first time.
  public var traffic: SetTrafficStatus?

  private enum CodingKeys: String, CodingKey {
    case reqid, selectors, state, sent, received, lost, losses, obstacle, loss, rtt, jitter, clears
    case algorithm, encap, history, traffic
    case ifID = "if_id"
    case spiIn = "spi_in"
    case spiOut = "spi_out"
    case probeWay = "probe_way"
    case probeSource = "probe_source"
    case probeDestination = "probe_destination"
    case notSent = "not_sent"
    case clearReplies = "clear_replies"
    case neverAnswered = "never_answered"
    case pathMTU = "path_mtu"
  }
}

/// How large a packet a set's path carries. Sizes are bytes of the inner packet, IP header included.
public struct PathMTUStatus: Codable, Hashable, Sendable {
  /// unknown, full: the largest packets pass, reduced: they vanish.
  public var state: String
  /// The largest packet that passes; null while unknown.
  public var size: Int?
  /// The largest that may be sent: what the link takes, or less where the kernel knows of less.
  public var full: Int?
  /// What to do about it; null while nothing is wrong.
  public var remedy: String?
}

extension Core {
  /// Configured tunnels in the file's order, then discovered ones as they were found.
  public var tunnelIDs: [TunnelID] { tunnels.keys }

  /// One tunnel as it is now; nil when it is gone.
  public func status(of id: TunnelID, at now: Instant) -> TunnelStatus? {
    tunnels[id].map { status(of: $0, at: now) }
  }

  /// One tunnel as it is now; nil when there is none of this name.
  public func status(of name: String, at now: Instant) -> TunnelStatus? {
    tunnelIndex.named(name).flatMap { tunnels[$0] }.map { status(of: $0, at: now) }
  }

  /// How many SAs are in transport mode: they are not monitored.
  public var transportSACount: Int { kernel.sas.transportCount }

  /// How many tunnels are in each state, by the names that status has.
  public var stateCounts: [String: Int] {
    tunnels.values.reduce(into: [:]) { $0[$1.stateName, default: 0] += 1 }
  }

  /// All that may be in there.
  public static let stateNames = TunnelState.allCases.map(\.rawValue) + [Tunnel.unmonitored]

  private func status(of tunnel: Tunnel, at now: Instant) -> TunnelStatus {
    let sets = tunnel.monitors.compactMap { monitors[$0] }
    let gateway = tunnel.gateway.flatMap { configuration.gateways[$0] }
    let isMonitored = tunnel.monitor != nil && !tunnel.isOnlyObserved
    let recovery = recovery(of: tunnel, at: now)
    let event = out.journal.newest(of: tunnel.id, named: tunnel.name, at: now)
    return TunnelStatus(
      name: tunnel.name, id: tunnel.id.rawValue, configured: tunnel.isConfigured,
      template: tunnel.template, link: tunnel.link, gateway: tunnel.gateway,
      local: (tunnel.endpoints?.local ?? gateway?.localAddress)?.description,
      remote: (tunnel.endpoints?.remote ?? gateway?.addresses.first)?.description,
      state: tunnel.stateName, mon: isStandby ? "-" : tunnel.monLetter,
      gate: isGuarded(tunnel) ? tunnel.link.flatMap(gateName) ?? "-" : "-",
      linkUnfit: misfitText(of: tunnel), reason: tunnel.reasonText,
      reasonCode: tunnel.reasonCode,
      since: now.since(tunnel.blindSince ?? tunnel.since).inSeconds,
      losses: isMonitored ? sets.map(\.window.consecutiveLosses).max() ?? 0 : nil,
      threshold: isMonitored ? tunnel.monitor?.threshold : nil, obstacle: obstacle(tunnel, sets),
      degraded: degradation(of: tunnel),
      failures: tunnel.failures, lastFailure: tunnel.lastFailure?.reason.description,
      lastFailureCode: tunnel.lastFailure?.reason.code,
      lastFailureAge: tunnel.lastFailure.map { now.since($0.at).inSeconds },
      lastEvent: event?.text, lastEventCount: event?.count, lastEventAge: event?.age,
      attempts: isMonitored ? tunnel.attempts.count : nil,
      nextAttempt: nextAttempt(on: tunnel, at: now).map { now.duration(to: $0).inSeconds }
        .flatMap { $0 > 0 ? $0 : nil },
      recoveryReplies: recovery?.replies, recoveryThreshold: recovery?.needed,
      withdrawn: tunnel.link.map { gates.routes.missing(from: $0).map(\.description) } ?? [],
      control: control(of: tunnel), ike: ikeStatus(of: tunnel),
      dpd: peerStatus(of: tunnel, at: now), renegotiation: renegotiation(of: tunnel, at: now),
      traffic: traffic(of: tunnel, at: now), sets: (sets + tunnel.lost).map(status))
  }

  /// What a link's gate is: held only when the kernel has it so, or was just asked for it.
  func gateName(_ name: String) -> String? {
    guard let gate = gates[name] else { return nil }
    guard gate.demand == .held || gate.demand == .down, let link = kernel.link(named: name),
      link.isAdminUp, !link.isLinkModeDormant, !gate.isWaitingForLink
    else { return gate.demand.rawValue }
    return GateDemand.inService.rawValue
  }

  private func obstacle(_ tunnel: Tunnel, _ sets: [SetMonitor]) -> String? {
    if let name = tunnel.link {
      guard let link = kernel.link(named: name) else { return "link \(name) does not exist" }
      if !link.isAdminUp, !gates.isDownByUs(name) { return "link \(name) is administratively down" }
    }
    return sets.lazy.compactMap(\.obstacle).first.map(\.description)
      ?? tunnel.nameObstacle?.description ?? tunnel.trigger?.obstacle?.description
      ?? (tunnel.isOrphaned ? Tunnel.orphanText : nil) ?? unrestorable(tunnel)
  }

  func wayName(_ way: ProbeWay) -> String {
    switch way {
    case .link(let index): kernel.links[index]?.name ?? "-"
    case .policy: "policy"
    }
  }

  private func status(_ monitor: SetMonitor) -> SetStatus {
    let isLost = monitors[monitor.id] == nil
    let set = isLost ? nil : kernel.sas.sets[monitor.key]
    let statistics = monitor.window.statistics
    let newest = set?.newestOutbound
    return SetStatus(
      reqid: monitor.key.reqid, ifID: monitor.key.ifID,
      selectors: monitor.selectors.map(\.description),
      state: isLost ? "absent" : monitor.stateName,
      spiIn: set?.inbound.keys.map(\.spi.hex).sorted() ?? [],
      spiOut: set?.outbound.keys.map(\.spi.hex).sorted() ?? [],
      algorithm: newest?.algorithms.map(\.description).joined(separator: " "),
      encap: newest?.encapsulation.map { "udp \($0.sourcePort):\($0.destinationPort)" },
      probeWay: monitor.path.map { wayName($0.way) },
      probeSource: monitor.path?.source.description,
      probeDestination: monitor.path?.destination.description,
      sent: statistics.sent, received: statistics.received, lost: statistics.lost,
      notSent: statistics.notSent, losses: monitor.window.consecutiveLosses,
      obstacle: monitor.obstacle?.description, clearReplies: statistics.clearReplies,
      loss: statistics.recentLoss, history: statistics.history,
      rtt: statistics.smoothedRTT?.inSeconds,
      jitter: statistics.jitter?.inSeconds, clears: monitor.clears,
      neverAnswered: monitor.isNeverAnswered,
      pathMTU: isLost ? nil : pathMTUStatus(monitor),
      traffic: counterReading.readAt == nil ? nil : set.map(SetTrafficStatus.init))
  }
}
