import Testing

@testable import TunnelCore

/// `VPNAGENT_PROPERTY_RUNS` and `VPNAGENT_PROPERTY_SEED` as for `PropertyTests`.
@Suite struct LinkStoryTests {
  @Test func noLinkThatIsNoTunnelIsEverInAPlan() {
    var changes = 0
    var failed = 0
    for seed in PropertyTests.seeds where failed < 3 {
      var story = LinkStory(seed: seed)
      story.tell()
      changes += story.changes
      guard let violation = story.violation else { continue }
      failed += 1
      story = LinkStory(seed: seed)
      story.isTold = true
      story.tell()
      Issue.record(
        "seed \(seed): \(violation)\n\(story.told.suffix(12).joined(separator: "\n").prefix(4000))")
    }
    #expect(changes > PropertyTests.seeds.count / 4)
  }
}
