/// Why a tunnel's state changed. The texts are Junos' where Junos has one
/// (docs/facts/junos.md, "Event texts").
public enum Reason: CaseIterable, Hashable, Sendable {
  /// A complete pair of SAs appeared.
  case negotiated
  /// SAs older than the agent were found.
  case adopted
  /// The first probe was answered through the tunnel.
  case pathVerified
  /// A probe was answered again.
  case answered
  /// verify-path: threshold probes unanswered.
  case verifyPathError
  /// vpn-monitor: threshold probes unanswered.
  case monitorFailure
  /// dead-peer-detection: threshold questions unanswered.
  case peerDead
  /// Probes are answered, but outside the tunnel.
  case replyInClear
  /// SAs are there, and nothing can be sent through them to prove the path.
  case observedOnly
  /// The operator had its SAs cleared.
  case clearedByOperator
  /// No SA is left.
  case noSA
  /// The time that a tunnel is kept out of service after a failure is over.
  case backOffOver
  /// The gateway became standby, or SAs appeared while it is.
  case standby
  /// The gateway became the active one.
  case becameActive
  /// SAs were there before the agent, or a reload, and their link was held already.
  case foundHeld
  /// SAs that were there have other settings now.
  case reloaded
  /// SAs that nothing could be sent through can be probed now.
  case probeable
  /// What does not answer has never answered: its losses are ignored.
  case silenceIgnored
  /// The peer that was found dead answers again.
  case peerAlive
}

extension Reason: CustomStringConvertible {
  /// The event that it is, which operators read and match.
  public var description: String {
    switch self {
    case .negotiated: "IPSec SA negotiation successfully completed"
    case .adopted: "Existing SAs found at start"
    case .pathVerified: "VPN monitoring verify-path succeeded"
    case .answered: "VPN monitoring probe answered"
    case .verifyPathError: "VPN monitoring verify-path error"
    case .monitorFailure: "IPSEC SA VPN Monitor Failure"
    case .peerDead: "DPD detected peer as down. Existing IKE/IPSec SAs cleared"
    case .replyInClear: "Probe replies arrive outside the tunnel"
    case .observedOnly: "IPSec SAs installed, path cannot be probed"
    case .clearedByOperator: "User cleared IPSec SA from CLI"
    case .noSA: "No IPSec SA"
    case .backOffOver: "Tunnel is ready. Waiting for trigger event or peer to trigger negotiation"
    case .standby: "HA role is standby"
    case .becameActive: "HA role is active"
    case .foundHeld: "Existing SAs found, link was held already"
    case .reloaded: "Configuration was reloaded"
    case .probeable: "Path can be probed now"
    case .silenceIgnored: "Destination has never answered, its losses are ignored"
    case .peerAlive: "Peer answers again"
    }
  }
}

extension Reason {
  /// Why a tunnel is in this state. What brought it to `verifying` does not say what is missing.
  public func text(in state: TunnelState) -> String {
    guard state == .verifying else { return description }
    return switch self {
    case .negotiated: "new SAs, path not verified yet"
    case .adopted: "SAs older than the agent, path not verified yet"
    case .foundHeld: "link was held already, path not verified yet"
    case .becameActive: "this gateway became active, path not verified yet"
    case .reloaded: "configuration was reloaded, path not verified yet"
    case .probeable: "path can be probed now, not verified yet"
    case .pathVerified, .answered, .verifyPathError, .monitorFailure, .peerDead, .replyInClear,
      .observedOnly, .clearedByOperator, .noSA, .backOffOver, .standby, .silenceIgnored, .peerAlive:
      description
    }
  }

  /// Its name in JSON, which stays whatever becomes of the words (docs/status-json.md).
  public var code: String {
    switch self {
    case .negotiated: "negotiated"
    case .adopted: "adopted"
    case .pathVerified: "path-verified"
    case .answered: "probe-answered"
    case .verifyPathError: "verify-path-error"
    case .monitorFailure: "vpn-monitor-failure"
    case .peerDead: "peer-dead"
    case .replyInClear: "reply-in-clear"
    case .observedOnly: "cannot-be-probed"
    case .clearedByOperator: "cleared-by-operator"
    case .noSA: "no-sa"
    case .backOffOver: "back-off-over"
    case .standby: "standby"
    case .becameActive: "became-active"
    case .foundHeld: "found-held"
    case .reloaded: "reloaded"
    case .probeable: "probeable"
    case .silenceIgnored: "silence-ignored"
    case .peerAlive: "peer-alive"
    }
  }
}

extension Reason {
  /// The reason of this text; nil when there is none.
  public init?(_ text: String) {
    guard let reason = Self.allCases.first(where: { $0.description == text }) else { return nil }
    self = reason
  }
}
