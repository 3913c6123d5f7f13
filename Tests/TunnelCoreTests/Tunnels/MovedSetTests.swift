import Testing
import TunnelCore

/// SAs that keep their SPIs and get other endpoints (MOBIKE), and SAs whose directions have
/// if_ids of their own (%unique-dir).
@Suite struct MovedSetTests {
  static let second = IPAddress(192, 0, 2, 1)

  /// A gateway with a VTI of any local address, two addresses and a tunnel that is up.
  private func running() -> SingleTunnel {
    var bench = SingleTunnel()
    bench.link.kind = .vti(
      local: IPAddress(family: .ipv4, bits: 0), remote: SingleTunnel.remote, inputKey: 42,
      outputKey: 42)
    bench.answering = true
    bench.boot(link: bench.link)
    bench.play(
      .kernel(.address(InterfaceAddress(linkIndex: 3, address: Self.second, prefixLength: 30))))
    bench.negotiate(1)
    bench.wait(5.5)
    bench.forgetTrace()
    return bench
  }

  /// One by one, as charon does it.
  private func move(_ bench: inout SingleTunnel, to local: IPAddress) {
    for sa in SingleTunnel.pair(1) {
      bench.play(.kernel(.saDeleted(sa.key)))
      var moved = sa
      if sa.source == SingleTunnel.remote {
        moved.key.destination = local
      } else {
        moved.source = local
      }
      bench.play(.kernel(.sa(moved)))
    }
  }

  @Test(arguments: [false, true]) func movedSAsStayVerified(isLosing: Bool) {
    var bench = running()
    if isLosing {
      bench.answering = false
      bench.wait(2)
      #expect(bench.tunnel?.losses == 1)
      bench.answering = true
      bench.forgetTrace()
    }
    let sent = bench.tunnel?.sets.first?.sent ?? 0
    move(&bench, to: Self.second)
    #expect(bench.tunnel?.local == Self.second.description)
    #expect(bench.tunnel?.losses == 0)
    bench.wait(0.1)
    #expect(bench.probeTimes.count == 1)
    bench.wait(5)
    #expect(bench.transitions.isEmpty)
    #expect(bench.steps.isEmpty)
    #expect(bench.tunnel?.sets.count == 1)
    #expect(bench.tunnel?.sets.first?.sent ?? 0 > sent)
  }

  @Test func aMovedPathThatIsDeadIsFound() {
    var bench = running()
    bench.answering = false
    move(&bench, to: Self.second)
    bench.wait(3.1)
    #expect(bench.state == "down/held/D")
    #expect(bench.clearTimes.count == 1)
  }

  @Test func otherSAsAtOtherEndpointsAreVerified() {
    var bench = running()
    bench.answering = false
    for sa in SingleTunnel.pair(1) { bench.play(.kernel(.saDeleted(sa.key))) }
    for var sa in SingleTunnel.pair(2) {
      if sa.source == SingleTunnel.remote {
        sa.key.destination = Self.second
      } else {
        sa.source = Self.second
      }
      bench.play(.kernel(.sa(sa)))
    }
    bench.wait(3.1)
    #expect(bench.state == "down/held/D")
    #expect(bench.transitions.last?.contains("verify-path error") == true)
  }

  @Test func losingSAsThatVanishAreSoonAbsent() {
    var bench = running()
    bench.answering = false
    bench.wait(2)
    bench.delete(1)
    bench.wait(0.4)
    #expect(bench.state == "up/in-service/U")
    bench.wait(0.2)
    #expect(bench.state == "absent/held/D")
  }

  // MARK: if_ids

  private static let inboundLink = Link(
    index: 8, name: "ipsec0-in", kind: .xfrm(ifID: 5), operationalState: .up)

  /// A tunnel on an XFRM interface with if_id 6.
  private func bench() -> SingleTunnel {
    var bench = SingleTunnel()
    bench.link.kind = .xfrm(ifID: 6)
    bench.boot(link: bench.link)
    bench.play(.kernel(.link(Self.inboundLink)))
    return bench
  }

  private func pair(_ number: UInt32, _ inbound: UInt32, _ outbound: UInt32)
    -> [SecurityAssociation]
  {
    var sas = SingleTunnel.pair(number)
    sas[0].ifID = inbound
    sas[1].ifID = outbound
    sas[1].key.mark = nil
    return sas
  }

  @Test(arguments: [false, true]) func directionsWithIfIDsOfTheirOwnAreOneSet(isReversed: Bool) {
    var bench = bench()
    bench.answering = true
    bench.replyLink = 8
    let sas = pair(1, 5, 6)
    for sa in isReversed ? sas.reversed() : sas { bench.play(.kernel(.sa(sa))) }
    bench.wait(5.5)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.sets.count == 1)
    #expect(bench.tunnel?.sets.first?.ifID == 6)
    #expect(bench.core.status(at: bench.instant).tunnels.count == 1)
    // A rekey changes nothing.
    for sa in pair(2, 5, 6) { bench.play(.kernel(.sa(sa))) }
    for sa in pair(1, 5, 6) { bench.play(.kernel(.saDeleted(sa.key))) }
    bench.wait(5)
    #expect(bench.transitions.count == 2)
    #expect(bench.tunnel?.sets.first?.spiIn.count == 1)
  }

  @Test func aReplyOnAnotherLinkCameInClear() {
    var bench = bench()
    bench.answering = true
    bench.replyLink = 2
    for sa in pair(1, 5, 6) { bench.play(.kernel(.sa(sa))) }
    bench.wait(1)
    #expect(bench.state == "verifying/held/V")
    #expect(bench.tunnel?.sets.first?.clearReplies == 1)
  }

  /// Whatever the order, each inbound SA ends with the outbound one of its if_id.
  @Test func equalIfIDsFindEachOther() {
    let four = pair(1, 6, 6) + pair(2, 5, 5)
    for order in [[0, 1, 2, 3], [1, 2, 0, 3], [1, 2, 3, 0], [2, 1, 0, 3], [3, 0, 2, 1]] {
      var bench = bench()
      for index in order { bench.play(.kernel(.sa(four[index]))) }
      let sets = bench.core.status(at: bench.instant).tunnels.flatMap(\.sets)
      #expect(Set(sets.map(\.ifID)) == [5, 6], "\(order)")
      for set in sets {
        #expect(set.spiIn.map { $0.suffix(2) } == set.spiOut.map { $0.suffix(2) }, "\(order)")
      }
    }
  }
}
