import Testing
import TunnelCore

@Suite struct VerifyPathTests {
  @Test func opensTheLinkAtTheFirstReply() {
    var bench = SingleTunnel()
    bench.boot()
    #expect(bench.state == "absent/held/D")
    bench.answering = true
    bench.negotiate(1)
    #expect(bench.state == "verifying/held/V")
    #expect(bench.probeTimes == [0])
    bench.wait(0.02)
    #expect(bench.state == "up/in-service/U")
    #expect(
      bench.transitions == [
        "0.0 state=verifying was=absent reason=\"new SAs, path not verified yet\"",
        "0.01 state=up was=verifying reason=\"VPN monitoring verify-path succeeded\"",
      ])
    #expect(bench.alarms.count == 1)
    #expect(bench.lastAlarm.hasPrefix("KMD_VPN_UP_ALARM_USER: VPN to-b from 203.0.113.1 is up."))
  }

  @Test func probesGoFromTheLinkToItsNeighbour() throws {
    var bench = SingleTunnel()
    bench.boot()
    bench.negotiate(1)
    let probe = try #require(
      bench.trace.lazy.compactMap {
        if case .probe(.send(let probe)) = $0.effect { probe } else { nil }
      }.first)
    #expect(probe.source == SingleTunnel.near)
    #expect(probe.destination == SingleTunnel.far)
    #expect(probe.way == .link(7))
    #expect(probe.size == 64)
  }

  @Test func clearsAtTheThresholdAndStaysHeld() {
    var bench = SingleTunnel()
    bench.boot()
    bench.negotiate(1)
    bench.wait(2.99)
    #expect(bench.state == "verifying/held/V")
    bench.wait(0.02)
    #expect(bench.state == "down/held/D")
    #expect(bench.clearTimes == [3])
    #expect(bench.probeTimes == [0, 1, 2])
    #expect(bench.alarms.count == 1)
    #expect(
      bench.lastAlarm.hasPrefix("KMD_VPN_DOWN_ALARM_USER: VPN to-b from 203.0.113.1 is down.")
        && bench.lastAlarm.hasSuffix("Reason: VPN monitoring verify-path error"))
    bench.negotiate(2)
    #expect(bench.state == "verifying/held/V")
    bench.wait(3.1)
    #expect(bench.clearTimes.count == 2)
    let opened = bench.steps.contains { if case .setDormant(_, false) = $0 { true } else { false } }
    #expect(!opened)
  }

  @Test func theHigherEndWaitsBeforeItClears() {
    var bench = SingleTunnel()
    // The same tunnel seen from the other end: 203.0.113.1 is ours.
    bench.link.kind = .vti(
      local: SingleTunnel.remote, remote: SingleTunnel.local, inputKey: 42, outputKey: 42)
    let vpn = VPN(
      name: "to-b", gateway: "gw", bindInterface: "vti0",
      monitor: Monitor(interval: .seconds(1), threshold: 3, verifyPath: .init()))
    bench.core = Core(
      configuration: Configuration(
        gateways: ["gw": Gateway(name: "gw", addresses: [SingleTunnel.local])], vpns: [vpn]),
      seed: 1, at: bench.instant)
    let address = InterfaceAddress(linkIndex: 2, address: SingleTunnel.remote, prefixLength: 30)
    bench.play(
      .snapshot(Snapshot(links: [SingleTunnel.underlay, bench.link], addresses: [address])))
    bench.negotiate(1)
    bench.wait(6)
    #expect(bench.clearTimes.count == 1)
    #expect((4...4.5).contains(bench.clearTimes.first ?? 0))
    #expect(bench.transitions.contains { $0.hasPrefix("3.0 state=down") })
  }

  @Test func withoutVerifyPathALinkIsInServiceWithItsSet() {
    var bench = SingleTunnel(Monitor(interval: .seconds(1), threshold: 3))
    bench.boot()
    #expect(bench.state == "absent/held/D")
    bench.negotiate(1)
    #expect(bench.state == "up/in-service/U")
  }

  @Test func aReplyInClearHoldsAlarmsAndDoesNotClear() {
    var bench = SingleTunnel()
    bench.answering = true
    bench.replyLink = 2
    bench.boot()
    bench.negotiate(1)
    bench.wait(10)
    #expect(bench.state == "down/held/D")
    #expect(bench.clearTimes.isEmpty)
    #expect(bench.alarms.count == 1)
    #expect(bench.lastAlarm.contains("make the peer route 169.254.100.1 into the tunnel"))
    bench.replyLink = 7
    bench.wait(2.1)
    #expect(bench.state == "up/in-service/U")
  }

  @Test func aReplyInClearCountsForThoseWhoMust() {
    var bench = SingleTunnel(
      Monitor(interval: .seconds(1), threshold: 3, acceptsClearReply: true, verifyPath: .init()))
    bench.answering = true
    bench.replyLink = 2
    bench.boot()
    bench.negotiate(1)
    bench.wait(10)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.sets.first?.clearReplies ?? 0 >= 9)
  }

  @Test func adoptedLinkIsLeftAsFoundUntilTheThreshold() {
    var bench = SingleTunnel()
    bench.boot(sas: SingleTunnel.pair(1))
    #expect(bench.state == "verifying/as-found/V")
    #expect(bench.steps.isEmpty)
    bench.wait(4)
    #expect(bench.state == "down/held/D")
  }

  @Test func adoptedLinkThatAnswersIsNeverTouched() {
    var bench = SingleTunnel()
    bench.answering = true
    bench.boot(sas: SingleTunnel.pair(1))
    bench.wait(30)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.steps.isEmpty)
    #expect(bench.alarms.isEmpty)
  }

  @Test func aHeldLinkOfAnEarlierRunStaysHeld() {
    let record = GateRecord(links: [.init(name: "vti0", withdrawn: [SingleTunnel.farRoute])])
    var bench = SingleTunnel(record: record)
    bench.boot(sas: SingleTunnel.pair(1), routes: [], link: SingleTunnel.link(dormant: true))
    #expect(bench.state == "verifying/held/V")
    bench.answering = true
    bench.wait(1.5)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.steps.contains(.addRoute(SingleTunnel.farRoute)))
  }
}
