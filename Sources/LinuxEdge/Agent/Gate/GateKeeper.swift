import TunnelCore

/// Carries out gate plans: the record first, then the steps, then the record again.
///
/// Where the record cannot be written, the kernel keeps it: a route is not withdrawn before a copy of
/// it stands in a table that no rule leads to, from which the next run, or `release`, puts it back.
/// What else a step changes is the agent's by its looks (DORMANT, routes of protocol 250). Routes
/// that are shared by several links, and admin flags, have no such copy: they stay.
struct GateKeeper {
  private var file: RecordFile
  private var onDisk: GateRecord
  /// What may differ between that and what is to be there.
  private var unsaved = GateRecord.Changes()
  /// What is to be on disk.
  private var latest: GateRecord
  /// Routes whose copies the kernel keeps.
  private var parked: [Route]
  /// Why the record could not be written; nil when it was.
  private(set) var failure: String?

  /// - Parameters:
  ///   - record: what the file holds.
  ///   - parked: what the kernel keeps besides.
  init(file: RecordFile, record: GateRecord, parked: [Route] = []) {
    self.file = file
    self.parked = parked
    onDisk = record
    latest = record
  }

  /// What an earlier run left in a directory and in the kernel. Where the record is damaged, links that are
  /// held by their looks are taken for held.
  ///
  /// - Parameter parked: routes whose copies the kernel keeps, by their links' names.
  static func found(
    in directory: String, parked: [(link: String, route: Route)],
    _ requests: borrowing KernelRequests
  ) throws(EdgeError) -> (keeper: GateKeeper, record: GateRecord, damage: String?) {
    var file = RecordFile(path: "\(directory)/gates.json")
    let stored = file.load()
    var record = stored.record.including(parked)
    if stored.damage != nil { record = record.including(dormant: try requests.dumpLinks()) }
    let keeper = GateKeeper(file: file, record: stored.record, parked: parked.map(\.route))
    return (keeper, record, stored.damage)
  }

  /// Does all that can be done of plans that were made together; returns what could not. Without a
  /// record each step that nothing else would undo counts as failed.
  ///
  /// One record covers them all: a thousand links that are to be held at once wait for one write, not
  /// for a thousand of ever longer ones.
  mutating func perform(
    _ plans: [GatePlan], _ requests: borrowing KernelRequests
  ) -> [GateFailure] {
    var failures: [GateFailure] = []
    var isCovered = true
    let recording = plans.filter { $0.recordBefore != nil || $0.recordAfter != nil }
    for plan in recording { note(plan) }
    if let record = cover(plans), let message = save(record, requests) {
      failures = plans.filter { $0.recordBefore != nil }
        .map { .record(link: $0.link, message: message) }
      isCovered = false
    }
    var lostRoute = false
    for plan in plans {
      let failed = perform(plan, isCovered: isCovered || plan.recordBefore == nil, requests)
      lostRoute = lostRoute || failed.contains(where: \.losesRoute)
      failures += failed
    }
    // A route that is not back must stay on record; the core writes anew when it is.
    if let last = recording.last,
      let record = last.recordAfter ?? (isCovered ? last.recordBefore : nil), !lostRoute,
      let message = save(record, requests)
    {
      failures.append(.record(link: last.link, message: message))
    }
    if !recording.isEmpty, failure == nil, !lostRoute { unsaved = GateRecord.Changes() }
    return failures
  }

  private mutating func note(_ plan: GatePlan) {
    unsaved.links.insert(plan.link)
    unsaved.formUnion(plan.changes ?? onDisk.names)
    guard plan.changes == nil else { return }
    for record in [plan.recordBefore, plan.recordAfter] {
      if let record { unsaved.formUnion(record.names) }
    }
  }

  /// What must be on disk before the first step of any; nil when it is.
  func cover(_ plans: [GatePlan]) -> GateRecord? {
    let asked = plans.filter { $0.recordBefore != nil }
    guard let last = asked.last, let record = last.recordBefore else { return nil }
    // A single plan says all itself.
    guard plans.count > 1 else { return record }
    // What is open again at the end of them is not yet.
    let cover = latest.union(record)
    let hasAll = asked.allSatisfy { cover[$0.link] == $0.recordBefore?[$0.link] }
    if hasAll { return cover }
    return asked.reduce(latest) { cover, plan in
      plan.recordBefore.map { cover.union($0) } ?? cover
    }
  }

  private mutating func perform(
    _ plan: GatePlan, isCovered: Bool, _ requests: borrowing KernelRequests
  ) -> [GateFailure] {
    var failures: [GateFailure] = []
    for step in plan.steps {
      guard !step.leaks(after: failures) else {
        failures.append(
          .step(
            link: plan.link, step,
            message: "the unreachable route in its place could not be added"))
        continue
      }
      do throws(EdgeError) {
        var isParked = false
        if !isCovered, step.withdraws { isParked = try park(step, requests) }
        if try !Self.perform(step, requests) {
          failures.append(.absent(link: plan.link, step: step))
          if isParked, case .deleteRoute(let route) = step { unpark(requests) { $0 == route } }
        }
      } catch  where error.isAlreadyThere && !Self.isBlocked(step, requests) {
        // Done.
      } catch {
        failures.append(.step(link: plan.link, step, message: error.description))
        continue
      }
      if case .addRoute(let route) = step { unpark(requests) { $0.identity == route.identity } }
    }
    return failures
  }

  /// Writes the record again when its file is gone or damaged; returns why it cannot, when that is new.
  mutating func keepFile() -> String? {
    let isGone = onDisk != GateRecord() && !file.isThere
    guard isGone || file.isToBeRepaired else { return nil }
    let known = failure
    let message = write(latest)
    return message == known ? nil : message
  }

  private mutating func save(
    _ record: GateRecord, _ requests: borrowing KernelRequests
  ) -> String? {
    if let message = save(record) { return message }
    unpark(requests) { _ in true }
    return nil
  }

  private mutating func save(_ record: GateRecord) -> String? {
    latest = record
    guard record == onDisk else { return write(record) }
    failure = nil
    return nil
  }

  private mutating func write(_ record: GateRecord) -> String? {
    do {
      try file.save(record, over: onDisk, unsaved)
      onDisk = record
      failure = nil
    } catch {
      failure = error.description
    }
    return failure
  }

  /// Has the kernel keep what a step takes away. Returns whether it did not yet.
  private mutating func park(
    _ step: GateStep, _ requests: borrowing KernelRequests
  ) throws(EdgeError) -> Bool {
    guard case .deleteRoute(let route) = step, route.canBeParked else {
      throw EdgeError(
        operation: step.description, errno: 5, complaint: "the record was not written")
    }
    do {
      try requests.park(route)
    } catch  where error.isAlreadyThere {
      // By an earlier run, or an earlier step of this one.
      if !parked.contains(route) { parked.append(route) }
      return false
    }
    parked.append(route)
    return true
  }

  private mutating func unpark(
    _ requests: borrowing KernelRequests, where isDone: (Route) -> Bool
  ) {
    for route in parked where isDone(route) {
      // A copy that stays does no harm, and the next run removes it.
      try? requests.unpark(route)
    }
    parked.removeAll(where: isDone)
  }

  /// Whether somebody else's route stands where one of the agent's is to be: of prefix and metric the
  /// kernel has one alone.
  private static func isBlocked(_ step: GateStep, _ requests: borrowing KernelRequests) -> Bool {
    let wanted: (identity: Route.Identity, link: Int32?)
    switch step {
    case .addLinkRoute(let id, let link): wanted = (id, link)
    case .addUnreachable(let id): wanted = (id, nil)
    default: return false
    }
    // The agent's own alone.
    guard let own = try? requests.dumpRoutes(RouteInterest(links: [])) else { return false }
    return !own.contains { route in
      route.identity.by(nil) == wanted.identity
        && (wanted.link.map { $0 == route.linkIndex } ?? (route.kind == .unreachable))
    }
  }

  /// Returns whether what is to be withdrawn was there.
  private static func perform(
    _ step: GateStep, _ requests: borrowing KernelRequests
  ) throws(EdgeError) -> Bool {
    switch step {
    case .addRoute(let route): try requests.addRoute(replaying: route)
    case .deleteRoute(let route): return try requests.deleteRoute(route)
    case .replaceRoute(let route): try requests.replaceRoute(route)
    case .replaceGroup(let group): try requests.replaceGroup(group)
    case .addUnreachable(let id):
      try requests.addUnreachable(id, routeProtocol: Route.agentProtocol)
    case .deleteUnreachable(let id):
      try requests.deleteUnreachable(id, routeProtocol: Route.agentProtocol)
    case .addLinkRoute(let id, let link):
      try requests.addLinkRoute(id, linkIndex: link, routeProtocol: Route.agentProtocol)
    case .deleteLinkRoute(let id, let link):
      try requests.deleteRoute(
        Route(identity: id, routeProtocol: Route.agentProtocol, linkIndex: link))
    case .addNexthop(let nexthop): try requests.addNexthop(nexthop)
    case .addAddress(let address): try requests.addAddress(address)
    case .setAdmin(let link, let up): try requests.setAdmin(link: link, up: up)
    case .addRule(let rule): try requests.setRule(rule, add: true)
    case .deleteRule(let rule): try requests.setRule(rule, add: false)
    case .setDormant(let link, let dormant):
      try requests.setOperationalState(link: link, dormant: dormant)
    }
    return true
  }
}

extension GateFailure {
  /// Whether something that is on record is not back.
  fileprivate var losesRoute: Bool {
    if case .step(_, let step, _) = self { step.putsBack } else { false }
  }
}
