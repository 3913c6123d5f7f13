/// The gates: each link that the agent holds and opens, what was asked of it, by which steps it gets
/// there, and the record of it on disk.
///
/// What a gate is to be comes from the tunnels on its link (`Core.reconcileGate`); nothing here knows
/// of them. A plan is made of what is missing, so that asking twice is free: the admin flag and
/// operstate here, routes by `RouteGuard`. Nothing is withdrawn before the record says so, unless it
/// cannot be written (`GatePlan`).
struct GateController: Sendable {
  /// Times that an operstate is asked for which something else sets back.
  private static let assertionLimit = 10
  /// The pause between retries doubles so many times.
  private static let mostRetries = 6

  /// The routes by these links, and what was taken from them.
  var routes: RouteGuard
  private var gates: [String: Gate] = [:]
  /// The record on disk.
  var disk: RecordOnDisk

  /// Gates as an earlier run left them.
  init(record: GateRecord) {
    routes = RouteGuard(record: record)
    disk = RecordOnDisk(record)
    for link in record.links {
      gates[link.name, default: Gate()].wasHeldBefore = true
      gates[link.name]?.isDownByUs = link.down != nil
    }
  }

  // MARK: What there is

  subscript(name: String) -> Gate? { gates[name] }
  var all: some Collection<Gate> { gates.values }
  var names: [String] { gates.keys.sorted() }

  /// Whether an earlier run left a link held, as far as that still matters.
  func wasHeldBefore(_ name: String) -> Bool { gates[name]?.wasHeldBefore ?? false }

  /// What an earlier run left was dealt with.
  mutating func forgetEarlierRun() { for name in gates.keys { gates[name]?.wasHeldBefore = false } }

  mutating func rename(_ index: Int32, from old: String, to new: String) {
    routes.rename(index, from: old, to: new, withOwn: true)
    let gate = gates.removeValue(forKey: old)
    gates[new] = gates[new] ?? gate
  }

  /// A link does not have the name any more by which a tunnel asks for it: what was taken from it goes with
  /// it, and what stands in for the tunnel's own routes stays.
  mutating func part(_ index: Int32, from old: String, to new: String) {
    routes.rename(index, from: old, to: new, withOwn: false)
    let isDownByUs = gates[old]?.isDownByUs ?? false
    gates[new] = gates[new] ?? gates[old]
    if isDownByUs { gates[new]?.adminIs(downByUs: true) }
    gates[old]?.adminIs(downByUs: false)
  }

  mutating func remove(_ name: String, _ out: inout Outbox) {
    gates[name] = nil
    routes.forgetPlan(of: name)
    out.timers.set(.gate(name), to: nil)
  }

  // MARK: What is asked for

  /// The only place where a gate's demand changes while the agent runs (`demandRelease`: for good).
  /// Returns whether the link was looked at for the first time.
  ///
  /// - Parameter user: name of the tunnel whose rule decides.
  @discardableResult
  mutating func demand(
    _ demand: GateDemand, of name: String, for user: String, because rule: GateRule,
    _ out: inout Outbox
  ) -> Bool {
    let old = gates[name]
    var gate = old ?? Gate()
    if gate.demand != demand || old == nil {
      out.log(.info, user, "link=\(name) gate=\(demand.rawValue) because=\"\(rule)\"")
      gate.assertions = 0
      gate.isWaitingForLink = false
      gate.retries = 0
      gate.isRaisedByOperator = false
    }
    gate.demand = demand
    gates[name] = gate
    return old == nil
  }

  /// A gate is to be put back, whatever its tunnels ask for.
  mutating func demandRelease(_ name: String) {
    gates[name]?.demand = .inService
    gates[name]?.isWaitingForLink = false
    gates[name]?.assertions = 0
  }

  /// Brings a link to what was asked of it.
  mutating func apply(
    _ request: RouteGuard.Request, for user: String, _ kernel: KernelState, _ memory: PathMemory,
    _ out: inout Outbox
  ) {
    let name = request.link
    switch gates[name]?.demand {
    case nil: break
    case .asFound:
      let steps = routes.adopt(request)
      if !steps.isEmpty { out.send(.gate(.change(GatePlan(link: name, steps: steps)))) }
    case .held, .down: change(request, opening: false, for: user, kernel, memory, &out)
    case .inService:
      // Without the link, or with the operator's admin down, owned prefixes must not leak.
      change(request, opening: isUpOrRaised(name, kernel), for: user, kernel, memory, &out)
    }
  }

  /// The end of one that stays as it was found.
  mutating func leave(_ name: String, _ out: inout Outbox) {
    let steps = routes.leave(name)
    if !steps.isEmpty { out.send(.gate(.change(GatePlan(link: name, steps: steps)))) }
  }

  /// As `apply` for a gate that is in service.
  mutating func open(
    _ request: RouteGuard.Request, for user: String, _ kernel: KernelState, _ memory: PathMemory,
    _ out: inout Outbox
  ) { change(request, opening: true, for: user, kernel, memory, &out) }

  private mutating func change(
    _ request: RouteGuard.Request, opening: Bool, for user: String, _ kernel: KernelState,
    _ memory: PathMemory, _ out: inout Outbox
  ) {
    let name = request.link
    let before = record(with: memory)
    var steps = bringUp(name, kernel)
    steps += opening ? routes.open(request) : routes.hold(request)
    warnOfContests(name, user, &out)
    if let step = operstateStep(name, kernel, &out) { steps.append(step) }
    steps += lower(request, kernel)
    let after = record(with: memory)
    // A plan that withdraws carries its record always: the last one may have failed unheard.
    let withdraws = steps.contains(where: \.withdraws)
    let writes = disk.mustTake(after) || withdraws
    guard !steps.isEmpty || writes else { return }
    send(
      GatePlan(
        link: name,
        recordBefore: writes && !opening || withdraws ? before.union(after, of: name) : nil,
        steps: steps, recordAfter: writes && opening ? after : nil),
      writing: writes ? after : nil, &out)
  }

  private mutating func operstateStep(
    _ name: String, _ kernel: KernelState, _ out: inout Outbox
  ) -> GateStep? {
    guard let link = kernel.link(named: name), let gate = gates[name], !gate.isWaitingForLink,
      gate.assertions < Self.assertionLimit
    else { return nil }
    let dormant = gate.demand == .held || gate.demand == .down
    let isSo =
      dormant
      ? link.isLinkModeDormant && (!link.isAdminUp || link.operationalState == .dormant)
      : !link.isLinkModeDormant && link.operationalState != .dormant
    guard !isSo else { return nil }
    gates[name]?.isWaitingForLink = true
    gates[name]?.assertions += 1
    if gate.assertions + 1 == Self.assertionLimit {
      out.log(.error, "-", "link=\(name) does not keep its operstate: another program changes it")
    }
    return .setDormant(linkIndex: link.index, dormant)
  }

  private mutating func warnOfContests(_ name: String, _ user: String, _ out: inout Outbox) {
    let contested = routes.contested(on: name)
    let known = gates[name]?.contested ?? 0
    gates[name]?.contested = contested.count
    guard contested.count > known, let route = contested.last else { return }
    out.log(
      .warning, user,
      "link=\(name) another program keeps adding \(route.destination) while the link is held; "
        + "left alone: remove its protocol from guard-protocols or stop that program")
  }

  /// Opens a gate that no tunnel asks for: an earlier run left it, or its tunnel was forgotten.
  ///
  /// - Parameter link: nil when it is not there, or is not to be touched.
  mutating func release(
    _ name: String, _ link: Link?, because why: String, _ kernel: KernelState,
    _ memory: PathMemory, _ out: inout Outbox
  ) {
    if link == nil, kernel.links.named(name) != nil { forgetAdmin(name) }
    let request = RouteGuard.Request(
      link: name, index: link?.index, isAdminUp: link?.isAdminUp ?? false, guardProtocols: [],
      owned: [], heldRoute: .none, probeDestinations: [])
    var steps = bringUp(name, kernel) + routes.open(request)
    if let link, link.isLinkModeDormant || link.operationalState == .dormant {
      steps.append(.setDormant(linkIndex: link.index, false))
    }
    let record = record(with: memory)
    guard !steps.isEmpty || disk.mustTake(record) else { return }
    out.log(.info, "-", "link=\(name) \(why): released")
    send(GatePlan(link: name, steps: steps, recordAfter: record), writing: record, &out)
  }

  // MARK: Failures

  mutating func failed(
    _ failure: GateFailure, _ memory: PathMemory, at now: Instant, _ out: inout Outbox
  ) {
    switch failure {
    case .absent: break
    case .record(let link, let message):
      disk.failed(message, at: now, &out)
      retry(link, at: now, &out)
    case .step(let link, let step, let message):
      // What fails again and again was said.
      let isOld = gates[link]?.retries == Self.mostRetries
      out.log(isOld ? .debug : .error, "-", "link=\(link) cannot \(step): \(message)")
      routes.undo(step, link: link)
      adminFailed(step, link)
      // A route that is not back goes on record again at once: a plan of another link may have
      // written one without it.
      if step.putsBack { write(record(with: memory), for: link, &out) }
      if case .setDormant = step {
        gates[link]?.isWaitingForLink = false
        // The kernel refused; nobody set it back.
        gates[link]?.assertions -= 1
      }
      retry(link, at: now, &out)
    }
  }

  /// Tries again after 1, 2, 4 ... 64 seconds; failures of one plan count once.
  private mutating func retry(_ name: String, at now: Instant, _ out: inout Outbox) {
    let gate = gates[name] ?? Gate()
    guard gate.retryAt.map({ $0 <= now }) ?? true else { return }
    gates[name] = gate
    let deadline = now.advanced(by: .seconds(1 << gate.retries))
    gates[name]?.retries = min(gate.retries + 1, Self.mostRetries)
    gates[name]?.retryAt = deadline
    out.timers.set(.gate(name), to: deadline)
  }

  // MARK: Links and their admin flag

  /// An event, or a dump, shows a link.
  ///
  /// - Parameter isDumped: the event that was waited for may be among the lost ones.
  mutating func linkSeen(_ link: Link, isDumped: Bool = false, _ out: inout Outbox) {
    guard gates[link.name] != nil else { return }
    gates[link.name]?.isWaitingForLink = false
    if isDumped { gates[link.name]?.askedAdmin = nil }
    if gates[link.name]?.noteAdmin(of: link) == true {
      out.log(
        .warning, "-",
        "link=\(link.name) set admin-up by another program; left up, held by operstate and routes")
    }
  }

  /// The link is gone: whoever makes it again sets it up.
  mutating func forgetAdmin(_ name: String) {
    gates[name]?.adminIs(downByUs: false)
    routes.forgetParked(name)
  }

  /// Whether a link carries packets by its admin flag, or will once the plan under way is done.
  func isUpOrRaised(_ name: String, _ kernel: KernelState) -> Bool {
    guard let link = kernel.link(named: name) else { return false }
    return gates[name]?.isUpOrRaised(link) ?? link.isAdminUp
  }

  /// Whether the admin flag is cleared because the agent did so.
  func isDownByUs(_ name: String) -> Bool { gates[name]?.isDownByUs ?? false }

  /// Steps that set a link up which the agent has set down, with the addresses that it had.
  private mutating func bringUp(_ name: String, _ kernel: KernelState) -> [GateStep] {
    guard let link = kernel.link(named: name), let mustSetUp = gates[name]?.bringUp(link) else {
      return []
    }
    let addresses = routes.unparkAddresses(name).map { GateStep.addAddress($0) }
    return (mustSetUp ? [.setAdmin(linkIndex: link.index, up: true)] : []) + addresses
  }

  /// The step that sets a link down.
  private mutating func lower(
    _ request: RouteGuard.Request, _ kernel: KernelState
  ) -> [GateStep] {
    guard let link = kernel.link(named: request.link), gates[link.name]?.lower(link) == true else {
      return []
    }
    let flushed = (kernel.addresses[link.index] ?? []).filter {
      $0.address.family == .ipv6 && !$0.address.isLinkLocal && $0.isPermanent
    }
    routes.park(request, flushed)
    return [.setAdmin(linkIndex: link.index, up: false)]
  }

  private mutating func adminFailed(_ step: GateStep, _ name: String) {
    guard case .setAdmin(_, let up) = step else { return }
    gates[name]?.adminIs(downByUs: up)
    if up { routes.keepParked(name) } else { routes.forgetParked(name) }
  }
}
