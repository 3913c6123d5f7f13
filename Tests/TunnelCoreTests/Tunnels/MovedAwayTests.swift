import Testing
import TunnelCore

/// SAs that strongSwan moved (MOBIKE) to where the tunnel's link cannot carry them.
@Suite struct MovedAwayTests {
  static let local6 = IPAddress(family: .ipv6, bits: 0x2001_0db8_0001 << 80 | 1)
  static let remote6 = IPAddress(family: .ipv6, bits: 0x2001_0db8_0002 << 80 | 1)
  static let elsewhere = IPAddress(203, 0, 113, 77)

  private static func pair(_ number: UInt32, _ local: IPAddress, _ remote: IPAddress)
    -> [SecurityAssociation]
  {
    SingleTunnel.pair(number).map { sa in
      var moved = sa
      moved.key.destination = sa.source == SingleTunnel.remote ? local : remote
      moved.source = sa.source == SingleTunnel.remote ? remote : local
      return moved
    }
  }

  private static func child(
    _ number: UInt32, _ local: IPAddress, _ remote: IPAddress
  ) -> ChildSA {
    var child = ChildSA.of(number)
    child.inbound?.destination = local
    child.outbound?.destination = remote
    return child
  }

  /// One by one, as charon does it.
  private static func move(
    _ bench: inout SingleTunnel, from old: (IPAddress, IPAddress), to new: (IPAddress, IPAddress)
  ) {
    for (before, after) in zip(pair(1, old.0, old.1), pair(1, new.0, new.1)) {
      bench.play(.kernel(.saDeleted(before.key)))
      bench.play(.kernel(.sa(after)))
    }
  }

  private func moved(
    _ establish: VPN.EstablishTunnels, to new: (IPAddress, IPAddress) = (local6, remote6)
  ) -> SingleTunnel {
    var bench = SingleTunnel.connected(establish: establish)
    bench.play(
      .kernel(.address(InterfaceAddress(linkIndex: 2, address: Self.local6, prefixLength: 64))))
    Self.move(&bench, from: (SingleTunnel.local, SingleTunnel.remote), to: new)
    return bench
  }

  static let places = [(local6, remote6), (SingleTunnel.local, elsewhere)]

  @Test(arguments: [0, 1]) func theyStayTheTunnelsAndAreSaid(place: Int) {
    let (local, remote) = Self.places[place]
    var bench = moved(.onTraffic, to: (local, remote))
    bench.stay(5, children: [Self.child(1, local, remote)])
    #expect(bench.core.status(at: bench.instant).tunnels.count == 1)
    #expect(bench.tunnel?.state == "absent")
    #expect(bench.tunnel?.local == local.description)
    #expect(bench.tunnel?.remote == remote.description)
    let text =
      "SAs were moved and are between \(local) and \(remote), where vti0 cannot carry them"
    #expect(bench.tunnel?.obstacle == text)
    let lines = bench.core.explanation(of: "to-b", at: bench.instant) ?? []
    #expect(lines.contains { $0.contains(text) }, "\(lines)")
    let answer = bench.order(.verify(tunnel: "to-b"))
    #expect(answer.lines.first?.contains(text) ?? true)
    bench.stay(60, children: [Self.child(1, local, remote)])
    #expect(bench.acts.isEmpty)
  }

  @Test func theyAreTheTunnelsWhenTheyComeBack() {
    for pause in [1.0, 8.0] {
      var bench = moved(.onTraffic)
      bench.stay(pause, children: [Self.child(1, Self.local6, Self.remote6)])
      Self.move(
        &bench, from: (Self.local6, Self.remote6), to: (SingleTunnel.local, SingleTunnel.remote))
      bench.stay(4, children: [.of(1)])
      #expect(bench.state == "up/in-service/U")
      #expect(bench.tunnel?.obstacle == nil)
      #expect(bench.acts.isEmpty)
    }
  }

  @Test func whatIsToBeThereAlwaysIsNegotiatedAgain() {
    var bench = moved(.immediately)
    let child = Self.child(1, Self.local6, Self.remote6)
    bench.stay(8, children: [child])
    #expect(bench.acts.isEmpty, "it may be moved back")
    bench.stayUntilAct(6, children: [child])
    #expect(bench.acts == [.terminateIKE(id: 7)])
    for sa in Self.pair(1, Self.local6, Self.remote6) { bench.play(.kernel(.saDeleted(sa.key))) }
    bench.stay(8, children: [])
    #expect(bench.acts.last == .initiate(SingleTunnel.name))
    bench.negotiate(2)
    bench.stay(5, children: [.of(2)])
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.obstacle == nil)
  }

  @Test func attemptsBackOff() {
    var bench = moved(.immediately)
    bench.stay(1000, children: [Self.child(1, Self.local6, Self.remote6)])
    #expect((3...12).contains(bench.acts.count), "\(bench.acts.count)")
    #expect(bench.requests.count < 60, "\(bench.requests.count)")
  }

  @Test func anIKESAThatServesOthersStays() {
    var bench = moved(.immediately)
    let other = ChildSA.of(5, child: "other")
    bench.negotiate(5, reqid: 5)
    bench.stay(2, children: [Self.child(1, Self.local6, Self.remote6), other])
    bench.stay(60, children: [Self.child(1, Self.local6, Self.remote6), other])
    #expect(!bench.acts.contains(.terminateIKE(id: 7)))
  }

  @Test func anOperatorClearsThem() {
    var bench = moved(.onTraffic)
    let child = Self.child(1, Self.local6, Self.remote6)
    bench.stay(5, children: [child])
    let answer = bench.order(.clear(tunnel: "to-b"))
    #expect(answer.isDone, "\(answer.lines)")
    bench.stay(2, children: [child])
    #expect(bench.acts == [.terminateIKE(id: 7)])
  }

  @Test func anAgentThatStartedLaterFindsThem() {
    var bench = SingleTunnel()
    bench.answering = true
    bench.boot(
      sas: Self.pair(1, Self.local6, Self.remote6),
      more: [InterfaceAddress(linkIndex: 2, address: Self.local6, prefixLength: 64)])
    bench.play(.vici(.connected))
    bench.stay(3, children: [Self.child(1, Self.local6, Self.remote6)])
    #expect(bench.tunnel?.obstacle?.hasPrefix("SAs were moved") == true)
    #expect(bench.tunnel?.state == "absent")
    bench.stay(15, children: [Self.child(1, Self.local6, Self.remote6)])
    #expect(bench.acts.first == .terminateIKE(id: 7))
  }
}
