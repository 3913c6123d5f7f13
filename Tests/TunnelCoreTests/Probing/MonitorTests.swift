import Testing
import TunnelCore

@Suite struct MonitorTests {
  @Test func downAtThresholdTimesIntervalAfterTheFirstLostProbe() {
    var bench = SingleTunnel.inService()
    bench.answering = false
    bench.wait(3.49)  // probes leave at 6, 7, 8; the third is lost at 9
    #expect(bench.state == "up/in-service/U")
    bench.wait(0.02)
    #expect(bench.transitions == ["9.0 state=down was=up reason=\"IPSEC SA VPN Monitor Failure\""])
    #expect(bench.probeTimes == [6, 7, 8])
    #expect(bench.clearTimes == [9])
    #expect(bench.state == "down/held/D")
  }

  @Test func oneReplyResetsTheCount() {
    var bench = SingleTunnel.inService()
    for _ in 0..<20 {
      bench.answering = false
      bench.wait(2)
      bench.answering = true
      bench.wait(1)
    }
    #expect(bench.transitions.isEmpty)
    #expect(bench.tunnel?.sets.first?.lost ?? 0 >= 38)
  }

  @Test func theTimeoutFollowsALongRoundTrip() {
    var bench = SingleTunnel(Monitor(interval: .milliseconds(500), threshold: 5))
    bench.answering = true
    bench.rtt = 0.7
    bench.boot()
    bench.negotiate(1)
    bench.wait(60)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.failures == 0)
  }

  @Test func rekeyKeepsTheStateAndTheWindow() {
    var bench = SingleTunnel.inService()
    for number in UInt32(2)...6 {
      bench.negotiate(number)
      bench.wait(0.3)
      bench.delete(number - 1)
      bench.wait(0.7)
    }
    #expect(bench.transitions.isEmpty)
    #expect(bench.tunnel?.sets.count == 1)
    #expect(bench.tunnel?.sets.first?.lost == 0)
  }

  @Test(arguments: [UInt32(1), 2]) func reauthenticationKeepsTheState(reqid: UInt32) {
    var bench = SingleTunnel.inService()
    bench.delete(1)
    #expect(bench.state == "up/in-service/U")
    bench.wait(2)
    #expect(bench.probeTimes == [])
    bench.negotiate(2, reqid: reqid)
    bench.wait(5)
    #expect(bench.transitions.isEmpty)
    #expect(bench.steps.isEmpty)
    #expect(bench.tunnel?.sets.count == 1)
    #expect(bench.tunnel?.sets.first?.lost == 0)
  }

  @Test func aSetThatDoesNotComeBackIsAbsent() {
    var bench = SingleTunnel.inService()
    bench.delete(1)
    bench.wait(2.9)
    #expect(bench.state == "up/in-service/U")
    bench.wait(0.2)
    #expect(bench.state == "absent/held/D")
    #expect(bench.alarms.count == 1)
    bench.negotiate(2)
    #expect(bench.state == "verifying/held/V")
  }

  @Test func aSetThatWentWhileLosingIsVerifiedAnew() {
    var bench = SingleTunnel.inService()
    bench.answering = false
    bench.wait(2)
    bench.delete(1)
    bench.negotiate(2)
    #expect(bench.state == "verifying/held/V")
  }

  @Test func timeInWhichTheAgentDidNotRunIsNoLoss() {
    var bench = SingleTunnel.inService()
    bench.sleepThrough(60)
    bench.play(.tick)
    bench.wait(0.05)
    #expect(bench.state == "up/in-service/U")
    bench.wait(5)
    #expect(bench.transitions.isEmpty)
    #expect(bench.tunnel?.sets.first?.lost == 0)
  }

  @Test func survivingSAsAreClearedAgain() {
    var bench = SingleTunnel.inService()
    bench.answering = false
    bench.obeysClears = false
    bench.wait(6)
    #expect(bench.clearTimes == [9, 11])
  }

  @Test func freshSAsBesideSurvivingOnesAreNotClearedWithThem() {
    var bench = SingleTunnel.inService()
    bench.answering = false
    bench.obeysClears = false
    bench.wait(3.6)
    bench.negotiate(2)
    bench.wait(2)
    let cleared = bench.trace.compactMap {
      if case .sa(.clear(_, _, let list)) = $0.effect { Set(list.map(\.key)) } else { nil }
    }
    #expect(cleared.count == 2)
    #expect(cleared.last == Set(SingleTunnel.pair(1).map(\.key)))
  }

  @Test func aFlushIsSeen() {
    var bench = SingleTunnel.inService()
    bench.play(.kernel(.saFlushed(ipProtocol: 0)))
    bench.wait(4)
    #expect(bench.state == "absent/held/D")
  }

  @Test func aSnapshotWithoutTheSAsIsSeen() {
    var bench = SingleTunnel.inService()
    bench.play(
      .snapshot(
        Snapshot(
          links: [SingleTunnel.underlay, SingleTunnel.link()], addresses: SingleTunnel.addresses)))
    bench.wait(4)
    #expect(bench.state == "absent/held/D")
  }

  /// The events of a rekey were lost: a dump has its new SAs alone, and the tunnel is the same.
  @Test func aRekeyThatASnapshotShowsIsNoNewNegotiation() {
    var bench = SingleTunnel.inService()
    bench.answering = false
    while bench.tunnel?.losses == 0, bench.now < 20 { bench.wait(0.1) }
    #expect(bench.tunnel?.losses == 1)
    bench.answering = true
    bench.forgetTrace()
    let pair = SingleTunnel.pair(2)
    bench.sas = [:]
    bench.install(pair)
    bench.play(
      .snapshot(
        Snapshot(
          sas: pair, links: [SingleTunnel.underlay, bench.link], addresses: SingleTunnel.addresses,
          routes: [SingleTunnel.farRoute])))
    #expect(bench.state == "up/in-service/U")
    bench.wait(5)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.transitions.isEmpty && bench.steps.isEmpty)
  }

  @Test func anAnswerThatWaitedWhileTheAgentDidNotRunCounts() {
    var bench = SingleTunnel(Monitor(interval: .seconds(10), threshold: 1))
    bench.boot()
    bench.negotiate(1)
    bench.wait(9)
    bench.sleepThrough(60)
    bench.play(.tick)
    #expect(bench.state == "up/in-service/U")
    bench.play(
      .reply(
        ProbeReply(
          monitor: MonitorID(rawValue: 1), sequence: 1, arrivedAt: bench.instant, way: .link(7))))
    bench.wait(5)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.sets.first?.lost == 0)
  }

  @Test func theAbsentGraceIsNotSpentWhileTheAgentDidNotRun() {
    var bench = SingleTunnel.inService()
    bench.delete(1)
    bench.sleepThrough(60)
    bench.install(SingleTunnel.pair(2))
    bench.read(SingleTunnel.pair(2).map { .kernel(.sa($0)) })  // before anything that is due
    #expect(bench.state == "up/in-service/U")
    #expect(bench.transitions.isEmpty)
  }

  @Test func onTrafficIsHeldUntilItIsProvenThoughThePeerCleared() {
    var bench = SingleTunnel(establish: .onTraffic)
    bench.answering = true
    bench.replyLink = 2
    bench.boot()
    #expect(bench.state == "idle/in-service/-")
    bench.negotiate(1)
    bench.wait(3.1)
    #expect(bench.state == "down/held/D")
    bench.delete(1)
    bench.wait(600)
    #expect(bench.state == "down/held/D")
  }

  @Test func aSetThatIsAwayDoesNotVouchForANewLink() {
    var bench = SingleTunnel.inService()
    bench.answering = false
    bench.delete(1)
    bench.play(.kernel(.linkDeleted(index: 7)))
    bench.link = SingleTunnel.link(index: 9)
    bench.play(.kernel(.link(bench.link)))
    bench.negotiate(2)
    #expect(bench.state == "verifying/held/V")
  }

  @Test func probesKeepTheirDistanceThroughAStall() {
    var bench = SingleTunnel.inService()
    bench.answering = false
    bench.wait(1)  // a probe left at 6, the next is due at 7
    bench.sleepThrough(60)
    bench.play(.tick)
    bench.wait(5)
    #expect(bench.probeTimes == [6, 66.5, 67.5], "the third is lost at 68.5")
    #expect(bench.transitions.first?.hasPrefix("68.5 ") == true)
  }
}
