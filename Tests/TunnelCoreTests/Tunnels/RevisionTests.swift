import Testing

@testable import TunnelCore

/// What a reload does to attempts and renegotiations under way.
@Suite struct RevisionTests {
  private static let connection = RenegotiationTests.connection

  /// A tunnel that is brought up again and again, in vain.
  private func refused(_ establish: VPN.EstablishTunnels) -> SingleTunnel {
    var bench = SingleTunnel.connected(establish: establish)
    bench.answering = false
    bench.stay(5, children: [.of(1)])
    bench.delete(1)
    bench.stay(100, children: [], connections: [Self.connection])
    bench.forgetTrace()
    return bench
  }

  @Test(arguments: [VPN.EstablishTunnels.onTraffic, .immediately])
  func aResponderInitiatesNoMore(establish: VPN.EstablishTunnels) {
    var bench = refused(establish)
    bench.reload { $0.vpns[0].establishTunnels = .responderOnly }
    bench.stay(700, children: [], connections: [Self.connection])
    #expect(bench.acts.isEmpty)
    #expect(bench.tunnel?.renegotiation == nil)
  }

  @Test func whoIsToBeThereAlwaysIsInitiatedFromNowOn() {
    var bench = SingleTunnel(establish: .responderOnly)
    bench.boot()
    bench.play(.vici(.connected))
    bench.stay(60, children: [], connections: [Self.connection])
    #expect(bench.acts.isEmpty)
    bench.reload { $0.vpns[0].establishTunnels = .immediately }
    bench.stay(5, children: [], connections: [Self.connection])
    #expect(bench.acts.first == .initiate(SingleTunnel.name))
    bench.forgetTrace()
    bench.reload { $0.vpns[0].establishTunnels = .onTraffic }
    bench.stay(700, children: [], connections: [Self.connection])
    #expect(bench.acts.isEmpty)
  }

  @Test func noWaitIsLongerThanTheNewMaximum() {
    var bench = refused(.onTraffic)
    #expect(bench.tunnel?.nextAttempt ?? 0 > 5)
    bench.reload { $0.vpns[0].monitor?.renegotiateBackoff.maximum = .seconds(5) }
    #expect(bench.tunnel?.nextAttempt ?? 99 <= 5)
    #expect(bench.tunnel?.renegotiation?.next ?? 99 <= 5)
    bench.stay(60, children: [], connections: [Self.connection])
    let times = bench.times(of: .initiate(SingleTunnel.name))
    #expect(times.count >= 10, "\(times)")
  }

  @Test func aClearThatWaitsForItsAttemptComesEarlier() {
    var bench = SingleTunnel(
      ReactionTests.monitor { $0.renegotiateBackoff.initial = .seconds(200) })
    bench.boot()
    bench.negotiate(1)
    bench.wait(4)
    bench.negotiate(2)
    bench.wait(10)
    #expect(bench.clearTimes.count == 1)
    bench.reload {
      $0.vpns[0].monitor?.renegotiateBackoff = .init(initial: .seconds(1), maximum: .seconds(2))
    }
    bench.wait(2.1)
    #expect(bench.clearTimes.count == 2)
  }

  @Test func theNewCommandRunsAtOnceAndNoneWhenItIsGone() {
    var bench = SingleTunnel(command: ["false"])
    bench.boot()
    for _ in 0..<8 {
      while bench.tunnel?.renegotiation?.step != "running" { bench.wait(0.5) }
      bench.play(.commandEnded(TunnelID(rawValue: 1), .exited(1)))
    }
    #expect(bench.runs.isEmpty && bench.tunnel?.renegotiation?.next ?? 0 > 10)
    bench.reload { $0.vpns[0].renegotiateCommand = RenegotiateCommandTests.words }
    #expect(bench.runs == [bench.now])
    bench.play(.commandEnded(TunnelID(rawValue: 1), .exited(1)))
    bench.reload { $0.vpns[0].renegotiateCommand = nil }
    #expect(bench.tunnel?.renegotiation == nil)
    bench.wait(700)
    #expect(bench.runs.count == 1)
  }

  // MARK: verify-path

  private func withoutVerifyPath() -> SingleTunnel {
    .inService(SingleTunnel(ReactionTests.monitor(verified: false)))
  }

  @Test func verifyPathThatIsAddedVerifiesSAsThatAreThereAndHoldsNothing() {
    var bench = withoutVerifyPath()
    bench.reload { $0.vpns[0].monitor?.verifyPath = .init() }
    #expect(bench.state == "verifying/as-found/V")
    bench.wait(0.2)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.steps.isEmpty && bench.alarms.isEmpty && bench.clearTimes.isEmpty)
  }

  @Test func aPathThatDoesNotVerifyIsHeldAtTheThreshold() {
    var bench = withoutVerifyPath()
    bench.answering = false
    bench.reload { $0.vpns[0].monitor?.verifyPath = .init() }
    bench.wait(2.9)
    #expect(bench.state == "verifying/as-found/V")
    #expect(bench.steps.isEmpty)
    bench.wait(0.2)
    #expect(bench.state == "down/held/D")
    #expect(bench.clearTimes.count == 1)
    #expect(bench.lastAlarm.contains("verify-path error"))
  }

  @Test func whatIsHeldStaysHeld() {
    var bench = withoutVerifyPath()
    bench.answering = false
    bench.wait(4.5)
    bench.negotiate(2)
    #expect(bench.state == "verifying/held/V")
    bench.reload { $0.vpns[0].monitor?.verifyPath = .init() }
    #expect(bench.state == "verifying/held/V")
    bench.answering = true
    bench.wait(2.5)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.reason == "VPN monitoring verify-path succeeded")
  }
}
