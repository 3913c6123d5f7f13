import Testing

@testable import TunnelCore

/// Random stories of a charon, a kernel, a peer and an operator, watched for what must never be asked:
///
/// - more clears a minute than the cap allows, or any that `action`, the role or the age of the set
///   (threshold x interval of what found it dead) forbids
/// - an act upon SAs that were not listed again after it was decided
/// - a link held while the path of one of its sets answers
///
/// `VPNAGENT_PROPERTY_RUNS` sets their number and `VPNAGENT_PROPERTY_SEED` the first seed.
@Suite struct RecoveryPropertyTests {
  static var seeds: Range<UInt64> {
    let first = PropertyTests.setting("VPNAGENT_PROPERTY_SEED", default: 1)
    return first..<first + PropertyTests.setting("VPNAGENT_PROPERTY_RUNS", default: 120)
  }

  /// Stories that broke a promise once, or were said to: one that terminated an IKE SA on which it had
  /// just negotiated; one that came back within the grace and was rekeyed, before it was found dead.
  @Test(arguments: [245, 317, 1023]) func whatWasMendedStaysSo(seed: UInt64) {
    var story = DaemonStory(seed: seed)
    story.tell()
    #expect(story.violation == nil)
  }

  @Test func promisesHoldWhateverHappens() {
    var acts = 0
    for seed in Self.seeds {
      var story = DaemonStory(seed: seed)
      story.tell()
      acts += story.acts
      if let violation = story.violation {
        let end = story.told.suffix(30).joined(separator: "\n")
        Issue.record("seed \(seed): \(violation)\n\(story.settings)\n\(end)")
        return
      }
    }
    #expect(acts > Self.seeds.count, "stories in which nothing is done prove nothing")
  }
}
