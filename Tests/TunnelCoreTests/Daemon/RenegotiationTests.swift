import Testing
import TunnelCore

/// Clears through strongSwan, and tunnels that are to be there always, played by hand.
@Suite struct RenegotiationTests {
  static let name = SingleTunnel.name
  static let connection = IKEConnection(
    name: "to-b", remote: [SingleTunnel.remote], children: [.init(name: "net")])

  /// A bench whose tunnel was up, and whose path has just been found dead.
  private func dead(_ establish: VPN.EstablishTunnels = .onTraffic) -> SingleTunnel {
    var bench = SingleTunnel.connected(establish: establish)
    bench.answering = false
    bench.stay(5, children: [.of(1)])
    return bench
  }

  @Test func aDeadPathIsTerminatedAndNegotiatedAnew() {
    var bench = dead()
    #expect(bench.acts == [.terminateChild(id: 1)])
    #expect(bench.clearTimes.isEmpty, "nothing is expired")
    #expect(bench.tunnel?.renegotiation?.cause == "dead path")
    #expect(bench.tunnel?.renegotiation?.step == "terminating")
    bench.delete(1)
    bench.stay(1, children: [])
    #expect(Array(bench.acts.prefix(2)) == [.terminateChild(id: 1), .initiate(Self.name)])
    let asked = bench.acts.count
    bench.answering = true
    bench.negotiate(2)
    bench.stay(30, children: [.of(2)])
    #expect(bench.acts.count == asked)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.renegotiation == nil)
  }

  @Test func aResponderLeavesNegotiationToThePeer() {
    var bench = dead(.responderOnly)
    bench.delete(1)
    bench.stay(600, children: [])
    #expect(bench.acts == [.terminateChild(id: 1)])
  }

  @Test func aSilentPeersIKESAIsForgottenAgainAndAgain() {
    var bench = dead()
    bench.stay(8, children: [.of(1, .deleting)], waiting: true)
    #expect(bench.acts == [.terminateChild(id: 1), .terminateIKE(id: 7)])
    bench.delete(1)
    bench.stay(1, children: [])
    #expect(bench.acts.last == .initiate(Self.name))
    bench.forgetTrace()
    for silence in 1...10 {
      // A slow peer is to have its turn.
      bench.stay(silence % 4 == 3 ? 21 : 6, children: [], waiting: true)
      #expect(bench.acts.last == .terminateIKE(id: 7))
      bench.play(.vici(.changed))
      bench.stay(1, children: [])
      #expect(bench.acts.last == .initiate(Self.name))
    }
    #expect(bench.times(of: .terminateIKE(id: 7)).count == 10)
  }

  /// The deletion waits behind a request that the peer never answers: the child stays INSTALLED.
  @Test func aDeletionThatHasToWaitIsNoReasonToAskForItForEver() {
    var bench = SingleTunnel.connected(establish: .onTraffic)
    bench.answering = false
    bench.stay(9.5, children: [.of(1)], waiting: true)
    #expect(bench.acts == [.terminateChild(id: 1), .terminateIKE(id: 7)])
  }

  @Test func aRefusalBacksOff() {
    var bench = dead()
    bench.delete(1)
    bench.stay(1000, children: [])
    let times = bench.times(of: .initiate(Self.name))
    let pauses = zip(times.dropFirst(), times).map { $0 - $1 }.dropFirst()
    #expect(pauses.count > 6)
    for (number, pause) in pauses.enumerated() {
      let nominal = min(2 * Double(1 << number), 300)
      #expect(pause >= nominal * 0.75 - 0.6 && pause < nominal + 0.7, "\(pauses)")
    }
  }

  @Test func anotherChildsIKESAIsLeftAlone() {
    var bench = dead()
    bench.answering = true
    bench.negotiate(3, reqid: 3)
    bench.stay(60, children: [.of(1, .deleting), .of(3, child: "other")], waiting: true)
    #expect(!bench.acts.contains(.terminateIKE(id: 7)))
  }

  @Test func leftoversOfARekeyAreNotWaitedFor() {
    var bench = dead()
    bench.delete(1)
    bench.stay(1, children: [.of(1, .deleted)])
    #expect(Array(bench.acts.prefix(2)) == [.terminateChild(id: 1), .initiate(Self.name)])
  }

  @Test func aPathThatAnswersBeforeTheListIsNotCleared() {
    var bench = SingleTunnel.connected(establish: .onTraffic)
    bench.answering = false
    bench.wait(2.9)
    bench.answering = true
    bench.rtt = 0.2
    bench.stay(30, children: [.of(1)])
    #expect(bench.acts.isEmpty)
  }

  /// Who orders it knows what he does: answers before the list change nothing of it.
  @Test(arguments: [false, true]) func anOperatorsClearStandsWhateverAnswers(isListSlow: Bool) {
    var bench = SingleTunnel.connected(establish: .immediately)
    bench.obeysClears = false
    bench.play(.command(.clear(tunnel: "to-b"), nil))
    if isListSlow {
      bench.wait(1.5)
      bench.list([.of(1)])
    }
    bench.stay(20, children: [.of(1)])
    #expect(bench.acts.first == .terminateChild(id: 1))
  }

  @Test func whatTheDaemonDoesNotKnowIsExpired() {
    var bench = SingleTunnel.connected(establish: .onTraffic)
    bench.stay(2, children: [])
    bench.answering = false
    bench.stay(5, children: [])
    #expect(bench.clearTimes.count == 1)
    #expect(bench.acts.isEmpty)
  }

  @Test func aDaemonThatIsLostMeanwhileIsDoneWithout() {
    var bench = SingleTunnel.connected(establish: .onTraffic)
    bench.answering = false
    while bench.acts.isEmpty { bench.stay(0.1, children: [.of(1)]) }
    bench.play(.vici(.disconnected("/s: does not answer")))
    #expect(bench.clearTimes.count == 1)
    bench.forgetTrace()
    bench.play(.vici(.connected))
    bench.stay(10, children: [])
    #expect(bench.acts.first == .initiate(Self.name))
  }

  @Test func expiredTwiceThenDeleted() {
    var bench = SingleTunnel()
    bench.obeysClears = false
    bench.boot()
    bench.negotiate(1)
    bench.wait(8.5)
    // The third is the next threshold's.
    #expect(bench.clearTimes == [3, 5, 7])
    let deleted = bench.trace.contains {
      if case .sa(.delete(_, _, let list)) = $0.effect {
        list.count == 2 && $0.at == 7
      } else {
        false
      }
    }
    #expect(deleted)
  }

  // MARK: establish-tunnels = "immediately"

  private func absent(
    _ connections: [IKEConnection], establish: VPN.EstablishTunnels = .immediately
  ) -> SingleTunnel {
    var bench = SingleTunnel(establish: establish)
    bench.answering = true
    bench.boot()
    bench.play(.vici(.connected))
    bench.stay(20, children: [], connections: connections)
    return bench
  }

  @Test func theOnlyChildThatFitsIsInitiated() {
    let other = IKEConnection(
      name: "elsewhere", remote: [SingleTunnel.local], children: [.init(name: "net")])
    var bench = absent([other, Self.connection])
    let times = bench.times(of: .initiate(Self.name))
    #expect(times.first.map { $0 >= 3 && $0 < 4 } == true, "\(times)")
    #expect(times.count > 2)
    bench.negotiate(2)
    bench.forgetTrace()
    bench.stay(600, children: [.of(2)], connections: [Self.connection])
    #expect(bench.acts.isEmpty)
    bench.delete(2)
    bench.stay(30, children: [], connections: [Self.connection])
    #expect(bench.acts.first == .initiate(Self.name))
  }

  @Test(arguments: [VPN.EstablishTunnels.onTraffic, .responderOnly])
  func othersWait(establish: VPN.EstablishTunnels) {
    let bench = absent([Self.connection], establish: establish)
    #expect(bench.acts.isEmpty)
    #expect(bench.tunnel?.obstacle == nil)
  }

  @Test(
    arguments: [
      ([], "strongSwan has no connections loaded"),
      (
        [
          IKEConnection(
            name: "elsewhere", remote: [SingleTunnel.local], children: [.init(name: "net")])
        ],
        "strongSwan has no connection with remote_addrs = 203.0.113.1 (it has elsewhere/net); name"
      ),
      (
        [IKEConnection(name: "to-b", remote: [SingleTunnel.remote])],
        "strongSwan has no child that fits"
      ),
      (
        [
          IKEConnection(
            name: "to-b", remote: [SingleTunnel.remote],
            children: [.init(name: "a"), .init(name: "b")])
        ], "several children fit (to-b/a, to-b/b)"
      ),
      (
        [
          connection,
          IKEConnection(name: "x", remote: [SingleTunnel.remote], children: [.init(name: "net")]),
        ], "several children fit (to-b/net, x/net)"
      ),
    ] as [([IKEConnection], String)])
  func whatCannotBeToldIsSaidOnce(connections: [IKEConnection], text: String) {
    var bench = absent(connections)
    #expect(bench.acts.isEmpty)
    #expect(bench.tunnel?.obstacle?.hasPrefix(text) == true, "\(bench.tunnel?.obstacle ?? "-")")
    let lines = bench.trace.filter {
      if case .tell(.log(.warning, _, let line)) = $0.effect {
        line.hasPrefix("cannot be init")
      } else {
        false
      }
    }
    #expect(lines.count == 1)
    // It is found once it is loaded, though no event says so.
    bench.stay(20, children: [], connections: [Self.connection])
    #expect(bench.acts.first == .initiate(Self.name))
    #expect(bench.tunnel?.obstacle == nil)
  }

  @Test func whoBeganIsKnown() {
    let bench = SingleTunnel.connected(establish: .onTraffic)
    #expect(bench.tunnel?.ike?.initiator == true)
    #expect(bench.tunnel?.ike?.version == 2)
  }
}
