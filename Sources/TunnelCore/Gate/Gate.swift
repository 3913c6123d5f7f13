/// What a tunnel's state asks of its link.
public enum GateDemand: String, Hashable, Sendable {
  /// Out of service: operstate DORMANT, routes away.
  case held
  /// Out of service by `link-control = "admin"`: held, and the admin flag cleared.
  case down
  /// In service.
  case inService = "in-service"
  /// As the agent found it: not touched.
  case asFound = "as-found"

  /// Where tunnels share a link, what opens it more decides.
  var opens: Int {
    switch self {
    case .down: 0
    case .held: 1
    case .asFound: 2
    case .inService: 3
    }
  }
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
  /// Whether the agent cleared the admin flag; else it is the operator's.
  var isDownByUs = false
  /// The admin flag that was asked for, until an event of the link shows it.
  var askedAdmin: Bool?
  /// The operator set the link up while the agent had it down: it stays up, and held.
  var isRaisedByOperator = false
  /// Number of routes that are not fought for any longer, to warn once each.
  var contested = 0
}
