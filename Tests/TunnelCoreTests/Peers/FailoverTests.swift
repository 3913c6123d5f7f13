import Testing
import TunnelCore

/// Dead peers with strongSwan's list at hand: whose SAs are whose, what it is asked, which address
/// comes next.
@Suite struct FailoverTests {
  private static let second = IPAddress(203, 0, 113, 2)
  private static let detection = DeadPeerDetection(mode: .alwaysSend, interval: 2, threshold: 2)
  private static let connections = [
    IKEConnection(name: "to-b", remote: [SingleTunnel.remote], children: [.init(name: "net")]),
    IKEConnection(name: "to-b-2", remote: [second], children: [.init(name: "net")]),
  ]

  /// A daemon's list, with an IKE SA to a peer for each of these.
  private func list(_ sas: [(id: UInt32, children: [ChildSA])]) -> Event {
    .vici(
      .sas(
        sas.map {
          IKESA(
            connection: "to-b", id: $0.id, isInitiator: true, local: SingleTunnel.local,
            remote: SingleTunnel.remote, remotePort: 500, children: $0.children)
        }))
  }

  private func running(
    addresses: [IPAddress] = [SingleTunnel.remote], establish: VPN.EstablishTunnels = .immediately,
    detection: DeadPeerDetection = detection
  ) -> SingleTunnel {
    var bench = SingleTunnel(nil, establish: establish, detection: detection, addresses: addresses)
    bench.daemonAnswers = true
    bench.boot()
    bench.negotiate(1)
    bench.traffic = (out: 5, in: 5)
    bench.play(.vici(.connected))
    bench.play(.vici(.connections(Self.connections)))
    bench.wait(0.2)
    bench.play(list([(7, [.of(1)])]))
    bench.wait(6)
    return bench
  }

  /// Answers each request at once; the daemon keeps the IKE SA until it is told to forget it.
  private func die(
    _ bench: inout SingleTunnel, for seconds: Double = 20, isListed isThere: Bool = true
  ) {
    var isThere = isThere
    bench.daemonAnswers = false
    var answered = bench.trace.count
    let end = bench.now + seconds
    while bench.now < end {
      bench.wait(0.1)
      while answered < bench.trace.count {
        answered += 1
        guard case .daemon(let request) = bench.trace[answered - 1].effect else { continue }
        switch request {
        case .listSAs: bench.play(isThere ? list([(7, [.of(1)])]) : .vici(.sas([])))
        case .listConnections: bench.play(.vici(.connections(Self.connections)))
        case .terminateIKE:
          isThere = false
          bench.play(.vici(.finished(request, failure: nil)))
          bench.delete(1)
        case .terminateChild, .rekeyChild, .initiate:
          bench.play(.vici(.finished(request, failure: nil)))
        }
      }
    }
  }

  @Test func theDeadPeersIKESAIsForgottenAndNothingExpired() {
    var bench = running()
    die(&bench, for: 8)
    #expect(bench.acts.first == .terminateIKE(id: 7))
    #expect(bench.acts.dropFirst().first == .initiate(SingleTunnel.name))
    #expect(bench.clearTimes.isEmpty)
  }

  @Test func theNextAddressIsTriedAtOnce() throws {
    var bench = running(addresses: [SingleTunnel.remote, Self.second])
    die(&bench, for: 8)
    let next = ChildName(connection: "to-b-2", child: "net")
    #expect(bench.acts.prefix(2) == [.terminateIKE(id: 7), .initiate(next)])
    let ended = try #require(bench.times(of: .terminateIKE(id: 7)).first)
    let begun = try #require(bench.times(of: .initiate(next)).first)
    #expect(begun - ended < 1)
  }

  /// The peer answers and refuses: each address is tried once, then the back-off of about 10, 20,
  /// 40 s.
  @Test func eachAddressThatRefusesIsTriedOnceARound() {
    var bench = SingleTunnel(
      nil, establish: .immediately, addresses: [SingleTunnel.remote, Self.second])
    bench.boot()
    bench.play(.vici(.connected))
    die(&bench, for: 100, isListed: false)
    let next = ChildName(connection: "to-b-2", child: "net")
    let (first, second) = (
      bench.times(of: .initiate(SingleTunnel.name)), bench.times(of: .initiate(next))
    )
    #expect(first.count == 4 && second.count == 4)
    for (one, other) in zip(first, second) { #expect((0..<2).contains(other - one)) }
    let pauses = zip(first, first.dropFirst()).map { $1 - $0 }
    for (pause, nominal) in zip(pauses, [10.0, 20, 40]) {
      #expect(pause >= nominal * 0.75 && pause < nominal * 1.25 + 2)
    }
  }

  @Test func oneAddressThatRefusesIsTriedWithBackOff() {
    var bench = SingleTunnel(nil, establish: .immediately)
    bench.boot()
    bench.play(.vici(.connected))
    die(&bench, for: 30, isListed: false)
    #expect(bench.times(of: .initiate(SingleTunnel.name)).count == 2)
  }

  @Test func aResponderOnlyInitiatesNothing() {
    var bench = running(addresses: [SingleTunnel.remote, Self.second], establish: .responderOnly)
    die(&bench)
    #expect(bench.acts == [.terminateIKE(id: 7)])
  }

  @Test func anExchangeIsAskedOfTheDaemon() {
    var bench = running()
    bench.traffic = (out: 5, in: 0)
    bench.wait(4)
    #expect(bench.acts == [.rekeyChild(id: 1)])
    bench.play(list([(7, [.of(1, .other("REKEYED")), .of(2)])]))
    bench.wait(2)
    #expect(bench.acts == [.rekeyChild(id: 1)])
  }

  @Test func theKernelsWordOnARekeyIsEnoughWhereTheDaemonListsLate() {
    var bench = running(detection: DeadPeerDetection(mode: .optimized, interval: 2, threshold: 3))
    bench.traffic = (out: 5, in: 0)
    bench.wait(4)
    #expect(bench.acts == [.rekeyChild(id: 1)])
    bench.negotiate(2)
    bench.delete(1)
    bench.wait(6)
    #expect(!bench.acts.contains(.terminateIKE(id: 7)))
  }

  /// Two IKE SAs with one peer after a simultaneous negotiation: traffic on the SAs of one is no life
  /// of the other.
  @Test func eachIKESAIsJudgedByItsOwnSAs() {
    var bench = running(detection: DeadPeerDetection(mode: .optimized, interval: 2, threshold: 2))
    bench.negotiate(2)
    let both = list([(7, [.of(1)]), (8, [.of(2)])])
    bench.play(both)
    bench.wait(4)
    bench.forgetTrace()
    // The bench's traffic is on the newest pair: 8's.
    bench.traffic = (out: 5, in: 0)
    bench.daemonAnswers = false
    bench.wait(8)
    bench.play(both)
    #expect(bench.acts.contains(.terminateIKE(id: 8)))
    #expect(!bench.acts.contains(.terminateIKE(id: 7)))
  }

  /// Nothing but the daemon's word tells whose exchange it was, and its lists may be ten seconds
  /// late.
  @Test func anExchangeThatTheDaemonNamesProvesItsOwnIKESA() {
    var bench = running(detection: DeadPeerDetection(mode: .optimized, interval: 2, threshold: 2))
    bench.negotiate(2)
    let sas = [(7, 1), (8, 2)].map { (id: UInt32, child: UInt32) in
      IKESA(
        connection: "to-b", id: id, local: SingleTunnel.local, remote: SingleTunnel.remote,
        children: [.of(child)])
    }
    bench.play(.vici(.sas(sas)))
    bench.wait(4)
    bench.forgetTrace()
    // Out on the newest pair, 8's, and nothing comes back; the daemon of the peer answers.
    bench.traffic = (out: 5, in: 0)
    for _ in 0..<20 {
      let asked = bench.acts.count
      bench.wait(1)
      if bench.acts.count > asked { bench.play(.vici(.exchanged(ikeID: 8))) }
    }
    #expect(bench.acts.contains(.rekeyChild(id: 2)))
    #expect(!bench.acts.contains(.terminateIKE(id: 8)))
    // The other one's exchange proves nothing of this one.
    for _ in 0..<20 {
      bench.wait(0.5)
      bench.play(.vici(.exchanged(ikeID: 7)))
    }
    // The first may answer what was asked before the death.
    for _ in 0..<2 {
      bench.play(.vici(.sas(sas)))
      bench.wait(11)
    }
    #expect(bench.acts.contains(.terminateIKE(id: 8)))
    #expect(!bench.acts.contains(.terminateIKE(id: 7)))
  }

  @Test func anIKESAWithoutChildrenIsWatchedToo() {
    var bench = SingleTunnel(nil, detection: Self.detection)
    bench.daemonAnswers = true
    bench.boot()
    bench.play(.vici(.connected))
    bench.wait(0.2)
    bench.play(list([(7, [])]))
    bench.wait(5)
    bench.daemonAnswers = false
    bench.wait(8)
    // The first answers what was asked before the death.
    for _ in 0..<2 {
      bench.play(list([(7, [])]))
      bench.wait(11)
    }
    #expect(bench.acts.contains(.terminateIKE(id: 7)))
  }

  /// What the daemon lists may have changed since it was listed last.
  @Test func nothingIsTerminatedThatWasNotListedAgain() {
    var bench = running()
    bench.daemonAnswers = false
    bench.wait(8)
    #expect(bench.state == "down/held/-")
    #expect(bench.acts.isEmpty && bench.requests.last == .listSAs)
    var rekeyed = bench
    bench.play(list([(7, [.of(1)])]))
    #expect(bench.acts == [.terminateIKE(id: 7)])
    rekeyed.play(list([(8, [])]))
    #expect(rekeyed.acts.isEmpty)
  }

  @Test func aDaemonThatIsLostMeanwhileIsDoneWithout() {
    var bench = running()
    bench.daemonAnswers = false
    bench.wait(8)
    #expect(bench.clearTimes.isEmpty)
    bench.play(.vici(.disconnected("/s: does not answer")))
    #expect(bench.clearTimes == [bench.now])
  }
}
