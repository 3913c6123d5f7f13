import Testing

@testable import TunnelCore

/// On-traffic tunnels that failed: held until their path is proven, triggered by the agent's own packet.
@Suite struct TriggerTests {
  static let trap = SecurityPolicy(
    index: 9, source: .any(.ipv4), destination: .any(.ipv4), priority: 400_000,
    mark: Mark(value: 42, mask: .max),
    template: .init(source: SingleTunnel.local, destination: SingleTunnel.remote, reqid: 1))

  /// Up, with strongSwan's trap policy.
  func running(
    _ trap: SecurityPolicy? = TriggerTests.trap, _ change: (inout Monitor) -> Void = { _ in }
  ) -> SingleTunnel {
    var monitor = SingleTunnel.monitor
    change(&monitor)
    var bench = SingleTunnel(monitor, establish: .onTraffic)
    bench.answering = true
    bench.boot()
    if let trap { bench.play(.kernel(.policy(trap))) }
    bench.negotiate(1)
    bench.wait(2)
    bench.forgetTrace()
    return bench
  }

  /// The path is dead; the SAs are cleared and do not come back.
  func failed(
    _ trap: SecurityPolicy? = TriggerTests.trap, _ change: (inout Monitor) -> Void = { _ in }
  ) -> SingleTunnel {
    var bench = running(trap, change)
    bench.answering = false
    bench.wait(4)
    return bench
  }

  // MARK: Who never failed

  @Test func idleIsNoFailure() {
    var bench = SingleTunnel(establish: .onTraffic)
    bench.boot()
    bench.play(.kernel(.policy(Self.trap)))
    bench.wait(600)
    #expect(bench.state == "idle/in-service/-")
    #expect(bench.triggers.isEmpty && bench.transitions.isEmpty && bench.alarms.isEmpty)
    #expect(bench.core.stateCounts == ["idle": 1])
  }

  @Test func whoIsTakenDownInGoodHealthIsIdleAgain() {
    var bench = running()
    bench.delete(1)
    bench.wait(600)
    #expect(bench.state == "idle/in-service/-")
    #expect(bench.triggers.isEmpty)
  }

  @Test func anOperatorsClearIsNoFailure() {
    var bench = running()
    bench.play(.command(.clear(tunnel: "to-b"), nil))
    #expect(bench.state == "down/held/D")
    bench.wait(10)
    #expect(bench.state == "idle/in-service/-")
    #expect(bench.triggers.isEmpty)
  }

  @Test func warnNeverHolds() {
    var bench = failed { $0.action = .warn }
    bench.delete(1)
    bench.wait(10)
    #expect(bench.state == "idle/in-service/-")
    #expect(bench.triggers.isEmpty)
  }

  // MARK: Who did

  @Test func staysHeldAndIsTriggeredAtTheBackOffsPace() {
    var bench = failed()
    #expect(bench.sas.isEmpty && bench.state == "down/held/D")
    for _ in 0..<600 {
      bench.wait(1)
      #expect(bench.state == "down/held/D" && bench.link.isLinkModeDormant)
    }
    #expect(
      bench.packets.first
        == TriggerPacket(way: .link(7), source: SingleTunnel.near, destination: SingleTunnel.far))
    let times = bench.triggers
    #expect((3...10).contains(times[0] - bench.clearTimes[0]))
    let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
    #expect(pauses.count > 5 && pauses.allSatisfy { $0 >= 5 && $0 <= 300 })
    #expect(pauses.last ?? 0 > 60, "\(pauses)")
    #expect(bench.alarms.count == 1)
    #expect(bench.tunnel?.failures == 1)
  }

  @Test func newSAsMustProveTheirPath() {
    var bench = failed()
    bench.wait(20)
    bench.negotiate(2)
    #expect(bench.state == "verifying/held/V")
    let before = bench.triggers.count
    bench.wait(1.9)
    #expect(bench.triggers.count == before)
    bench.answering = true
    bench.wait(3)
    #expect(bench.state == "up/in-service/U")
    bench.delete(2)
    bench.wait(600)
    #expect(bench.state == "idle/in-service/-" && bench.triggers.count == before)
  }

  @Test func newSAsThatVanishUnprovenDoNotOpenIt() {
    var bench = failed()
    bench.wait(20)
    bench.negotiate(2)
    bench.wait(1)
    bench.delete(2)
    bench.wait(100)
    #expect(bench.state == "down/held/D")
    #expect(bench.alarms.count == 1 && bench.tunnel?.failures == 1, "it is the same failure")
  }

  @Test func withoutVerifyPathNewSAsMustProveItTooHoweverLateTheyCome() {
    var bench = failed { $0.verifyPath = nil }
    bench.wait(3600)
    bench.negotiate(2)
    #expect(bench.state == "verifying/held/V")
    bench.answering = true
    bench.wait(3)
    #expect(bench.state == "up/in-service/U")
  }

  @Test func holdIsTriggeredOnceThePeerTookTheSAsAway() {
    var bench = failed { $0.action = .hold }
    bench.wait(60)
    #expect(bench.state == "down/held/D" && bench.triggers.isEmpty)
    bench.delete(1)
    bench.wait(10)
    #expect(bench.state == "down/held/D" && !bench.triggers.isEmpty)
  }

  // MARK: Trap policies

  @Test func withoutATrapItStaysHeldAndSaysSo() {
    var bench = failed(nil)
    bench.wait(600)
    #expect(bench.state == "down/held/D" && bench.triggers.isEmpty)
    #expect(bench.tunnel?.obstacle?.hasPrefix("no trap policy is installed") == true)
    #expect(bench.alarms.count == 2)
    #expect(bench.lastAlarm.contains("establish-tunnels = \"immediately\""))
    let lines = bench.core.explanation(of: "to-b", at: bench.instant) ?? []
    #expect(lines.contains { $0.contains("no trap policy is installed") })
    #expect(lines.contains { $0.hasPrefix("  try: establish-tunnels = \"immediately\"") })
    bench.play(.kernel(.policy(Self.trap)))
    bench.wait(0)
    #expect(bench.triggers.count == 1, "it is seen at once")
    #expect(bench.tunnel?.obstacle == nil)
  }

  /// A policy that takes the packet first, and would let it out or use other SAs.
  @Test(arguments: [
    SecurityPolicy(index: 17, source: .any(.ipv4), destination: .any(.ipv4), template: nil),
    SecurityPolicy(
      index: 17, source: .any(.ipv4), destination: IPPrefix(host: SingleTunnel.far),
      template: .init(source: SingleTunnel.local, destination: IPAddress(203, 0, 113, 9), reqid: 7)),
    SecurityPolicy(
      index: 17, source: .any(.ipv4), destination: .any(.ipv4), mark: Mark(value: 2, mask: 0xf),
      template: nil),
  ])
  func onlyWhereTheTrapTakesThePacket(rival: SecurityPolicy) {
    var bench = running()
    bench.play(.kernel(.policy(rival)))
    bench.answering = false
    bench.wait(60)
    // 42 & 0xf is 10, so the last one takes other packets.
    #expect(bench.triggers.isEmpty == (rival.mark == nil))
    #expect(bench.state == "down/held/D")
  }

  @Test(arguments: [Mark?.none, Mark(value: 43, mask: .max), Mark(value: 42, mask: .max)])
  func aTrapOfOtherMarksIsNone(mark: Mark?) {
    var trap = Self.trap
    (trap.mark, trap.ifID) = (mark, 5)
    var bench = failed(trap)
    bench.wait(60)
    #expect(bench.triggers.isEmpty)
  }

  @Test func whatTheKernelRefusesIsShown() {
    var bench = failed()
    bench.wait(10)
    bench.play(.triggerFailed(TunnelID(rawValue: 1), errno: 1))
    #expect(
      bench.tunnel?.obstacle
        == "the kernel does not send the packet: operation not permitted (EPERM): likely a "
        + "firewall rule of the OUTPUT hook that drops ICMP echo requests")
    let before = bench.triggers.count
    bench.wait(60)
    #expect(bench.triggers.count > before && bench.tunnel?.obstacle == nil)
  }

  /// Without a link: by a socket whose policies name the SAs.
  @Test func policyBased() {
    var bench = SingleTunnel(LinklessTests.policy, establish: .onTraffic, link: nil)
    bench.play(
      .snapshot(
        Snapshot(
          policies: [
            SecurityPolicy(
              index: 9, source: IPPrefix(IPAddress(10, 1, 0, 0), length: 16),
              destination: IPPrefix(IPAddress(10, 2, 0, 0), length: 16),
              template: .init(
                source: SingleTunnel.local, destination: SingleTunnel.remote, reqid: 1))
          ],
          links: [SingleTunnel.underlay, LinklessTests.lan],
          addresses: [
            SingleTunnel.addresses[0],
            InterfaceAddress(linkIndex: 3, address: LinklessTests.inner, prefixLength: 24),
          ])))
    #expect(bench.state == "idle/-/-")
    bench.negotiate(LinklessTests.pair(1))
    bench.wait(20)
    #expect(bench.state == "down/-/D")
    #expect(
      bench.packets.first
        == TriggerPacket(
          way: .policy(LinklessTests.set), source: LinklessTests.inner,
          destination: LinklessTests.far))
  }
}

extension SingleTunnel {
  var packets: [TriggerPacket] {
    trace.compactMap {
      if case .negotiate(.trigger(_, let packet)) = $0.effect { packet } else { nil }
    }
  }
  /// Times at which packets were sent.
  var triggers: [Double] {
    trace.compactMap { if case .negotiate(.trigger) = $0.effect { $0.at } else { nil } }
  }
}

extension Monitor {
  func with(_ change: (inout Monitor) -> Void) -> Monitor {
    var copy = self
    change(&copy)
    return copy
  }
}
