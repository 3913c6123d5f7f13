/// Why a link is held, in service or left as found: the fields of docs/architecture.md, "What a state
/// means", and the sentences below them. (Why a state changed is a `Reason`.) What a rule asks for and how
/// log and `explain` say it stand here and nowhere else; which one applies is said below, for a tunnel
/// and for one set of several.
///
/// Rules are asked again by `Core.reconcile`, which every change of a set's phase leads to. A rule that
/// looks at something else needs a call of `reconcile` where that changes. One that holds a link while its
/// tunnel is up has `optimized` probing to think of: what carries no traffic is not probed.
enum GateRule: Hashable, Sendable {
  /// The other gateway of the pair is the active one.
  case standby
  /// No SA, and traffic is to trigger the negotiation.
  case waitsForTraffic
  /// No SA, and something else is to bring one.
  case needsSA(VPN.EstablishTunnels)
  /// SAs older than the agent, which no record knows, on their way to be proven.
  case adopted
  /// SAs whose path verify-path has to prove.
  case unproven
  /// SAs without verify-path, in the place of some that were dead.
  case recentlyDead
  /// SAs, and no verify-path.
  case unverified
  /// The path is proven.
  case proven
  /// Dead, and `action = "warn"` leaves it as it was.
  case warnedOnly
  /// Dead before it was ever proven, with `action = "warn"`.
  case neverOpened
  /// Dead, until a path is proven again.
  case dead
  /// Dead, until then or until the back-off is over.
  case deadForAWhile
  /// Its peer was found dead, though nobody monitors the tunnel.
  case deadPeer(VPN.EstablishTunnels)
  /// The same, while a tunnel that nobody monitors lives on the link.
  case livingNeighbour

  /// What it asks for.
  ///
  /// - Parameter away: what a link without a path to verify is, `held` or `down`.
  func demand(away: GateDemand) -> GateDemand {
    switch self {
    case .waitsForTraffic, .unverified, .proven, .warnedOnly, .livingNeighbour: .inService
    case .adopted: .asFound
    // A link that is down could not be verified.
    case .unproven, .recentlyDead: .held
    case .standby, .needsSA, .neverOpened, .dead, .deadForAWhile, .deadPeer: away
    }
  }
}

extension GateRule: CustomStringConvertible {
  /// Half a line, after "link NAME is held: ".
  var description: String {
    switch self {
    case .standby: "this gateway is standby, and every link is held"
    case .waitsForTraffic: "on-traffic, so traffic must be able to trigger negotiation"
    case .needsSA(let establish): "\(establish.rawValue): the link stays held until an SA exists"
    case .adopted: "its SAs are older than the agent, so it stays as found until they fail"
    case .unproven: "verify-path holds it until a probe is answered"
    case .recentlyDead:
      "the previous SAs failed recently; re-verifying first"
    case .unverified: "SAs installed, no verify-path"
    case .proven: "the path is proven"
    case .warnedOnly: "action = \"warn\", so it stays in service"
    case .neverOpened: "down before its path was ever proven, held until a probe is answered"
    case .dead: "down, held until a probe is answered"
    case .deadForAWhile: "down, held until the back-off is over"
    case .deadPeer(.onTraffic):
      "its peer was found dead, held until SAs are installed or the back-off is over"
    case .deadPeer: "its peer was found dead, held until SAs are installed"
    case .livingNeighbour:
      "its peer was found dead, but a tunnel without vpn-monitor uses the link"
    }
  }
}

// MARK: - Which one applies

extension Tunnel {
  /// What its link is held down to while there is no path to verify.
  private var away: GateDemand { vpn?.linkControl == .admin ? .down : .held }

  func demand(of rule: GateRule) -> GateDemand { rule.demand(away: away) }

  /// The rule for its link, were it alone there.
  ///
  /// - Parameters:
  ///   - isAdopted: whether one of its sets that fail or are verified is older than the agent.
  ///   - wasOpen: whether a set went down whose path had been proven.
  func gateRule(isAdopted: Bool, wasOpen: Bool, role: Role) -> GateRule {
    if role == .standby { return .standby }
    let establish = vpn?.establishTunnels ?? .onTraffic
    switch state {
    case .absent, .idle: return establish == .onTraffic ? .waitsForTraffic : .needsSA(establish)
    case .verifying: return ruleWhileVerified(isAdopted: isAdopted)
    case .up: return ruleWhileUp
    case .down where isHeldForPeer: return .deadPeer(establish)
    case .down: return ruleOfDead(isAdopted: isAdopted, wasOpen: wasOpen)
    case .standby: return .standby
    }
  }

  /// The same for one set of several; nil: what it carries is not its to hold.
  func gateRule(of set: SetMonitor, at now: Instant) -> GateRule? {
    switch set.phase {
    case .up: return ruleWhileUp
    case .verifying: return ruleWhileVerified(isAdopted: set.isAdopted)
    case .down: return ruleOfDead(isAdopted: set.isAdopted, wasOpen: set.isVerified)
    case .observed, .standby: return nil
    case .incomplete:
      guard set.wasComplete else { return nil }
      guard isOnTraffic, !set.hasFailed || monitor?.action == .warn else { return .dead }
      return set.heldUntil.map { $0 > now } ?? false ? .deadForAWhile : nil
    }
  }

  private var ruleWhileUp: GateRule { monitor?.verifyPath == nil ? .unverified : .proven }

  private func ruleWhileVerified(isAdopted: Bool) -> GateRule {
    if isAdopted { return .adopted }
    return monitor?.verifyPath == nil ? .recentlyDead : .unproven
  }

  private func ruleOfDead(isAdopted: Bool, wasOpen: Bool) -> GateRule {
    guard monitor?.action == .warn else {
      return isOnTraffic && !waitsForProof ? .deadForAWhile : .dead
    }
    if isAdopted { return .adopted }
    return wasOpen ? .warnedOnly : .neverOpened
  }
}
