import Testing
import TunnelCore

/// `renegotiate-command`: when it runs, and how often.
@Suite struct RenegotiateCommandTests {
  static let words = ["ipsec", "auto", "--up", "to-b"]

  private func bench(_ establish: VPN.EstablishTunnels) -> SingleTunnel {
    var bench = SingleTunnel(establish: establish, command: Self.words)
    bench.answering = true
    bench.boot()
    return bench
  }

  @Test func anAbsentTunnelIsBroughtUp() {
    var bench = bench(.immediately)
    bench.wait(2.9)
    #expect(bench.runs.isEmpty, "the daemon may do it by itself")
    bench.wait(0.2)
    #expect(bench.runs == [3])
    #expect(bench.tunnel?.renegotiation?.step == "running")
    #expect(bench.tunnel?.control == "kernel expire, renegotiate-command")
    bench.wait(100)
    #expect(bench.runs == [3], "one at a time")
    bench.negotiate(1)
    bench.play(.commandEnded(TunnelID(rawValue: 1), .exited(0)))
    bench.wait(600)
    #expect(bench.runs == [3])
    #expect(bench.tunnel?.renegotiation == nil)
  }

  @Test func attemptsBackOff() {
    var bench = bench(.immediately)
    for _ in 0..<9 {
      let before = bench.runs.count
      while bench.runs.count == before { bench.wait(0.1) }
      bench.play(.commandEnded(TunnelID(rawValue: 1), .exited(1)))
    }
    let pauses = zip(bench.runs.dropFirst(), bench.runs).map { $0 - $1 }
    for (number, pause) in pauses.enumerated() {
      // The tunnel's back-off begins with a second; a run has three to come to something.
      let nominal = min(Double(1 << number), 300)
      #expect(pause >= max(nominal * 0.75, 3) && pause < max(nominal, 3) + 0.2, "\(pauses)")
    }
    let said = bench.trace.contains {
      if case .tell(.log(.warning, "to-b", "renegotiate-command ended with status 1")) = $0.effect {
        true
      } else {
        false
      }
    }
    #expect(said)
  }

  @Test func onTrafficOnlyAfterAClear() {
    var bench = bench(.onTraffic)
    bench.wait(600)
    #expect(bench.runs.isEmpty)
    bench.negotiate(1)
    bench.wait(5)
    bench.answering = false
    bench.wait(20)
    #expect(bench.clearTimes.count == 1)
    #expect(bench.runs.count == 1)
    bench.negotiate(2)
    bench.answering = true
    bench.play(.commandEnded(TunnelID(rawValue: 1), .exited(0)))
    bench.wait(5)
    bench.delete(2)
    bench.wait(600)
    #expect(bench.runs.count == 1, "what is taken down later is nobody's debt")
  }

  @Test func notAsAResponder() {
    var bench = bench(.responderOnly)
    bench.negotiate(1)
    bench.wait(5)
    bench.answering = false
    bench.wait(600)
    #expect(bench.clearTimes.count == 1)
    #expect(bench.runs.isEmpty)
  }

  @Test func notWhileVICIAnswers() {
    var bench = bench(.immediately)
    bench.play(.vici(.connected))
    bench.stay(600, children: [])
    #expect(bench.runs.isEmpty)
    bench.play(.vici(.disconnected("gone")))
    bench.wait(4)
    #expect(bench.runs.count == 1)
  }
}

/// A gateway with two addresses whose peer dies where there is no VICI.
@Suite struct CommandFailoverTests {
  private static let second = IPAddress(203, 0, 113, 2)

  private func dead(_ command: [String]?) -> SingleTunnel {
    var bench = SingleTunnel(
      nil, command: command,
      detection: DeadPeerDetection(mode: .alwaysSend, interval: 2, threshold: 2),
      addresses: [SingleTunnel.remote, Self.second])
    bench.daemonAnswers = true
    bench.boot()
    bench.negotiate(1)
    bench.wait(6)
    bench.forgetTrace()
    bench.daemonAnswers = false
    bench.wait(12)
    return bench
  }

  @Test func theCommandHasTheNextAddressEachTime() {
    var bench = dead(RenegotiateCommandTests.words)
    #expect(bench.clearTimes.count == 1)
    func run(_ address: IPAddress) -> [String] {
      ["env", "VPNAGENT_GATEWAY_ADDRESS=\(address)"] + RenegotiateCommandTests.words
    }
    #expect(bench.commands == [run(Self.second)])
    for wanted in [SingleTunnel.remote, Self.second, SingleTunnel.remote] {
      let before = bench.commands.count
      bench.play(.commandEnded(TunnelID(rawValue: 1), .exited(1)))
      while bench.commands.count == before { bench.wait(1) }
      #expect(bench.commands.last == run(wanted))
    }
    bench.negotiate(2)
    bench.play(.commandEnded(TunnelID(rawValue: 1), .exited(0)))
    #expect(bench.state == "up/-/-")
  }

  @Test func withoutOneThatNothingIsTriedIsSaid() {
    let bench = dead(nil)
    #expect(bench.commands.isEmpty)
    #expect(
      bench.logged("gateway=gw-b without VICI and renegotiate-command no other address is tried"))
  }
}

extension SingleTunnel {
  var commands: [[String]] {
    trace.compactMap { if case .negotiate(.run(_, let words)) = $0.effect { words } else { nil } }
  }
  var runs: [Double] {
    trace.compactMap {
      if case .negotiate(.run(_, RenegotiateCommandTests.words)) = $0.effect { $0.at } else { nil }
    }
  }
}
