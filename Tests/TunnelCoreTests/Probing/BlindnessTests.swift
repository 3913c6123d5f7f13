import Testing

@testable import TunnelCore

/// Probes that do not leave this host.
@Suite struct BlindnessTests {
  private func running(_ monitor: Monitor? = nil) -> SingleTunnel {
    .inService(
      SingleTunnel(monitor ?? Monitor(interval: .seconds(1), threshold: 3, verifyPath: .init())))
  }

  private func warnings(_ bench: SingleTunnel) -> [String] {
    bench.trace.compactMap {
      if case .tell(.log(.warning, _, let text)) = $0.effect { text } else { nil }
    }
  }

  /// EPERM, EAGAIN, ENOMEM, EACCES, ENOBUFS.
  @Test(arguments: [Int32(1), 11, 12, 13, 105])
  func whatTheHostRefusesIsNoLossButSaid(errno: Int32) {
    var bench = running()
    bench.refusal = errno
    bench.wait(3.4)  // refused at 6, 7, 8
    #expect(bench.state == "up/in-service/U")
    #expect(warnings(bench) == [])
    bench.wait(0.2)
    #expect(bench.state == "unmonitored/in-service/?")
    #expect(bench.alarms.count == 1)
    #expect(bench.lastAlarm.contains("not monitored"))
    #expect(bench.lastAlarm.contains(SendError(errno).words))
    bench.wait(60)
    #expect(bench.state == "unmonitored/in-service/?")
    #expect(bench.tunnel?.losses == 0 && bench.tunnel?.sets.first?.lost == 0)
    #expect(bench.alarms.count == 1 && warnings(bench).count == 1)
    #expect(bench.value("tunnel_up{tunnel=\"to-b\"}") == 0)
    #expect(bench.value("tunnel_state{tunnel=\"to-b\",state=\"unmonitored\"}") == 1)
    bench.refusal = nil
    bench.wait(2.1)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.alarms.count == 2)
  }

  @Test func theLikelyRuleIsNamed() {
    var bench = running()
    bench.refusal = 1
    bench.wait(1)
    #expect(bench.tunnel?.obstacle?.contains("firewall rule of the OUTPUT hook") == true)
  }

  /// EADDRNOTAVAIL, ENETDOWN, ENETUNREACH, EHOSTUNREACH: users' packets have no way either.
  @Test(arguments: [Int32(99), 100, 101, 113]) func noWayIsALoss(errno: Int32) {
    var bench = running()
    bench.refusal = errno
    bench.wait(3.6)
    #expect(bench.transitions.first?.hasPrefix("9.0 state=down") == true)
    #expect(bench.clearTimes == [9])
  }

  @Test func oneProbeThatLeavesEndsIt() {
    var bench = running()
    for _ in 0..<10 {
      bench.refusal = 105
      bench.wait(2)
      bench.refusal = nil
      bench.wait(1)
    }
    #expect(bench.alarms == [])
  }

  @Test func whatWasNeverProbedStaysHeldAndIsSaid() {
    var bench = SingleTunnel()
    bench.refusal = 1
    bench.boot()
    bench.negotiate(1)
    #expect(bench.state == "verifying/held/V")
    bench.wait(3.1)
    #expect(bench.state == "unmonitored/held/?")
    #expect(bench.alarms.count == 1 && bench.clearTimes.isEmpty)
    bench.refusal = nil
    bench.answering = true
    bench.wait(1.1)
    #expect(bench.state == "up/in-service/U")
  }

  /// Nothing that probes could go to lies in its selectors.
  @Test func aSetWithoutADestinationIsSaid() {
    var bench = SingleTunnel()
    bench.boot()
    bench.play(.kernel(.address(SelectorTests.lan)))
    bench.negotiate(1)
    bench.play(
      .kernel(
        .policy(
          SelectorTests.policy(
            1, IPPrefix(IPAddress(10, 9, 0, 0), length: 24), reqid: 1,
            local: IPPrefix(IPAddress(10, 1, 0, 0), length: 24)))))
    bench.wait(4.1)
    #expect(bench.state == "unmonitored/held/?")
    #expect(bench.lastAlarm.contains("no destination-ip inside 10.9.0.0/24"))
  }

  @Test func aDeadTunnelIsDownAndNotUnmonitored() {
    var bench = running()
    bench.answering = false
    bench.obeysClears = false
    bench.wait(4)
    bench.refusal = 1
    bench.wait(30)
    #expect(bench.state == "down/held/D")
  }

  @Test func aQuestionThatHasNoWayIsUnanswered() {
    var bench = SingleTunnel(
      nil, detection: DeadPeerDetection(mode: .alwaysSend, interval: 2, threshold: 3))
    bench.daemonAnswers = true
    bench.boot()
    bench.negotiate(1)
    bench.wait(10)
    bench.daemonAnswers = false
    for _ in 0..<200 where bench.clearTimes.isEmpty {
      let asked = bench.questions.count
      bench.wait(0.1)
      guard bench.questions.count > asked else { continue }
      bench.play(
        .ikePingNotSent(.init(local: SingleTunnel.local, remote: SingleTunnel.remote), errno: 101))
    }
    #expect(!bench.clearTimes.isEmpty)
    #expect(warnings(bench).contains { $0.contains("liveness checks cannot be sent") })
  }
}

extension SingleTunnel {
  fileprivate var questions: [Double] {
    trace.compactMap { if case .peer(.ping) = $0.effect { $0.at } else { nil } }
  }
}
