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
      let file = RecordFile(path: "\(runDirectory)/gates.json")
      var outcome = Outcome()
      for attempt in 1...attempts {
        outcome.failures = []
        try pass(file, requests, &outcome)
        if outcome.failures.isEmpty || attempt == attempts { break }
        sleep(1)
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
    _ file: RecordFile, _ requests: borrowing KernelRequests, _ outcome: inout Outcome
  ) throws(EdgeError) {
    let stored = try file.load()
    let parked = try requests.dumpParked()
    let record = stored.including(parked)
    var keeper = GateKeeper(file: file, record: stored, parked: parked.map(\.route))
    var core = Core(configuration: .observing, record: record, seed: 0, at: monotonicNow())
    let snapshot = try requests.snapshot { core.routeInterest(links: $0, nexthops: $1) }
    for case .gate(let effect) in core.handle(.snapshot(snapshot), at: monotonicNow()) {
      switch effect {
      case .change(let plan):
        let failures = keeper.perform([plan], requests)
        outcome.failures += failures.map(\.description)
        note(plan, failures, &outcome)
      case .removeLink(let index):
        do {
          try requests.deleteLink(index)
          outcome.done.append("removed link \(index) of the agent's own")
        } catch {
          outcome.failures.append("\(error)")
        }
      case .readRoutes, .makeLink: break
      }
    }
  }

  private static func note(
    _ plan: GatePlan, _ failures: [GateFailure], _ outcome: inout Outcome
  ) {
    let failed = failures.compactMap { if case .step(_, let step, _) = $0 { step } else { nil } }
    let done = plan.steps.filter { !failed.contains($0) }.map(\.description)
    guard !done.isEmpty else { return }
    let subject = plan.link == "-" ? "routes of the agent" : plan.link
    outcome.done.append("\(subject): \(done.joined(separator: ", "))")
  }
}

extension GateFailure {
  /// One line.
  fileprivate var description: String {
    switch self {
    case .record(let link, let message): "\(link): cannot write the record: \(message)"
    case .step(let link, let step, let message): "\(link): cannot \(step): \(message)"
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
