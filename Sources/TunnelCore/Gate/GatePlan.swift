extension Route {
  /// rtm_protocol of every route the agent makes. Not in use by any daemon that iproute2's
  /// rt_protos names.
  public static let agentProtocol: UInt8 = 250
}

/// One change to the kernel on the way to a held or an open gate. Each is idempotent: what is
/// already so counts as done.
public enum GateStep: Hashable, Sendable {
  /// Put a withdrawn route back.
  case addRoute(Route)
  /// Withdraw a route.
  case deleteRoute(Route)
  /// Add an unreachable route of the agent's.
  case addUnreachable(Route.Identity)
  /// Remove an unreachable route of the agent's.
  case deleteUnreachable(Route.Identity)
  /// Add a route of the agent's through a link.
  case addLinkRoute(Route.Identity, linkIndex: Int32)
  /// Remove a route of the agent's through a link.
  case deleteLinkRoute(Route.Identity, linkIndex: Int32)
  /// Make a link's operstate DORMANT, or UP again; its link mode follows.
  case setDormant(linkIndex: Int32, Bool)
}

extension GateStep {
  /// Whether a route of somebody else's leaves the kernel.
  var withdraws: Bool { if case .deleteRoute = self { true } else { false } }
}

extension GateStep: CustomStringConvertible {
  /// As an operator would say it.
  public var description: String {
    switch self {
    case .addRoute(let route): "put back \(route)"
    case .deleteRoute(let route): "withdraw \(route)"
    case .addUnreachable(let id): "add unreachable \(id.destination)"
    case .deleteUnreachable(let id): "remove unreachable \(id.destination)"
    case .addLinkRoute(let id, _): "add \(id.destination)"
    case .deleteLinkRoute(let id, _): "remove \(id.destination)"
    case .setDormant(_, let dormant): "set operstate \(dormant ? "DORMANT" : "UP")"
    }
  }
}

/// A change of one gate.
public struct GatePlan: Hashable, Sendable {
  /// The link's name.
  public var link: String
  /// To be on disk before the first step; nil when the record on disk covers the steps already.
  public var recordBefore: GateRecord?
  /// What to do, in order.
  public var steps: [GateStep]
  /// To be on disk once every route is back; nil when `recordBefore` stays true.
  public var recordAfter: GateRecord?
}

/// What must survive the agent's death: the links it holds and the routes it took from them.
public struct GateRecord: Hashable, Sendable {
  /// A held link.
  public struct HeldLink: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Routes taken from it, in the order of their identity.
    public var withdrawn: [Route]

    /// A held link.
    public init(name: String, withdrawn: [Route]) {
      self.name = name
      self.withdrawn = withdrawn
    }
  }

  /// By name.
  public var links: [HeldLink]

  /// A record; empty when nothing is held.
  public init(links: [HeldLink] = []) {
    self.links = links
  }

  /// The record that also holds the routes which `steps` put back: true until they are taken.
  func adding(_ steps: [GateStep], of name: String) -> GateRecord {
    let returning = steps.compactMap { if case .addRoute(let route) = $0 { route } else { nil } }
    guard !returning.isEmpty else { return self }
    var record = self
    if let place = links.firstIndex(where: { $0.name == name }) {
      record.links[place].withdrawn.append(contentsOf: returning)
    } else {
      record.links.append(HeldLink(name: name, withdrawn: returning))
    }
    return record
  }
}
