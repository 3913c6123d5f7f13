import Testing

@testable import TunnelCore

/// One back-off a tunnel, by whatever means it is renegotiated.
@Suite struct AttemptsTests {
  private static let monitor = ReactionTests.monitor {
    $0.renegotiateBackoff.initial = .seconds(20)
  }

  /// A path that has just been found dead, with a daemon that has only terminated the child.
  private static func cleared(_ establish: VPN.EstablishTunnels = .onTraffic) -> SingleTunnel {
    var bench = SingleTunnel.connected(monitor, establish: establish)
    bench.answering = false
    bench.stay(5, children: [.of(1)])
    bench.delete(1)
    bench.stay(1, children: [])
    return bench
  }

  @Test func clearingAndInitiatingAreOneAttempt() {
    var bench = Self.cleared()
    #expect(bench.acts == [.terminateChild(id: 1), .initiate(SingleTunnel.name)])
    #expect(bench.tunnel?.attempts == 1)
    // It is refused: the next attempt is the second, and status says the same in both places.
    bench.stay(10, children: [])
    #expect(bench.acts.count == 2)
    #expect(bench.tunnel?.renegotiation?.attempt == 1)
    #expect(bench.nextAttemptsAgree)
    bench.stay(10, children: [])
    #expect(bench.acts.count == 3)
    #expect(bench.tunnel?.attempts == 2 && bench.tunnel?.renegotiation?.attempt == 2)
    // New SAs whose path is dead as well: their clearing waits for the third.
    bench.negotiate(2)
    bench.stay(20, children: [.of(2)])
    #expect(bench.acts.count == 3 && bench.state == "down/held/D")
    bench.stay(25, children: [.of(2)])
    #expect(bench.acts.last == .terminateChild(id: 2))
    #expect(bench.tunnel?.attempts == 3)
  }

  @Test func goodProbesBeginAnewAndNewSAsDoNot() {
    var bench = Self.cleared()
    bench.stay(30, children: [])
    #expect(bench.tunnel?.attempts == 2)
    bench.negotiate(2)
    bench.stay(2, children: [.of(2)])
    #expect(bench.tunnel?.attempts == 2)
    bench.answering = true
    bench.stay(3, children: [.of(2)])
    #expect(bench.tunnel?.attempts == 0 && bench.tunnel?.nextAttempt == nil)
  }

  @Test func aCommandIsPartOfTheClearsAttempt() {
    var bench = SingleTunnel(
      Self.monitor, establish: .onTraffic, command: RenegotiateCommandTests.words)
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.wait(5)
    bench.answering = false
    bench.wait(8)
    #expect(bench.clearTimes.count == 1 && bench.runs.count == 1)
    #expect(bench.tunnel?.attempts == 1 && bench.tunnel?.renegotiation?.attempt == 1)
    bench.play(.commandEnded(TunnelID(rawValue: 1), .exited(1)))
    #expect(bench.nextAttemptsAgree)
    bench.wait(20)
    #expect(bench.runs.count == 2 && bench.tunnel?.attempts == 2)
    let gap = bench.runs[1] - (bench.clearTimes.first ?? 0)
    #expect(gap >= 15 && gap <= 20, "\(gap)")
  }

  @Test func childrenOfOneTunnelShareAnAttempt() {
    var bench = SingleTunnel.connected(Self.monitor, establish: .onTraffic)
    bench.negotiate(3, reqid: 3)
    let children = [ChildSA.of(1), .of(3, child: "other")]
    let connections = [
      IKEConnection(
        name: "to-b", remote: [SingleTunnel.remote],
        children: [.init(name: "net"), .init(name: "other")])
    ]
    // The list with both is there before any of them is missed.
    bench.play(.vici(.connections(connections)))
    bench.stay(3, children: children, connections: connections)
    bench.answering = false
    bench.stay(5, children: children, connections: connections)
    bench.delete(1)
    bench.delete(3, reqid: 3)
    bench.stay(8, children: [], connections: connections)
    #expect(bench.acts.count == 4 && bench.tunnel?.attempts == 1)
    bench.stay(20, children: [], connections: connections)
    #expect(bench.acts.count == 6 && bench.tunnel?.attempts == 2)
  }

  @Test func whoIsNotProbedHasRecoveredWithItsSAs() {
    let connection = RenegotiationTests.connection
    var bench = SingleTunnel(nil)
    bench.boot()
    bench.play(.vici(.connected))
    bench.stay(60, children: [], connections: [connection])
    #expect(bench.acts.count >= 2 && bench.tunnel?.renegotiation?.attempt ?? 0 >= 2)
    bench.negotiate(2)
    bench.stay(60, children: [.of(2)], connections: [connection])
    bench.delete(2)
    bench.forgetTrace()
    bench.stay(9, children: [], connections: [connection])
    #expect(bench.acts == [.initiate(SingleTunnel.name)])
    #expect(bench.tunnel?.renegotiation?.attempt == 1)
  }

  /// A tunnel of a template without a link is forgotten with its SAs.
  @Test func aForgottenTunnelsAttemptsAreRemembered() {
    var monitor = LinklessTests.policy
    monitor.renegotiateBackoff.initial = .seconds(20)
    let template = Template(
      name: "branches", match: .init(peer: IPPrefix(SingleTunnel.remote, length: 32)),
      settings: VPN(
        name: "branches", gateway: "", establishTunnels: .onTraffic, monitor: monitor))
    var bench = SingleTunnel(nil, link: nil)
    bench.core = Core(
      configuration: Configuration(gateways: [:], vpns: [], templates: [template]), seed: 1,
      at: bench.instant)
    bench.play(
      .snapshot(
        Snapshot(
          links: [SingleTunnel.underlay, LinklessTests.lan],
          addresses: [
            SingleTunnel.addresses[0],
            InterfaceAddress(linkIndex: 3, address: LinklessTests.inner, prefixLength: 24),
          ])))
    for number in 1...5 as ClosedRange<UInt32> {
      bench.negotiate(LinklessTests.pair(number))
      #expect(bench.core.status(at: bench.instant).tunnels.count == 1)
      #expect(bench.tunnel?.attempts == Int(number) - 1)
      let before = bench.clearTimes.count
      while bench.clearTimes.count == before, bench.now < 3000 { bench.wait(0.5) }
      #expect(bench.core.status(at: bench.instant).tunnels.isEmpty)
    }
    let gaps = zip(bench.clearTimes.dropFirst(), bench.clearTimes).map { $0 - $1 }
    for (number, gap) in gaps.enumerated() {
      let nominal = min(20 * Double(1 << number), 300)
      #expect(gap >= nominal * 0.75 && gap <= nominal + 1, "\(gaps)")
    }
  }
}

extension SingleTunnel {
  /// Whether status says the same of the tunnel and of its renegotiation.
  fileprivate var nextAttemptsAgree: Bool {
    guard let one = tunnel?.nextAttempt, let other = tunnel?.renegotiation?.next else {
      return false
    }
    return abs(one - other) < 0.001
  }
}
