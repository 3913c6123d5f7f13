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
}

extension Reason: CustomStringConvertible {
  /// The text operators read and match.
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
    case .observedOnly: "IPSec SA negotiation successfully completed, path cannot be probed"
    case .clearedByOperator: "User cleared IPSec SA from CLI"
    case .noSA: "No IPSec SA"
    case .backOffOver: "Tunnel is ready. Waiting for trigger event or peer to trigger negotiation"
    case .standby: "HA role is standby"
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
