import Testing
import TunnelCore

/// Active and standby: what each does, and what a change of the role does.
@Suite struct RoleTests {
  private func standby(
    _ monitor: Monitor? = SingleTunnel.monitor, establish: VPN.EstablishTunnels = .immediately,
    linkControl: VPN.LinkControl = .oper
  ) -> SingleTunnel {
    var bench = SingleTunnel(
      monitor, establish: establish, linkControl: linkControl, role: .standby)
    bench.answering = true
    return bench
  }

  @Test(arguments: VPN.EstablishTunnels.allCases)
  func aStandbyHoldsWhateverIsThere(_ establish: VPN.EstablishTunnels) {
    var bench = standby(establish: establish)
    // One that never failed waits for traffic.
    let nothing = establish == .onTraffic ? "idle/held/-" : "absent/held/-"
    bench.boot()
    #expect(bench.state == nothing)
    bench.negotiate(1)
    #expect(bench.state == "standby/held/-")
    bench.wait(600)
    bench.delete(1)
    #expect(bench.state == nothing)
    bench.wait(600)
    #expect(bench.state == nothing)
    #expect(bench.probeTimes.isEmpty)
    #expect(bench.clearTimes.isEmpty)
    #expect(bench.alarms.isEmpty)
    #expect(!bench.opened)
  }

  @Test func sasOlderThanAStandbyAreNotAdopted() {
    var bench = standby()
    bench.boot(sas: SingleTunnel.pair(1))
    #expect(bench.state == "standby/held/-")
  }

  @Test func setDownByAdminControlToo() {
    var bench = standby(linkControl: .admin)
    bench.boot()
    bench.negotiate(1)
    #expect(bench.state == "standby/down/-")
    bench.play(.role(.active))
    #expect(bench.state == "verifying/held/V")
  }

  @Test func whoBecomesActiveVerifiesBeforeItOpens() {
    var bench = standby()
    bench.boot(sas: SingleTunnel.pair(1))
    bench.wait(100)
    bench.forgetTrace()
    bench.play(.role(.active))
    #expect(bench.state == "verifying/held/V")
    #expect(!bench.opened)
    bench.wait(0.02)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.opened)
    #expect(bench.alarms.count == 1)
    bench.wait(5)
    #expect(bench.probeTimes.count == 6)
  }

  @Test func whatIsDeadStaysHeldAndIsCleared() {
    var bench = standby()
    bench.answering = false
    bench.boot(sas: SingleTunnel.pair(1))
    bench.play(.role(.active))
    bench.wait(3.1)
    #expect(bench.state == "down/held/D")
    #expect(bench.clearTimes == [3])
    #expect(!bench.opened)
  }

  @Test func withoutVerifyPathALinkOpensWithItsSet() {
    var bench = standby(Monitor(interval: .seconds(1), threshold: 3))
    bench.boot(sas: SingleTunnel.pair(1))
    #expect(bench.state == "standby/held/-")
    bench.play(.role(.active))
    #expect(bench.state == "up/in-service/U")
  }

  @Test func whoBecomesStandbyHoldsAndForgets() {
    var bench = SingleTunnel(SingleTunnel.monitor)
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.wait(10)
    #expect(bench.state == "up/in-service/U")
    bench.forgetTrace()
    bench.play(.role(.standby))
    #expect(bench.state == "standby/held/-")
    #expect(bench.alarms.isEmpty)
    bench.answering = false
    bench.wait(600)
    #expect(bench.probeTimes.isEmpty)
    #expect(bench.clearTimes.isEmpty)
    // What was proven then does not hold now.
    bench.play(.role(.active))
    #expect(bench.state == "verifying/held/V")
  }

  @Test func aClearingUnderWayIsDropped() {
    var bench = SingleTunnel(SingleTunnel.monitor)
    bench.obeysClears = false
    bench.boot()
    bench.negotiate(1)
    bench.wait(3.1)
    #expect(bench.clearTimes.count == 1)
    bench.play(.role(.standby))
    bench.wait(600)
    #expect(bench.clearTimes.count == 1)
  }

  @Test func aSetThatMightComeBackIsGone() {
    var bench = SingleTunnel(SingleTunnel.monitor)
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.wait(1.1)
    bench.delete(1)
    #expect(bench.state == "up/in-service/U", "grace for a reauthentication")
    bench.play(.role(.standby))
    #expect(bench.state == "absent/held/-")
    bench.negotiate(2)
    #expect(bench.state == "standby/held/-")
  }

  @Test func aStandbyRestoresNothing() {
    var bench = SingleTunnel(SingleTunnel.monitor)
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.play(.vici(.connected))
    bench.stay(2, children: [.of(1)])
    bench.forgetTrace()
    bench.play(.kernel(.saFlushed(ipProtocol: 0)))
    bench.play(.role(.standby))
    bench.stay(600, children: [.of(1)])
    #expect(bench.acts.isEmpty)
  }

  @Test(arguments: VPN.EstablishTunnels.allCases, [true, false])
  func whatWasLostInStandbyIsRestoredByWhoBecomesActive(
    _ establish: VPN.EstablishTunnels, isLostBefore: Bool
  ) {
    var bench = SingleTunnel.connected(establish: establish)
    if isLostBefore { bench.delete(1) }
    bench.play(.role(.standby))
    bench.stay(5, children: [.of(1)])
    if !isLostBefore { bench.delete(1) }
    bench.stay(60, children: [.of(1)])
    #expect(bench.acts.isEmpty)
    bench.play(.role(.active))
    bench.stay(0.9, children: [.of(1)])
    #expect(bench.acts == [.terminateChild(id: 1)])
    bench.stay(0.9, children: [])
    #expect(bench.acts == [.terminateChild(id: 1), .initiate(SingleTunnel.name)])
  }

  @Test func whatTheDaemonTookDownInStandbyIsNotRestored() {
    var bench = SingleTunnel.connected(establish: .onTraffic)
    bench.play(.role(.standby))
    bench.delete(1)
    bench.stay(5, children: [])
    bench.play(.role(.active))
    bench.stay(60, children: [])
    #expect(bench.acts.isEmpty)
  }

  @Test func aStandbyInitiatesNothing() {
    var bench = standby()
    bench.boot()
    bench.play(.vici(.connected))
    bench.stay(60, children: [], connections: [RenegotiationTests.connection])
    #expect(bench.acts.isEmpty)
    bench.play(.role(.active))
    bench.stay(10, children: [], connections: [RenegotiationTests.connection])
    #expect(bench.acts.first == .initiate(SingleTunnel.name))
  }

  @Test func whoBecomesStandbyInitiatesNoMore() {
    var bench = SingleTunnel(SingleTunnel.monitor)
    bench.boot()
    bench.play(.vici(.connected))
    bench.stay(5, children: [], connections: [RenegotiationTests.connection])
    #expect(bench.acts.contains(.initiate(SingleTunnel.name)))
    bench.play(.role(.standby))
    bench.forgetTrace()
    bench.stay(600, children: [], connections: [RenegotiationTests.connection])
    #expect(bench.acts.isEmpty)
  }

  @Test func aStandbyRunsNoCommand() {
    var bench = SingleTunnel(
      SingleTunnel.monitor, command: RenegotiateCommandTests.words, role: .standby)
    bench.boot()
    bench.wait(600)
    #expect(bench.runs.isEmpty)
    bench.play(.role(.active))
    bench.wait(10)
    #expect(bench.runs.count == 1)
    bench.play(.commandEnded(TunnelID(rawValue: 1), .exited(1)))
    bench.play(.role(.standby))
    bench.wait(600)
    #expect(bench.runs.count == 1)
  }

  @Test func sayingItAgainChangesNothing() {
    var bench = SingleTunnel(SingleTunnel.monitor)
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.wait(1.5)
    bench.forgetTrace()
    bench.play(.role(.active))
    #expect(bench.trace.isEmpty)
    #expect(bench.state == "up/in-service/U")
  }
}

extension SingleTunnel {
  /// Whether a link was opened.
  var opened: Bool {
    steps.contains { if case .setDormant(_, false) = $0 { true } else { false } }
  }
}
