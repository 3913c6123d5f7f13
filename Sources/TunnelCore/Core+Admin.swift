/// `link-control = "admin"`: the admin flag is cleared while there is no path to verify.
///
/// The operator's own admin down is told from ours by the record, and his admin up is never fought:
/// a link that he sets up while it is down by us stays up, held by operstate and routes alone.
extension Core {
  /// Whether the link carries packets by its admin flag, or will once the plan under way is done.
  func isUpOrRaised(_ name: String) -> Bool {
    guard let link = kernel.link(named: name) else { return false }
    let gate = gates[name]
    let isRaised = gate.map { $0.isDownByUs && $0.demand != .down && !link.isAdminUp } ?? false
    return isRaised || gate?.askedAdmin ?? link.isAdminUp
  }

  /// Whether the admin flag is cleared because the agent did so.
  func isDownByUs(_ name: String) -> Bool { gates[name]?.isDownByUs ?? false }

  /// Steps that set a link up which the agent has set down, with the addresses that it had.
  mutating func bringUp(_ name: String) -> [GateStep] {
    guard let gate = gates[name], gate.isDownByUs, let link = kernel.link(named: name),
      gate.demand != .down || gate.isRaisedByOperator
    else { return [] }
    gates[name]?.isDownByUs = false
    var steps = routes.unparkAddresses(name).map { GateStep.addAddress($0) }
    if !link.isAdminUp || gate.askedAdmin == false {
      gates[name]?.askedAdmin = true
      steps.insert(.setAdmin(linkIndex: link.index, up: true), at: 0)
    }
    return steps
  }

  /// The step that sets a link down.
  mutating func lower(_ name: String, _ request: RouteGuard.Request) -> [GateStep] {
    guard let gate = gates[name], gate.demand == .down, !gate.isDownByUs,
      !gate.isRaisedByOperator, gate.askedAdmin == nil, let link = kernel.link(named: name),
      link.isAdminUp
    else { return [] }
    let flushed = (kernel.addresses[link.index] ?? []).filter {
      $0.address.family == .ipv6 && !$0.address.isLinkLocal && $0.isPermanent
    }
    routes.park(request, flushed)
    gates[name]?.isDownByUs = true
    gates[name]?.askedAdmin = false
    return [.setAdmin(linkIndex: link.index, up: false)]
  }

  /// An event shows a link's admin flag.
  mutating func noteAdmin(_ link: Link) {
    guard let gate = gates[link.name] else { return }
    if let asked = gate.askedAdmin {
      if asked == link.isAdminUp { gates[link.name]?.askedAdmin = nil }
    } else if gate.isDownByUs, link.isAdminUp {
      log(.warning, "-", "link=\(link.name) was set up by somebody: left up, and held")
      gates[link.name]?.isRaisedByOperator = true
    }
  }

  /// The link is gone: whoever makes it again sets it up.
  mutating func forgetAdmin(_ name: String) {
    gates[name]?.isDownByUs = false
    gates[name]?.askedAdmin = nil
    routes.forgetParked(name)
  }

  mutating func adminFailed(_ step: GateStep, _ name: String) {
    guard case .setAdmin(_, let up) = step else { return }
    gates[name]?.askedAdmin = nil
    gates[name]?.isDownByUs = up
    if up { routes.keepParked(name) } else { routes.forgetParked(name) }
  }
}
