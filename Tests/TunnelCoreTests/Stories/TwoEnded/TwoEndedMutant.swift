import Testing

@testable import TunnelCore

/// A core that breaks a promise: what it says is spoiled on its way out. Each must be found.
enum TwoEndedMutant: CaseIterable {
  /// Nothing is ever held.
  case holdsNothing
  /// Routes are withdrawn, and nothing stands in for them.
  case noStandIns
  /// Routes are withdrawn before what stands in for them is there.
  case standInsLast
  /// What is withdrawn stays so.
  case neverOpens
  /// SAs are taken away while their probes are answered.
  case clearsWhatAnswers
  /// The daemon is told to terminate children whose probes are answered.
  case terminatesWhatAnswers
  /// The daemon is never asked to bring anything up.
  case neverInitiates
  /// Each dump of the routes asks for the next one.
  case dumpsForEver
  /// Each list of the daemon's asks for the next one.
  case listsForEver
  /// One event has effects without end.
  case floods
  /// A link is held that has a tunnel's name and is none.
  case holdsStrangers
  /// Probes that the host refuses are taken for lost.
  case takesRefusalForLoss
  /// A dump that failed is repeated at once.
  case dumpsAgainAtOnce
  /// Children are asked for by the names that they had at first.
  case keepsOldNames

  /// What the oracle says of it.
  var complaint: String {
    switch self {
    case .holdsNothing: "is held"
    case .noStandIns, .standInsLast: "in clear"
    case .neverOpens, .neverInitiates, .keepsOldNames: "is not back"
    case .clearsWhatAnswers, .terminatesWhatAnswers, .takesRefusalForLoss: "though its path answers"
    case .dumpsForEver: "dump"
    case .dumpsAgainAtOnce: "a dump that failed"
    case .holdsStrangers: "is no tunnel"
    case .listsForEver: "requests of the daemon"
    case .floods: "effects of one event"
    }
  }

  func spoil(_ effects: [Effect], after event: Event, of end: End) -> [Effect] {
    switch self {
    case .holdsNothing: return effects.filter { !$0.hasStep { $0.holds } }
    case .neverOpens: return effects.filter { !$0.hasStep { $0.opens } }
    case .neverInitiates:
      return effects.filter { if case .daemon(.initiate) = $0 { false } else { true } }
    case .noStandIns: return effects.map { $0.withSteps { $0.filter { !$0.isStandIn } } }
    case .standInsLast:
      return effects.map {
        $0.withSteps { steps in steps.filter { !$0.isStandIn } + steps.filter(\.isStandIn) }
      }
    case .clearsWhatAnswers:
      guard case .reply(let reply) = event, reply.sequence == 9 else { return effects }
      return effects + [.sa(.clear(reply.monitor, tunnel: "t0", []))]
    case .terminatesWhatAnswers:
      guard case .reply(let reply) = event, reply.sequence == 9,
        let child = end.daemon.sas.first?.children.first
      else { return effects }
      return effects + [.daemon(.terminateChild(id: child.id))]
    case .dumpsForEver:
      // Of its own accord it hardly asks for one.
      switch event {
      case .snapshot, .routes: return effects + [.gate(.readRoutes)]
      default: return effects
      }
    case .listsForEver:
      if case .vici(.sas) = event { return effects + [.daemon(.listSAs)] }
      return effects
    case .floods: return effects.isEmpty ? [] : Array(repeating: effects[0], count: 100)
    case .holdsStrangers, .takesRefusalForLoss, .dumpsAgainAtOnce, .keepsOldNames:
      return spoilMore(effects, after: event)
    }
  }

  private func spoilMore(_ effects: [Effect], after event: Event) -> [Effect] {
    switch (self, event) {
    case (.holdsStrangers, .kernel(.link(let link))) where link.index >= End.stranger:
      let step = GateStep.setDormant(linkIndex: link.index, true)
      return effects + [.gate(.change(GatePlan(link: link.name, steps: [step])))]
    case (.takesRefusalForLoss, .probeNotSent(let id, _, let errno))
    where !SendError(errno).isNoWay:
      return effects + [.sa(.clear(id, tunnel: "t0", []))]
    case (.dumpsAgainAtOnce, .kernel(.link)), (.dumpsAgainAtOnce, .routesNotRead):
      return effects + [.gate(.readRoutes)]
    case (.keepsOldNames, _):
      return effects.map {
        guard case .daemon(.initiate(let name)) = $0 else { return $0 }
        let first = name.child.split(separator: "-").first.map(String.init) ?? name.child
        return .daemon(.initiate(ChildName(connection: "peer", child: first)))
      }
    default: return effects
    }
  }
}

extension Effect {
  fileprivate func hasStep(_ fits: (GateStep) -> Bool) -> Bool {
    if case .gate(.change(let plan)) = self { plan.steps.contains(where: fits) } else { false }
  }

  fileprivate func withSteps(_ change: ([GateStep]) -> [GateStep]) -> Effect {
    guard case .gate(.change(var plan)) = self else { return self }
    plan.steps = change(plan.steps)
    return .gate(.change(plan))
  }
}

extension GateStep {
  fileprivate var holds: Bool { if case .setDormant(_, true) = self { true } else { false } }
  fileprivate var opens: Bool { if case .setDormant(_, false) = self { true } else { false } }
  fileprivate var isStandIn: Bool {
    if case .addUnreachable = self { true } else { false }
  }
}

@Suite struct TwoEndedMutantTests {
  @Test(arguments: TwoEndedMutant.allCases)
  func theOracleFindsACoreThatBreaksAPromise(mutant: TwoEndedMutant) {
    var found: [String] = []
    for seed in UInt64(1)...30 where !found.contains(where: { $0.contains(mutant.complaint) }) {
      let story = TwoEndedStory(seed: seed)
      var world = TwoEndedWorld(story.scenario, seed: seed)
      world.mutant = mutant
      if let violation = world.tell(story.steps) { found.append(violation) }
    }
    #expect(found.contains { $0.contains(mutant.complaint) }, "\(found)")
  }
}
