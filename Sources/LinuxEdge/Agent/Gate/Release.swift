import CShims
import Glibc
import TunnelCore

/// Puts back, without a daemon, all that the record in the run directory says is held, and removes
/// routes, rules and links of the agent's own. It is a first snapshot of an agent that has no
/// configuration: nobody asks for any gate then, so each is released.
public enum Release {
  /// What has come of it.
  public struct Outcome: Hashable, Sendable {
    /// What was done, one line a link.
    public var done: [String] = []
    /// What could not be done.
    public var failures: [String] = []
  }

  private static let attempts = 4

  /// Puts everything back, holding the agent's lock. What fails is tried again, three times after a
  /// second each: a link that was just set up does not take every route at once.
  ///
  /// - Throws: when an agent is running, or the record or the kernel's tables cannot be read.
  public static func run(runDirectory: String) throws(StartFailure) -> Outcome {
    do {
      let lock = try takeLock(runDirectory)
      let requests = try KernelRequests()
      var outcome = Outcome()
      var damage: String?
      for attempt in 1...attempts {
        outcome.failures = []
        let found = try pass(runDirectory, requests, &outcome)
        // Once: what could be read is on record anew after it.
        damage = damage ?? found.damage
        if attempt == attempts { break }
        if outcome.failures.isEmpty {
          // Rules for links of the agent's own go once those are gone.
          if found.hasRemovedLinks { continue }
          break
        }
        sleep(1)
      }
      if let damage {
        outcome.failures.append(
          "the record is damaged: \(damage); which routes it listed is not known: "
            + "compare `ip route` with what is expected")
      }
      _ = lock.number
      return outcome
    } catch let error as StartFailure {
      throw error
    } catch let error as EdgeError {
      throw StartFailure(error)
    } catch {
      fatalError("nothing else is thrown")
    }
  }

  private static func pass(
    _ directory: String, _ requests: borrowing KernelRequests, _ outcome: inout Outcome
  ) throws(EdgeError) -> (hasRemovedLinks: Bool, damage: String?) {
    var (keeper, record, damage) = try GateKeeper.found(
      in: directory, parked: try requests.dumpParked(), requests)
    var core = Core(configuration: .observing, record: record, seed: 0, at: monotonicNow())
    let snapshot = try requests.snapshot { core.routeInterest(links: $0, nexthops: $1) }
    // All together: the record of what is not back stays until the last of it is.
    var plans: [GatePlan] = []
    var hasRemovedLinks = false
    for case .gate(let effect) in core.handle(.snapshot(snapshot), at: monotonicNow()) {
      switch effect {
      case .change(let plan): plans.append(plan)
      case .removeLink(let index):
        remove(index, requests, &outcome)
        hasRemovedLinks = true
      case .readRoutes, .makeLink: break
      }
    }
    let failures = keeper.perform(plans, requests)
    outcome.failures += failures.compactMap(\.complaint)
    for plan in plans { note(plan, failures, &outcome) }
    if let message = keeper.keepFile() {
      outcome.failures.append("cannot write the record: \(message)")
    }
    return (hasRemovedLinks, damage)
  }

  private static func remove(
    _ link: Int32, _ requests: borrowing KernelRequests, _ outcome: inout Outcome
  ) {
    do {
      try requests.deleteLink(link)
      outcome.done.append("removed the agent's own link \(link)")
    } catch {
      outcome.failures.append("\(error)")
    }
  }

  private static func note(
    _ plan: GatePlan, _ failures: [GateFailure], _ outcome: inout Outcome
  ) {
    let failed = failures.compactMap { failure -> GateStep? in
      if case .step(plan.link, let step, _) = failure { step } else { nil }
    }
    let done = plan.steps.filter { !failed.contains($0) }.map(\.description)
    guard !done.isEmpty else { return }
    let subject = plan.link == "-" ? "routes of the agent" : plan.link
    outcome.done.append("\(subject): \(done.joined(separator: ", "))")
  }
}

extension GateFailure {
  /// One line; nil: what is gone need not be taken away.
  fileprivate var complaint: String? {
    switch self {
    case .record(let link, let message): "\(link): cannot write the record: \(message)"
    case .step(let link, let step, let message): "\(link): cannot \(step): \(message)"
    case .absent: nil
    }
  }
}

extension KernelRequests {
  /// The kernel's state, of routes what is of interest where these are its links and nexthops.
  func snapshot(
    _ interest: ([Link], [Nexthop]) -> RouteInterest
  ) throws(EdgeError) -> Snapshot {
    let (sas, policies) = (try dumpSAs(), try dumpPolicies())
    let (links, nexthops) = (try dumpLinks(), try dumpNexthops())
    return Snapshot(
      sas: sas, policies: policies, links: links, addresses: try dumpAddresses(),
      routes: try dumpRoutes(interest(links, nexthops)), nexthops: nexthops,
      rules: try dumpRules())
  }
}
