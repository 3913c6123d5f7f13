/// Dead peer detection of one tunnel's peer at one moment. Times are seconds.
public struct PeerStatus: Codable, Hashable, Sendable {
  /// optimized, probe-idle-tunnel, always-send.
  public var mode: String
  /// Who asks: ike-ping, the agent; charon, strongSwan.
  public var transport: String
  /// The address that is asked.
  public var peer: String
  /// Consecutive questions without a valid answer.
  public var losses: Int
  /// How many make the peer dead.
  public var threshold: Int
  /// supported; unsupported, when it never answered and is not held dead for silence, or when
  /// strongSwan does not ask; unknown before the first answer, or without VICI.
  public var support: String
  /// Seconds since its last answer; null before the first.
  public var lastAnswer: Double?
  /// Why it could not be asked the last time, or what is wrong with strongSwan's settings; null
  /// when nothing is.
  public var obstacle: String?

  private enum CodingKeys: String, CodingKey {
    case mode, transport, peer, losses, threshold, support, obstacle
    case lastAnswer = "last_answer"
  }
}

extension Core {
  /// Of the peer that a tunnel has SAs with; nil without, or without dead-peer-detection.
  func peerStatus(of tunnel: Tunnel, at now: Instant) -> PeerStatus? {
    guard tunnel.gateway != nil, let ends = tunnel.endpoints else { return nil }
    return peerStatus(of: ends.remote, at: now) { $0.local == ends.local }
  }

  /// Of the peer of an IKE SA, likewise.
  func peerStatus(of ike: IKESA, at now: Instant) -> PeerStatus? {
    guard let remote = ike.remote else { return nil }
    return peerStatus(of: remote, at: now) { key in
      key.ikeID.map { $0 == ike.id } ?? (key.local == ike.local)
    }
  }

  private func peerStatus(
    of remote: IPAddress, at now: Instant, watchedBy isMeant: (PeerKey) -> Bool
  ) -> PeerStatus? {
    guard let policy = deadPeerDetection(of: remote) else { return nil }
    let watches = peers.watches(of: remote).filter { isMeant($0.key) }
    guard !watches.isEmpty else { return nil }
    if let watch = watches.first, peers.isAskedByDaemon(watch, peerContext) {
      let daemon = peers.daemonDPD(of: watch, peerContext)
      return PeerStatus(
        mode: policy.mode.rawValue, transport: "charon", peer: remote.description, losses: 0,
        threshold: policy.threshold, support: daemon.support, obstacle: daemon.complaint)
    }
    let answers = peers.replies[remote] ?? IKEPingReplies()
    return PeerStatus(
      mode: policy.mode.rawValue, transport: "ike-ping", peer: remote.description,
      losses: watches.map(\.detector.losses).max() ?? 0, threshold: policy.threshold,
      support: answers.isSupported
        ? "supported" : answers.isUnsupported ? "unsupported" : "unknown",
      lastAnswer: answers.lastAnswerAt.map { now.since($0).inSeconds },
      obstacle: answers.obstacle.map { "kernel does not send: \(IKEPing.text(SendError($0)))" })
  }
}
