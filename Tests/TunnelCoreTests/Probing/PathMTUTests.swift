import Testing

@testable import TunnelCore

/// A path that carries packets up to a size, asked by `PathMTU` as the core asks.
private struct Path {
  var search = PathMTU()
  var terms = PathMTU.Terms(
    full: 1446, small: 84, timeout: .seconds(1), pause: .seconds(60))
  /// The longest packet that passes; nil: not even small ones do.
  var carries: Int? = 1446
  /// What the kernel takes at most.
  var kernel = 65535
  /// Large probes that are lost on a path that carries them, by their number in `sizes`.
  var unlucky: Set<Int> = []
  private(set) var now = Instant(nanoseconds: 0)
  private(set) var sizes: [Int] = []
  /// Findings as they changed, with the seconds at which they did.
  private(set) var news: [String] = []

  var seconds: Int { Int(now.nanoseconds / 1_000_000_000) }

  mutating func run(until end: Int) {
    let end = Instant(nanoseconds: Int64(end) * 1_000_000_000)
    while let due = search.deadline ?? now as Instant?, due <= end {
      now = max(now, due)
      note(search.expire(drained: now, after: nil, at: now))
      if let probes = search.begin(terms, at: now) { answer(probes) }
    }
    now = end
  }

  private mutating func answer(_ probes: PathMTU.Probes) {
    sizes.append(probes.size)
    if probes.size > kernel { return search.refused(probes.large, limit: kernel, at: now) }
    guard let carries else { return }
    note(search.receive(probes.small, at: now))
    if probes.size <= carries, !unlucky.contains(sizes.count - 1) {
      note(search.receive(probes.large, at: now))
    }
  }

  private mutating func note(_ isNews: Bool) {
    if isNews { news.append("\(seconds) \(search.finding)") }
  }
}

@Suite struct PathMTUTests {
  @Test func theFullSizeOnceARoundIsAllWhileItPasses() {
    var path = Path()
    path.run(until: 240)
    #expect(path.search.finding == .full(1446))
    #expect(path.sizes == [1446, 1446, 1446, 1446, 1446])
    #expect(path.news.isEmpty)
  }

  @Test(arguments: [84, 85, 576, 1280, 1346, 1444, 1445]) func theLimitIsFoundToTheByte(limit: Int)
  {
    var path = Path()
    path.carries = limit
    path.run(until: 59)
    #expect(path.search.finding == .reduced(to: limit, of: 1446))
    #expect(path.news.count == 1)
    #expect(path.sizes.count <= 3 * 12)
  }

  @Test func aSearchIsShort() {
    var path = Path()
    path.carries = 1346
    path.run(until: 59)
    // 3 s for the full size and for each of three sizes that vanish; those that pass take no time.
    #expect(path.news == ["12 reduced(to: 1346, of: 1446)"])
  }

  @Test func twoLossesInARowAreNoLimit() {
    var path = Path()
    path.unlucky = [0, 1, 4, 5]
    path.run(until: 200)
    #expect(path.search.finding == .full(1446))
    #expect(path.news.isEmpty)
    #expect(path.sizes.allSatisfy { $0 == 1446 })
  }

  @Test func lossesWithoutAnAnswerToTheSmallProbeAreNoEvidence() {
    var path = Path()
    path.carries = nil
    path.run(until: 600)
    #expect(path.search.finding == .unknown)
    // One try a round.
    #expect(path.sizes.count <= 11)
    path.carries = 1446
    path.run(until: 700)
    #expect(path.search.finding == .full(1446))
    #expect(path.news.isEmpty)
  }

  @Test func whatIsKnownIsLookedAtOnceARound() {
    var path = Path()
    path.carries = 1346
    path.run(until: 70)
    let before = path.sizes.count
    path.run(until: 100)
    #expect(Array(path.sizes[before...]) == [1446, 1347, 1346])
    #expect(path.news.count == 1)
  }

  @Test(arguments: [(1300, "reduced(to: 1300, of: 1446)"), (1400, "reduced(to: 1400, of: 1446)")])
  func anotherLimitIsSaidOnce(limit: Int, finding: String) {
    var path = Path()
    path.carries = 1346
    path.run(until: 70)
    path.carries = limit
    path.run(until: 400)
    #expect(path.news.count == 2)
    #expect(path.news.last?.hasSuffix(finding) == true)
  }

  @Test func whenTheFullSizePassesAgainItIsSaidOnce() {
    var path = Path()
    path.carries = 1346
    path.run(until: 60)
    path.carries = 1446
    path.run(until: 300)
    #expect(path.news == ["12 reduced(to: 1346, of: 1446)", "72 full(1446)"])
  }

  @Test func loweringTheLinkHelps() {
    var path = Path()
    path.carries = 1346
    path.run(until: 60)
    path.terms.full = 1346
    path.run(until: 300)
    #expect(path.news.last == "72 full(1346)")
    path.terms.full = 1346 - 46
    path.run(until: 400)
    #expect(path.search.finding == .full(1300))
    #expect(path.news.count == 2)
  }

  @Test func whatTheKernelKnowsIsNoBlackHole() {
    var path = Path()
    path.terms.full = 1480
    path.kernel = 1446
    path.run(until: 100)
    #expect(path.search.finding == .full(1446))
    #expect(path.sizes == [1480, 1446, 1480, 1446])
    path.kernel = 1396  // what routers of the underlay have said
    path.carries = 1396
    path.run(until: 170)
    #expect(path.search.finding == .full(1396))
    #expect(path.news.isEmpty)
    path.carries = 1346
    path.run(until: 300)
    #expect(path.search.finding == .reduced(to: 1346, of: 1396))
  }

  @Test func theKernelMayLearnDuringASearch() {
    var path = Path()
    path.carries = 1346
    path.run(until: 10)
    path.kernel = 1346
    path.run(until: 40)
    #expect(path.search.finding == .full(1346))
    #expect(path.news.isEmpty)
  }

  @Test func aKernelThatTakesNotEvenMoreThanSmallOnesIsLeftAlone() {
    var path = Path()
    path.kernel = 80
    path.run(until: 300)
    #expect(path.search.finding == .unknown)
    #expect(path.sizes.count <= 6)
  }

  @Test func foreignNumbersChangeNothing() {
    var search = PathMTU()
    let terms = Path().terms
    let now = Instant(nanoseconds: 0)
    let probes = search.begin(terms, at: now)
    let copy = search
    for number in [0, 1, 7, PathMTU.mark, PathMTU.mark | 1 << 20] {
      let isNews = search.receive(number, at: now)
      #expect(!isNews)
      search.refused(number, limit: 100, at: now)
    }
    #expect(search == copy)
    #expect(PathMTU.owns(probes?.large ?? 0) && PathMTU.owns(probes?.small ?? 0))
    let second = search.begin(terms, at: now)
    #expect(second == nil, "one trial at a time")
  }
}

/// The same through the core: a tunnel with one VTI.
@Suite struct PathMTUMonitorTests {
  /// Up since 0.01, with what a path of 1346 bytes does.
  func running(_ monitor: Monitor, link mtu: UInt32 = 1446) -> SingleTunnel {
    var bench = SingleTunnel(monitor)
    bench.answering = true
    bench.longest = 1346
    var link = SingleTunnel.link()
    link.mtu = mtu
    bench.boot(link: link)
    bench.negotiate(1)
    return bench
  }

  static let settings = Monitor(
    interval: .seconds(1), threshold: 3, findsPathMTU: true, verifyPath: .init())

  func lines(_ bench: SingleTunnel) -> [String] {
    bench.trace.compactMap {
      if case .tell(.log(let level, "to-b", let text)) = $0.effect, text.contains("path-mtu") {
        "\(level) \(text)"
      } else {
        nil
      }
    }
  }

  @Test func itIsFoundSaidAndShownAndHarmsNothing() {
    var bench = running(Self.settings)
    bench.wait(60)
    #expect(
      lines(bench) == [
        "warning path-mtu=1346 larger packets are lost, full size is 1446: "
          + "lower the MTU of vti0 to 1346, or clamp TCP MSS to 1306 (IPv6: 1286)"
      ])
    #expect(bench.state == "up/in-service/U")
    let set = bench.tunnel?.sets.first
    #expect(set?.lost == 0 && set?.losses == 0)
    #expect(set?.sent == 61, "none of these probes is vpn-monitor's")
    #expect(
      set?.pathMTU
        == PathMTUStatus(
          state: "reduced", size: 1346, full: 1446,
          remedy: "lower the MTU of vti0 to 1346, or clamp TCP MSS to 1306 (IPv6: 1286)"))
    #expect(bench.probes.filter(\.staysWhole).allSatisfy { $0.size <= 1426 })
    #expect(bench.probes.filter { !$0.staysWhole }.allSatisfy { $0.size == 64 })
    bench.longest = 1446
    bench.wait(10)
    #expect(lines(bench).last == "info path-mtu=1446 packets of full size pass again")
    #expect(bench.tunnel?.sets.first?.pathMTU?.remedy == nil)
  }

  @Test func withoutTheKeyNothingIsSentAndNothingShown() {
    var monitor = Self.settings
    monitor.findsPathMTU = false
    var bench = running(monitor)
    bench.wait(60)
    #expect(!bench.probes.contains { $0.staysWhole })
    #expect(bench.tunnel?.sets.first?.pathMTU == nil)
  }

  @Test func aDeadPathIsNoBlackHole() {
    var bench = running(Self.settings)
    bench.longest = 1446
    bench.wait(10)
    bench.answering = false
    bench.wait(60)
    #expect(bench.state == "down/held/D" || bench.tunnel?.state == "absent")
    #expect(lines(bench).isEmpty)
    bench.forgetTrace()
    bench.wait(30)
    #expect(!bench.probes.contains { $0.staysWhole })
  }

  @Test func anIdleOptimizedTunnelIsStillMeasured() {
    var monitor = Self.settings
    monitor.mode = .optimized
    var bench = running(monitor)
    bench.wait(60)
    #expect(lines(bench).count == 1)
    #expect(bench.state == "up/in-service/U")
    #expect((bench.tunnel?.sets.first?.sent ?? 99) <= 2, "and not taken for traffic")
  }

  @Test func belowIPv6sMinimumTheLinkIsNotToBeLowered() {
    var bench = running(Self.settings)
    bench.longest = 1000
    bench.wait(60)
    #expect(
      lines(bench).last
        == "warning path-mtu=1000 larger packets are lost, full size is 1446: "
        + "clamp TCP MSS to 960 (IPv6: 940); an MTU below 1280 would disable IPv6 on vti0")
  }

  @Test func anInterruptionIsNoEvidence() {
    var bench = running(Self.settings)
    bench.longest = 1446
    bench.wait(8)
    bench.sleepThrough(600)
    bench.wait(30)
    #expect(lines(bench).isEmpty)
    #expect(bench.tunnel?.sets.first?.pathMTU?.state == "full")
  }
}
