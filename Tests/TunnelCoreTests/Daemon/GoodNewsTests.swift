import Testing
import TunnelCore

/// A wait for the next attempt ends with good news, and news that keep coming do not make it hammer.
@Suite struct GoodNewsTests {
  private static let connection = IKEConnection(
    name: "to-b", remote: [SingleTunnel.remote], children: [.init(name: "net")])
  private static let away = IPAddress(192, 0, 2, 77)

  /// A tunnel that has been refused again and again, and waits for minutes.
  private func waiting(
    _ connections: [IKEConnection] = [connection], detection: DeadPeerDetection? = nil
  ) -> SingleTunnel {
    var bench = SingleTunnel(establish: .immediately, detection: detection)
    bench.answering = true
    bench.boot()
    bench.play(.vici(.connected))
    bench.stay(400, children: [], connections: connections)
    var now = bench.now
    // Just after an attempt.
    while bench.initiations.last.map({ bench.now - $0 > 5 }) ?? true, bench.now < now + 400 {
      bench.stay(1, children: [], connections: connections)
    }
    now = bench.now
    #expect(bench.tunnel?.nextAttempt ?? 0 > 100)
    bench.forgetTrace()
    return bench
  }

  private func expectPrompt(
    _ bench: inout SingleTunnel, _ what: String, connections: [IKEConnection] = [connection]
  ) {
    let (begun, attempts) = (bench.now, bench.tunnel?.attempts ?? 0)
    bench.stay(2.5, children: [], connections: connections)
    let first = bench.initiations.first ?? .infinity
    #expect(first - begun <= 2, "\(what): \(first - begun)")
    #expect(bench.tunnel?.attempts ?? 0 > attempts, "\(what): attempts are remembered")
    #expect(bench.tunnel?.nextAttempt ?? 0 > 100, "\(what): and so is their back-off")
  }

  /// It was there a moment ago, and its next attempt is to keep the distance of the first.
  @Test func aConnectionThatIsLoadedEndsTheWaitOfWhatWasJustRestored() {
    var monitor = Monitor(interval: .seconds(1), threshold: 3, verifyPath: .init())
    monitor.renegotiateBackoff = .init(initial: .seconds(150), maximum: .seconds(300))
    var bench = SingleTunnel(monitor, establish: .immediately)
    bench.answering = true
    bench.boot()
    bench.play(.vici(.connected))
    bench.stay(8, children: [], connections: [Self.connection])
    #expect(bench.initiations.count == 1)
    bench.negotiate(1)
    bench.stay(3, children: [.of(1)], connections: [Self.connection])
    #expect(bench.state == "up/in-service/U")
    bench.delete(1)
    bench.stay(15, children: [], connections: [])
    bench.forgetTrace()
    let begun = bench.now
    bench.stay(5, children: [], connections: [Self.connection])
    #expect(bench.initiations.first.map { $0 - begun < 3 } == true)
  }

  enum News: CaseIterable {
    case address, route, routeToPeer, carrier, siblingSA, ikeSA, daemonIsBack, changedConnection
  }

  private func hear(_ news: News, _ bench: inout SingleTunnel) -> [IKEConnection] {
    switch news {
    case .address:
      bench.play(
        .kernel(.address(InterfaceAddress(linkIndex: 2, address: Self.away, prefixLength: 24))))
    case .route: bench.play(.kernel(.route(Self.route(.any(.ipv4)))))
    case .routeToPeer:
      bench.play(.kernel(.route(Self.route(IPPrefix(IPAddress(203, 0, 113, 0), length: 24)))))
    case .carrier:
      var link = SingleTunnel.underlay
      link.operationalState = .down
      bench.play(.kernel(.link(link)))
      bench.wait(0.1)
      bench.play(.kernel(.link(SingleTunnel.underlay)))
    case .siblingSA:
      // Of another VPN with the same peer, or of a link nobody names.
      let sa = SecurityAssociation(
        key: SAKey(destination: SingleTunnel.local, spi: 0xc300_0001), source: SingleTunnel.remote,
        reqid: 77)
      bench.play(.kernel(.sa(sa)))
    case .ikeSA:
      let sa = IKESA(
        connection: "to-b", id: 99, isInitiator: false, local: SingleTunnel.local,
        remote: SingleTunnel.remote)
      bench.play(.vici(.sas([sa])))
    case .daemonIsBack:
      bench.play(.vici(.disconnected("gone")))
      bench.wait(1)
      bench.play(.vici(.connected))
    case .changedConnection:
      var other = Self.connection
      other.dpdDelay = 30
      return [other]
    }
    return [Self.connection]
  }

  private static func route(_ destination: IPPrefix, linkIndex: Int32 = 2) -> Route {
    Route(
      identity: .init(table: 254, destination: destination), linkIndex: linkIndex, message: [9])
  }

  @Test(arguments: News.allCases) func theWaitIsOver(_ news: News) {
    var bench = waiting()
    let connections = hear(news, &bench)
    expectPrompt(&bench, "\(news)", connections: connections)
  }

  @Test func aConnectionThatWasMissingIsLoaded() {
    var bench = SingleTunnel(establish: .immediately)
    bench.answering = true
    bench.boot()
    bench.play(.vici(.connected))
    bench.stay(60, children: [], connections: [])
    #expect(bench.initiations.isEmpty)
    let begun = bench.now
    bench.stay(3.5, children: [], connections: [Self.connection])
    #expect((bench.initiations.first ?? .infinity) - begun <= 2.5)
  }

  /// What says nothing about the peer ends no wait.
  @Test func otherEventsAreNoNews() {
    var bench = waiting()
    // An address of a tunnel's, a route through one or to somewhere else, a link that was up.
    bench.play(
      .kernel(.address(InterfaceAddress(linkIndex: 7, address: Self.away, prefixLength: 24))))
    bench.play(.kernel(.route(Self.route(.any(.ipv4), linkIndex: 7))))
    bench.play(.kernel(.route(Self.route(IPPrefix(IPAddress(10, 99, 0, 0), length: 16)))))
    bench.play(.kernel(.link(SingleTunnel.underlay)))
    bench.play(.kernel(.address(SingleTunnel.addresses[0])))
    bench.stay(5, children: [], connections: [Self.connection])
    #expect(bench.initiations.isEmpty)
  }

  /// An address that comes and goes each second for ten minutes.
  @Test func aFlappingSourceDoesNotHammer() {
    var bench = waiting()
    let address = InterfaceAddress(linkIndex: 2, address: Self.away, prefixLength: 24)
    for _ in 0..<600 {
      bench.play(.kernel(.address(address)))
      bench.stay(0.5, children: [], connections: [Self.connection])
      bench.play(.kernel(.addressDeleted(address)))
      bench.stay(0.5, children: [], connections: [Self.connection])
    }
    let times = bench.initiations
    #expect(times.count >= 5, "it is tried all the same")
    #expect(times.count <= 16, "\(times)")
    let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
    #expect(pauses.allSatisfy { $0 >= 4.5 }, "\(pauses)")
    #expect(pauses.dropFirst(4).allSatisfy { $0 >= 55 }, "\(pauses)")
    // What was not believed is not lost: the last piece of news is acted upon before long.
    bench.forgetTrace()
    bench.play(.kernel(.address(address)))
    bench.stay(63, children: [], connections: [Self.connection])
    #expect(!bench.initiations.isEmpty)
  }

  /// A peer that is silent all the time is asked anew by charon and by the agent, no faster for it.
  @Test func aSilentPeerIsNotHammeredEither() {
    var bench = waiting()
    bench.stay(600, children: [], waiting: true, connections: [Self.connection])
    let before = bench.times(of: .terminateIKE(id: 7)).count
    bench.forgetTrace()
    let address = InterfaceAddress(linkIndex: 2, address: Self.away, prefixLength: 24)
    for _ in 0..<600 {
      bench.play(.kernel(.address(address)))
      bench.stay(0.5, children: [], waiting: true, connections: [Self.connection])
      bench.play(.kernel(.addressDeleted(address)))
      bench.stay(0.5, children: [], waiting: true, connections: [Self.connection])
    }
    #expect(bench.times(of: .terminateIKE(id: 7)).count <= before + 20)
  }

  /// New SAs of the tunnel's own, which its attempts bring, do not shorten the wait for the next one.
  @Test func ownSAsAreNoNews() {
    var bench = SingleTunnel.connected(establish: .immediately)
    bench.answering = false
    var (number, clears) = (1 as UInt32, [Double]())
    while clears.count < 7, bench.now < 600 {
      bench.forgetTrace()
      while !bench.acts.contains(.terminateChild(id: number)), bench.now < 600 {
        bench.stay(0.5, children: [.of(number)])
      }
      clears.append(bench.now)
      bench.delete(number)
      number += 1
      bench.negotiate(number)
    }
    let pauses = zip(clears.dropFirst(), clears).map { $0 - $1 }
    for (count, pause) in pauses.enumerated() {
      #expect(pause >= Double(1 << count) * 0.7, "\(pauses)")
    }
  }

  /// Without VICI it is the command that waits.
  @Test func aCommandRunsAtOnce() {
    var bench = SingleTunnel(establish: .immediately, command: ["up"])
    bench.boot()
    bench.play(.vici(.disconnected("none")))
    func runs(_ bench: SingleTunnel) -> [Double] {
      bench.trace.compactMap { if case .negotiate(.run) = $0.effect { $0.at } else { nil } }
    }
    while (bench.tunnel?.renegotiation?.next ?? 0) < 100, bench.now < 2000 {
      bench.waitForWork(until: bench.now + 400)
      for (_, effect) in bench.trace.suffix(1) {
        if case .negotiate(.run(let id, _)) = effect { bench.play(.commandEnded(id, .exited(0))) }
      }
    }
    let begun = bench.now
    let before = runs(bench).count
    bench.play(
      .kernel(.address(InterfaceAddress(linkIndex: 2, address: Self.away, prefixLength: 24))))
    bench.wait(2)
    #expect(runs(bench).count == before + 1)
    #expect((runs(bench).last ?? .infinity) - begun <= 2)
  }
}
