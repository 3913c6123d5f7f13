/// `dead-peer-detection` of a gateway.
public struct DeadPeerDetection: Hashable, Sendable {
  /// When a peer is asked whether it is there (docs/facts/junos.md, "DPD modes").
  public enum Mode: String, CaseIterable, Sendable {
    /// When something went out and nothing came in for an interval.
    case optimized
    /// Also when a tunnel carried nothing either way.
    case probeIdleTunnel = "probe-idle-tunnel"
    /// Every interval. Traffic is no answer then.
    case alwaysSend = "always-send"
  }

  /// Who asks.
  public enum Transport: String, CaseIterable, Sendable {
    /// strongSwan where it does and the mode is its own, `probe-idle-tunnel`; else the agent.
    case auto
    /// The agent, without keys (`IKEPing`).
    case ikePing = "ike-ping"
    /// strongSwan, authenticated: its `dpd_delay`.
    case charon
  }

  /// When the peer is asked.
  public var mode: Mode
  /// Seconds from one question to the next, and until one counts as unanswered: 2...60.
  public var interval: Int
  /// Consecutive unanswered questions that make the peer dead: 1...5.
  public var threshold: Int
  /// Who asks. With `charon` the mode is `probe-idle-tunnel`, and the threshold is strongSwan's
  /// (`charon.retransmit_tries`).
  public var transport: Transport

  /// Detection; defaults are Junos'.
  public init(
    mode: Mode = .optimized, interval: Int = 10, threshold: Int = 5, transport: Transport = .auto
  ) {
    self.transport = transport
    self.mode = mode
    self.interval = interval
    self.threshold = threshold
  }
}

extension DeadPeerDetection {
  /// Losses in a row from which the peer is dead within two intervals unless it gives a sign of life.
  var failingFrom: Int { max(threshold - 2, 1) }
}

extension DeadPeerDetection {
  /// How often the counters are read.
  var tick: Duration { .seconds(interval) / PeerDetector.ticksPerInterval }
}
