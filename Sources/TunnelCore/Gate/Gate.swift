/// What a tunnel's state asks of its link.
public enum GateDemand: String, Hashable, Sendable {
  /// Out of service: operstate DORMANT, routes away.
  case held
  /// In service.
  case inService = "in-service"
  /// As the agent found it: not touched.
  case asFound = "as-found"
}

/// One link that the agent holds and opens.
struct Gate: Sendable {
  var demand = GateDemand.asFound
  /// Whether an earlier run left it held.
  var wasHeldBefore = false
  /// The operstate was asked for and no event of the link has come since.
  var isWaitingForLink = false
  /// Times the operstate was asked for since the demand changed.
  var assertions = 0
  /// Failures in a row, and when the last one is tried again.
  var retries = 0
  var retryAt: Instant?
  /// Number of routes that are not fought for any longer, to warn once each.
  var contested = 0
}

extension Tunnel {
  /// The table of design.md section 3.
  func gateDemand(isAdopted: Bool) -> GateDemand {
    let establish = vpn?.establishTunnels ?? .onTraffic
    switch state {
    case .absent: return establish == .onTraffic ? .inService : .held
    case .verifying: return isAdopted ? .asFound : .held
    case .up: return .inService
    case .down: return .held
    }
  }
}
