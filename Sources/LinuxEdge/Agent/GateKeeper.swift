import TunnelCore

/// Carries out gate plans: the record first, then the steps, then the record again.
struct GateKeeper {
  private let file: RecordFile
  private var onDisk: GateRecord

  /// - Parameter record: what the file holds.
  init(file: RecordFile, record: GateRecord) {
    self.file = file
    onDisk = record
  }

  /// Does all that can be done of a plan; returns what could not. When the record cannot be
  /// written no step is taken, and each counts as failed.
  mutating func perform(_ plan: GatePlan, _ requests: borrowing KernelRequests) -> [GateFailure] {
    if let record = plan.recordBefore, let message = save(record) {
      return [.record(link: plan.link, message: message)]
        + plan.steps.map { .step(link: plan.link, $0, message: "the record was not written") }
    }
    var failures: [GateFailure] = []
    var lostRoute = false
    for step in plan.steps {
      guard !step.leaks(after: failures) else {
        failures.append(
          .step(link: plan.link, step, message: "its stand-in could not be made"))
        continue
      }
      do {
        try Self.take(step, requests)
      } catch  where error.isAlreadyThere {
        continue
      } catch {
        failures.append(.step(link: plan.link, step, message: error.description))
        lostRoute = lostRoute || step.putsBack
      }
    }
    // A route that is not back must stay on record; the core writes anew when it is.
    if let record = plan.recordAfter, !lostRoute, let message = save(record) {
      failures.append(.record(link: plan.link, message: message))
    }
    return failures
  }

  private mutating func save(_ record: GateRecord) -> String? {
    guard record != onDisk else { return nil }
    do {
      try file.save(record)
      onDisk = record
      return nil
    } catch {
      return error.description
    }
  }

  private static func take(
    _ step: GateStep, _ requests: borrowing KernelRequests
  ) throws(EdgeError) {
    switch step {
    case .addRoute(let route): try requests.addRoute(replaying: route)
    case .deleteRoute(let route): try requests.deleteRoute(route)
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
  }
}
