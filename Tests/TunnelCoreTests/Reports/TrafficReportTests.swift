import Testing

@testable import TunnelCore

/// What SAs, sets and tunnels have carried: read when somebody asks, for all at once.
@Suite struct TrafficReportTests {
  private static func bench(_ sas: [SecurityAssociation] = []) -> SingleTunnel {
    var bench = SingleTunnel()
    bench.answering = true
    bench.boot(sas: sas)
    if sas.isEmpty { bench.negotiate(1) }
    bench.wait(5)
    bench.forgetTrace()
    return bench
  }

  // MARK: When they are read

  @Test func nobodyAsksAndNothingIsRead() {
    var bench = Self.bench()
    bench.negotiate(2)
    bench.delete(1)
    bench.wait(60)
    #expect(bench.dumps == 0)
    #expect(bench.tunnel?.traffic == nil && bench.tunnel?.sets.first?.traffic == nil)
  }

  @Test func questionsWithinASecondCostOneDump() {
    var bench = Self.bench()
    bench.dumpsCounters = false
    for _ in 0..<5 { bench.play(.countersWanted) }
    #expect(bench.dumps == 1 && bench.reports == 0, "they wait for it together")
    bench.playCounters()
    #expect(bench.reports == 1)
    for _ in 0..<9 {
      bench.wait(0.1)
      bench.play(.countersWanted)
    }
    #expect(bench.dumps == 1 && bench.reports == 10, "they are answered at once")
    bench.wait(0.2)
    bench.play(.countersWanted)
    #expect(bench.dumps == 2 && bench.reports == 10)
  }

  @Test func aDumpThatTakesTooLongHoldsUpNobody() {
    var bench = Self.bench()
    bench.dumpsCounters = false
    bench.play(.countersWanted)
    bench.wait(1.9)
    #expect(bench.reports == 0)
    bench.wait(0.2)
    #expect(bench.reports == 1)
    #expect(
      bench.core.countersObstacle
        == "cannot read the SAs' counters: no answer from the kernel within 2 s")
    bench.dumpsCounters = true
    bench.play(.countersWanted)
    #expect(bench.dumps == 2 && bench.reports == 2 && bench.core.countersObstacle == nil)
  }

  @Test func whatTheKernelRefusesIsSaidOnceAndTriedEachSecond() {
    var bench = Self.bench()
    bench.dumpsCounters = false
    for _ in 0..<3 {
      bench.play(.countersWanted)
      bench.play(.saCountersNotRead("dump SAs: No buffer space available"))
      bench.play(.countersWanted)
      bench.wait(1)
    }
    #expect(bench.dumps == 3 && bench.reports == 6)
    #expect(bench.warnings.count { $0.contains("counters") } == 1)
    #expect(bench.core.countersObstacle?.hasSuffix("No buffer space available") == true)
  }

  // MARK: What they say

  @Test func reportsSayWhatTheKernelCounts() throws {
    var bench = Self.bench()
    bench.count(SACounts(packets: 7, bytes: 700), in: 1)
    bench.play(.countersWanted)
    let id = try #require(bench.core.tunnelIDs.first)
    let report = bench.core.securityAssociations(of: id, at: bench.instant, time: 1e6 + bench.now)
    let sas = try #require(report?.sas)
    #expect(sas.map(\.packets) == bench.pair(1).map(\.packets))
    #expect(sas[0].bytes == 700 && sas[0].packets > 7)
    #expect(sas[0].errors == .init(outsideWindow: 0, replayed: 0, integrityFailed: 0))
    #expect(sas[1].errors == nil)
    let set = try #require(bench.tunnel?.sets.first?.traffic)
    #expect(set.packetsIn == sas[0].packets && set.bytesIn == 700)
    #expect(set.packetsOut == sas[1].packets && set.bytesOut == 0)
  }

  @Test func whatIsLeftOfLimitsAndTheErrors() throws {
    var bench = Self.bench()
    var counts = SACounts(packets: 100, bytes: 1000, lastUsed: 1_000_003)
    counts.errors = ESPErrors(outsideWindow: 3, replayed: 2, integrity: 1)
    for key in bench.sas.keys {
      bench.sas[key]?.lifetime = .init(
        softBytes: 900, hardBytes: 1500, softPackets: 101, hardPackets: 90)
      bench.sas[key]?.counts = counts
    }
    for sa in bench.pair(1) { bench.play(.kernel(.sa(sa))) }
    bench.play(.countersWanted)
    let id = try #require(bench.core.tunnelIDs.first)
    let report = bench.core.securityAssociations(of: id, at: bench.instant, time: 1e6 + bench.now)
    let sa = try #require(report?.sas.first)
    #expect(sa.bytesLeft == 500 && sa.softBytesLeft == nil, "the soft limit is over")
    #expect(sa.softPacketsLeft == 1 && sa.packetsLeft == 0)
    #expect(sa.errors == .init(outsideWindow: 3, replayed: 2, integrityFailed: 1))
    #expect(sa.lastUsed == 2)
    let traffic = try #require(bench.tunnel?.traffic)
    #expect(traffic.lastPacketIn == 2)
    bench.wait(3)
    #expect(bench.tunnel?.traffic?.lastPacketIn == 5)
    #expect(traffic.outsideWindow == 6 && traffic.replayed == 4 && traffic.integrityFailed == 2)
  }

  @Test func ratesAreThoseBetweenTwoLooks() throws {
    var bench = Self.bench()
    bench.play(.countersWanted)
    #expect(bench.tunnel?.traffic?.bitsPerSecondIn == nil)
    bench.count(SACounts(bytes: 1000), in: 1)
    bench.wait(4)
    bench.play(.countersWanted)
    let traffic = try #require(bench.tunnel?.traffic)
    #expect(traffic.bitsPerSecondIn == 2000 && traffic.bitsPerSecondOut == 0)
    #expect(traffic.rateInterval == 4)
    bench.delete(1)
    bench.wait(2)
    bench.play(.countersWanted)
    #expect(bench.tunnel?.traffic?.bitsPerSecondIn == nil, "this look found no SAs of it")
    #expect(bench.tunnel?.traffic?.bytesIn == 1000)
  }

  // MARK: Rekeys

  /// The old pair is deleted with its last counts, which the last look did not see.
  @Test func aRekeyTakesNothingBack() {
    var bench = Self.bench()
    bench.count(SACounts(bytes: 1000), in: 1)
    bench.play(.countersWanted)
    #expect(bench.bytes == [1000, 0])
    bench.count(SACounts(bytes: 500, errors: ESPErrors(replayed: 4)), in: 1)
    bench.negotiate(2)
    bench.count(SACounts(bytes: 20), in: 2)
    for sa in bench.pair(1) {
      bench.sas[sa.key] = nil
      bench.play(.kernel(.saDeleted(sa.key, sa.counts)))
    }
    #expect(bench.bytes == [1500, 0], "before the next look")
    bench.wait(2)
    bench.play(.countersWanted)
    #expect(bench.bytes == [1520, 0])
    #expect(bench.value("tunnel_esp_errors_total{tunnel=\"to-b\",error=\"replay\"}") == 4)
    #expect(bench.tunnel?.traffic?.bytesIn == 1520)
    #expect(bench.tunnel?.sets.first?.traffic?.bytesIn == 20)
  }

  /// Of a flush, or after lost events, the kernel says no last counts.
  @Test func withoutLastCountsTheLastLookIsKept() {
    var bench = Self.bench()
    bench.count(SACounts(bytes: 1000), in: 1)
    bench.play(.countersWanted)
    bench.count(SACounts(bytes: 500), in: 1)
    bench.play(.kernel(.saFlushed(ipProtocol: 50)))
    #expect(bench.bytes == [1000, 0])
  }

  @Test func aHardExpiryHasLastCountsToo() {
    var bench = Self.bench()
    let sa = bench.pair(1)[0]
    bench.play(.kernel(.saExpired(sa.key, SACounts(packets: 100, bytes: 300))))
    #expect(bench.bytes == [300, 0])
  }

  /// Counters begin with the agent: a restart must not look like a burst of traffic.
  @Test func whatPassedBeforeTheAgentIsNotCounted() {
    let old = SingleTunnel.pair(1).map { sa in
      var sa = sa
      sa.counts = SACounts(packets: 1_000_000, bytes: 1_000_000_000)
      return sa
    }
    var bench = Self.bench(old)
    bench.count(SACounts(bytes: 77), in: 1)
    bench.play(.countersWanted)
    #expect(bench.bytes == [77, 0])
    #expect(bench.tunnel?.sets.first?.traffic?.bytesIn == 1_000_000_077, "the SA's own")
    // A dump after lost events is a look as any other.
    bench.count(SACounts(bytes: 3), in: 1)
    bench.boot(sas: bench.pair(1))
    #expect(bench.bytes == [80, 0])
  }

  @Test func anSAThatTookAnothersPlaceBeginsAtZero() {
    var bench = Self.bench()
    bench.count(SACounts(bytes: 1000), in: 1)
    bench.play(.countersWanted)
    for key in bench.sas.keys { bench.sas[key]?.counts = SACounts() }
    bench.count(SACounts(bytes: 10), in: 1)
    bench.wait(2)
    bench.play(.countersWanted)
    #expect(bench.bytes == [1010, 0])
  }
}

extension SingleTunnel {
  /// The dump of the SAs' counters, one after the other; its clock began at 1,000,000.
  mutating func playCounters() {
    let list = sas.map { (key: $0.key, counts: $0.value.counts) }
    for one in list { play(.saCounters([one], unixTime: 1e6 + now, isLast: false)) }
    play(.saCounters([], unixTime: 1e6 + now, isLast: true))
  }

  /// Dumps of counters that were asked for.
  fileprivate var dumps: Int { trace.count { $0.effect == .sa(.dumpCounters) } }
  /// Times that whoever waits was to be answered.
  fileprivate var reports: Int { trace.count { $0.effect == .tell(.countersRead) } }

  fileprivate var warnings: [String] {
    trace.compactMap {
      if case .tell(.log(.warning, _, let text)) = $0.effect { text } else { nil }
    }
  }

  /// The SAs of a negotiation as the kernel has them, the inbound one first.
  fileprivate func pair(_ number: UInt32) -> [SecurityAssociation] {
    Self.pair(number).compactMap { sas[$0.key] }
  }

  /// The kernel counts this on the inbound SA.
  fileprivate mutating func count(_ more: SACounts, in number: UInt32) {
    let key = Self.pair(number)[0].key
    sas[key]?.packets += more.packets
    sas[key]?.bytes += more.bytes
    sas[key]?.counts.errors.replayed += more.errors.replayed
  }

  /// Bytes in and out, as monitoring systems read them.
  fileprivate var bytes: [Double] {
    ["in", "out"].map {
      value("tunnel_bytes_total{tunnel=\"to-b\",direction=\"\($0)\"}") ?? -1
    }
  }
}
