import Glibc
import Testing

@testable import TunnelCore

/// Thousands of random stories against a model kernel (`RandomScenario`), each watched by `Oracle`.
///
/// `VPNAGENT_PROPERTY_RUNS` sets their number and `VPNAGENT_PROPERTY_SEED` the first seed; a story
/// that breaks a promise is shortened and printed with its seed.
@Suite struct PropertyTests {
  static func setting(_ name: String, default value: UInt64) -> UInt64 {
    guard let text = unsafe getenv(name) else { return value }
    return unsafe UInt64(String(cString: text)) ?? value
  }

  static var seeds: Range<UInt64> {
    let first = setting("VPNAGENT_PROPERTY_SEED", default: 1)
    return first..<first + setting("VPNAGENT_PROPERTY_RUNS", default: 200)
  }

  struct Story {
    var scenario: Scenario
    var happenings: [Happening]
    var releases: Bool

    init(seed: UInt64) {
      var random = SplitMix64(state: seed)
      scenario = Scenario(using: &random)
      releases = random.oneIn(2)
      let count = Int.random(in: 5...60, using: &random)
      happenings = []
      for _ in 0..<count {
        happenings.append(.random(tunnels: scenario.vpns.count, using: &random))
      }
    }

    func violation() -> String? {
      var world = RandomScenario(scenario)
      return world.tell(happenings, releases: releases)
    }

    func shortened() -> Story {
      var story = self
      story.happenings = TunnelCoreTests.shortened(happenings) { happenings in
        var shorter = self
        shorter.happenings = happenings
        return shorter.violation() != nil
      }
      return story
    }
  }

  /// A story that was said to break a promise: a probe that leaves late is followed by one that keeps
  /// its pace.
  @Test func aStallMakesTwoProbesEarly() {
    var story = Story(seed: 521)
    story.happenings = [.answers(2, .none), .rekey(2, slot: 0), .stall(milliseconds: 1965)]
    story.releases = false
    #expect(story.violation() == nil)
  }

  @Test func promisesHoldWhateverHappens() {
    var failed = 0
    for seed in Self.seeds where failed < 5 {
      let story = Story(seed: seed)
      guard story.violation() != nil else { continue }
      failed += 1
      let short = story.shortened()
      let lines = short.happenings.map { "\($0)" }.joined(separator: "\n  ")
      var world = RandomScenario(short.scenario)
      let broken = world.tell(short.happenings, releases: short.releases) ?? "?"
      let trace = world.trace.suffix(40).map { "\($0)".prefix(400) }.joined(separator: "\n  ")
      Issue.record("seed \(seed): \(broken)\n  \(short.scenario)\n  \(lines)\n  \(trace)")
    }
  }

  @Test func theSameSeedGivesTheSameEffects() {
    for seed in Self.seeds.prefix(Self.seeds.count / 10) {
      let story = Story(seed: seed)
      var first = RandomScenario(story.scenario)
      var second = RandomScenario(story.scenario)
      _ = first.tell(story.happenings, releases: true)
      _ = second.tell(story.happenings, releases: true)
      #expect(first.trace == second.trace, "seed \(seed)")
    }
  }

  @Test func duplicateRepliesDecideNothing() {
    for seed in Self.seeds.prefix(Self.seeds.count / 10) {
      let story = Story(seed: seed)
      var first = RandomScenario(story.scenario)
      var second = RandomScenario(story.scenario)
      second.dropsDuplicates = true
      _ = first.tell(story.happenings, releases: true)
      _ = second.tell(story.happenings, releases: true)
      #expect(first.trace == second.trace, "seed \(seed)")
    }
  }
}
