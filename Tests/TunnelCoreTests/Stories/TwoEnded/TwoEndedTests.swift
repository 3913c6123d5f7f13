import Testing

@testable import TunnelCore

/// Random stories of two gateways that both run the agent, with a network between them, each
/// watched by `TwoEndedOracle`. `scripts/soak two-ended` tells many.
///
/// `VPNAGENT_SEEDS` sets their number and `VPNAGENT_SEED` the first seed; a story that breaks a
/// promise is shortened and printed with its seed and what happened last.
@Suite struct TwoEndedTests {
  static var seeds: Range<UInt64> {
    let first = PropertyTests.setting("VPNAGENT_SEED", default: 1)
    return first..<first + PropertyTests.setting("VPNAGENT_SEEDS", default: 20)
  }

  @Test func promisesHoldAtBothEndsWhateverHappens() {
    var failed = 0
    for seed in Self.seeds where failed < 5 {
      let story = TwoEndedStory(seed: seed)
      guard story.violation() != nil else { continue }
      failed += 1
      let short = story.shortened()
      Issue.record("seed \(seed): \(short.report())")
    }
  }

  @Test func theSameSeedTellsTheSameStory() {
    for seed in Self.seeds.prefix(2) {
      let story = TwoEndedStory(seed: seed)
      #expect(story.effects() == story.effects())
    }
  }
}

/// A story by its seed.
struct TwoEndedStory {
  let seed: UInt64
  let scenario: TwoEndedScenario
  var steps: [TwoEndedStep]

  init(seed: UInt64) {
    var random = SplitMix64(state: seed)
    self.seed = seed
    scenario = TwoEndedScenario(using: &random)
    steps = [.wait(milliseconds: 12_000)]
    steps += TwoEndedStep.story(Int.random(in: 4...20, using: &random), using: &random)
  }

  func violation() -> String? {
    var world = TwoEndedWorld(scenario, seed: seed)
    return world.tell(steps)
  }

  func shortened() -> TwoEndedStory {
    var story = self
    story.steps = TunnelCoreTests.shortened(steps) { steps in
      var shorter = self
      shorter.steps = steps
      return shorter.violation() != nil
    }
    return story
  }

  /// The last effects of both agents.
  func effects() -> [Effect] {
    var world = TwoEndedWorld(scenario, seed: seed)
    _ = world.tell(steps)
    return world.told.compactMap {
      if case .effect(_, let effect) = $0.what { effect } else { nil }
    }
  }

  /// What was broken, the story, and what happened last.
  func report() -> String {
    var world = TwoEndedWorld(scenario, seed: seed)
    let violation = world.tell(steps) ?? "?"
    let lines = world.told.suffix(Int(PropertyTests.setting("VPNAGENT_TRACE", default: 60))).map {
      let seconds = $0.at.since(TwoEndedWorld.start).inSeconds
      return "\((seconds * 1000).rounded() / 1000) \($0.what)"
    }
    return "\(violation)\n  \(scenario)\n  \(steps)\n" + lines.joined(separator: "\n")
  }
}

/// Leaves out steps of a story, many at once and then one by one, while it still fails.
func shortened<Step>(_ steps: [Step], while fails: ([Step]) -> Bool) -> [Step] {
  var story = steps
  var size = max(steps.count / 2, 1)
  while size > 0 {
    var start = 0
    while start < story.count {
      var shorter = story
      shorter.removeSubrange(start..<min(start + size, story.count))
      if fails(shorter) { story = shorter } else { start += size }
    }
    size = size == 1 ? 0 : size / 2
  }
  return story
}
