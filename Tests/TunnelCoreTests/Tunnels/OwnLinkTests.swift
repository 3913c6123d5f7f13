import Testing
import TunnelCore

/// Links of the agent's own, and sets that are only observed.
extension LinklessTests {
  // MARK: Links of the agent's own

  @Test func anIfIDWithoutALinkGetsOne() {
    var bench = booted()
    bench.negotiate(Self.pair(1, ifID: 42))
    #expect(linkEffects(bench) == [.gate(.makeLink(name: "vpa2a", ifID: 42))])
    #expect(bench.tunnel?.obstacle == "the agent's own link vpa2a does not exist yet")
    bench.wait(0.1)
    bench.answering = true
    bench.replyWay = .link(9)
    bench.play(.kernel(.link(Self.xfrm("vpa2a", 9))))
    bench.wait(0.05)
    #expect(bench.state == "up/-/U", "probed as soon as the link is there")
    #expect(probes(bench).first?.way == .link(9))
    #expect(bench.tunnel?.link == nil)
    #expect(bench.tunnel?.sets.first?.probeWay == "vpa2a")
    bench.play(.shutdown(release: true))
    #expect(linkEffects(bench).last == .gate(.removeLink(index: 9)))
    #expect(linkEffects(bench).count == 2)
  }

  @Test func anOwnLinkStaysForAMinuteWithoutSAs() {
    var bench = booted(links: [Self.xfrm("vpa2a", 9)], sas: Self.pair(1, ifID: 42))
    bench.answering = true
    bench.replyWay = .link(9)
    bench.wait(2)
    bench.delete(Self.pair(1, ifID: 42))
    bench.wait(50)
    bench.negotiate(Self.pair(2, ifID: 42))
    bench.wait(50)
    #expect(linkEffects(bench).isEmpty && bench.state == "up/-/U")
    bench.delete(Self.pair(2, ifID: 42))
    bench.wait(62)
    #expect(linkEffects(bench).isEmpty)
    bench.wait(1.5)
    #expect(linkEffects(bench) == [.gate(.removeLink(index: 9))])
  }

  @Test func whatACrashLeftIsSwept() {
    let bench = booted(links: [Self.xfrm("vpa2a", 9), Self.xfrm("vpa2b", 10, ifID: 42)])
    #expect(linkEffects(bench) == [.gate(.removeLink(index: 9))], "vpa2b is not of if_id 0x2b")
  }

  @Test func theOperatorsLinkIsUsedAndLeftAlone() {
    var bench = booted(links: [Self.xfrm("xfrm9", 9)])
    bench.negotiate(Self.pair(1, ifID: 42))
    bench.wait(0.1)
    #expect(probes(bench).first?.way == .link(9))
    #expect(bench.state == "verifying/-/V")
    bench.play(.shutdown(release: true))
    #expect(linkEffects(bench).isEmpty && bench.plans.isEmpty)
  }

  @Test func aLinkThatCannotBeMadeIsNoLossAndTriedAgain() {
    var bench = booted()
    bench.negotiate(Self.pair(1, ifID: 42))
    bench.play(.ownLinkFailed(ifID: 42, message: "create link vpa2a: File exists"))
    bench.wait(20)
    let times = bench.trace.compactMap {
      if case .gate(.makeLink) = $0.effect { $0.at } else { nil }
    }
    #expect(times == [0, 1, 3, 7, 15])
    #expect(bench.state == "unmonitored/-/?")
    #expect(bench.tunnel?.losses == 0)
    #expect(
      bench.tunnel?.obstacle
        == "the agent's own link vpa2a cannot be created: create link vpa2a: File exists")
    #expect(bench.clearTimes.isEmpty)
  }

  @Test func besideAnExternalLinkNoneIsMade() {
    var bench = booted(links: [Self.xfrm("ext0", 9, ifID: 0)])
    bench.negotiate(Self.pair(1, ifID: 42))
    bench.wait(5)
    #expect(linkEffects(bench).isEmpty && probes(bench).isEmpty)
    #expect(
      bench.tunnel?.obstacle
        == "SAs have if_id 42, which an external XFRM interface serves: only observed")
  }

  @Test func nobodyElsesSetsGetALink() {
    var bench = booted()
    for sa in Self.pair(1, ifID: 42) {
      var foreign = sa
      if sa.source == SingleTunnel.remote { foreign.source = IPAddress(203, 0, 113, 9) }
      if sa.key.destination == SingleTunnel.remote {
        foreign.key.destination = IPAddress(203, 0, 113, 9)
      }
      bench.play(.kernel(.sa(foreign)))
    }
    bench.wait(5)
    #expect(linkEffects(bench).isEmpty && probes(bench).isEmpty)
  }

  // MARK: Only observed

  static let mark = Mark(value: 42, mask: 0xffff_ffff)

  @Test func markedSAsWithoutAVTIAreOnlyObserved() {
    var bench = booted()
    bench.negotiate(Self.pair(1, mark: Self.mark))
    bench.wait(30)
    #expect(bench.state == "up/-/-")
    #expect(bench.tunnel?.obstacle == "SAs have mark 0x2a and no VTI has it: only observed")
    #expect(bench.tunnel?.losses == nil)
    #expect(bench.tunnel?.sets.first?.state == "observed")
    bench.delete(Self.pair(1, mark: Self.mark))
    bench.wait(5)
    #expect(bench.state == "absent/-/D")
    #expect(bench.alarms.isEmpty && probes(bench).isEmpty && bench.clearTimes.isEmpty)
  }

  @Test func aVTIThatComesLaterIsUsedAndNeverTouched() {
    var bench = booted()
    bench.answering = true
    bench.negotiate(Self.pair(1, mark: Self.mark))
    bench.wait(1)
    bench.play(.kernel(.link(SingleTunnel.link())))
    #expect(bench.state == "verifying/-/V")
    bench.wait(1)
    #expect(bench.state == "up/-/U")
    #expect(probes(bench).first?.way == .link(7))
    bench.play(.kernel(.linkDeleted(index: 7)))
    #expect(bench.state == "up/-/-")
    bench.wait(10)
    #expect(bench.clearTimes.isEmpty && bench.plans.isEmpty)
  }
}
