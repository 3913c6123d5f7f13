import Testing
import TunnelCore

/// What strongSwan lists and what the kernel has differ, and nobody saw how that came.
@Suite struct ViewTests {
  /// An agent that finds these SAs and this list when it starts.
  private func found(
    _ sas: [SecurityAssociation], establish: VPN.EstablishTunnels = .immediately,
    monitor: Monitor? = SingleTunnel.monitor
  ) -> SingleTunnel {
    var bench = SingleTunnel(monitor, establish: establish)
    bench.answering = true
    bench.boot(sas: sas)
    bench.play(.vici(.connected))
    return bench
  }

  @Test(
    arguments: [
      [SecurityAssociation](), [SingleTunnel.pair(1)[0]], [SingleTunnel.pair(1)[1]],
    ], [VPN.EstablishTunnels.immediately, .onTraffic])
  func whatTheKernelLacksIsRestored(
    sas: [SecurityAssociation], establish: VPN.EstablishTunnels
  ) {
    var bench = found(sas, establish: establish)
    bench.stay(2, children: [.of(1)])
    #expect(bench.acts.isEmpty, "one look is not enough")
    bench.stay(8, children: [.of(1)])
    #expect(bench.acts.first == .terminateChild(id: 1), "\(bench.acts)")
    for sa in sas { bench.play(.kernel(.saDeleted(sa.key))) }
    bench.stay(2, children: [])
    #expect(bench.acts.last == .initiate(SingleTunnel.name))
    bench.negotiate(2)
    bench.stay(5, children: [.of(2)])
    #expect(bench.state == "up/in-service/U")
    bench.forgetTrace()
    bench.stay(600, children: [.of(2)])
    #expect(bench.acts.isEmpty)
    #expect(bench.requests.count < 5)
  }

  @Test func looksThatChangeNothingBackOff() {
    // A child on its way whose IKE SA lives: nothing to do but to look.
    var bench = found([])
    let children = [ChildSA.of(1, .other("INSTALLING"))]
    bench.stay(30, children: children)
    bench.forgetTrace()
    bench.stay(600, children: children)
    #expect(bench.acts.isEmpty)
    #expect(bench.requests.count <= 35, "\(bench.requests.count)")
  }

  @Test func attemptsOnWhatDoesNotGoBackOff() {
    var bench = found([SingleTunnel.pair(1)[0]])
    bench.stay(1000, children: [.of(1)])
    #expect((3...14).contains(bench.acts.count), "\(bench.acts.count)")
    #expect(bench.requests.count < 120, "\(bench.requests.count)")
  }

  /// The daemon may serve another network namespace, or encrypt by itself.
  @Test func whatIsNotThisKernelsIsLeftAlone() {
    var bench = found([])
    var child = ChildSA.of(1)
    child.inbound?.destination = IPAddress(10, 9, 9, 9)
    bench.stay(600, children: [child])
    #expect(bench.acts.isEmpty)
    var other = found([])
    other.play(.kernel(.link(Link(index: 20, name: "ipsec0", kind: .other("tun")))))
    other.stay(600, children: [.of(1)])
    #expect(other.acts.isEmpty)
  }

  @Test func transportModeIsNobodysBusiness() {
    var child = ChildSA.of(1)
    child.isTunnel = false
    var bench = found([])
    bench.stay(600, children: [child])
    #expect(!bench.acts.contains(.terminateChild(id: 1)))
  }

  @Test func whatNobodyWantsIsNotRestored() {
    var bench = found([SingleTunnel.pair(1)[0]], establish: .responderOnly, monitor: nil)
    bench.stay(600, children: [.of(1)])
    #expect(bench.acts.isEmpty)
  }

  /// Another gateway's outbound SA may have the same SPI.
  @Test func anotherPeersSPIDoesNotVouch() {
    var stranger = SingleTunnel.pair(1)[1]
    stranger.key.destination = IPAddress(203, 0, 113, 99)
    stranger.key.mark = Mark(value: 77, mask: .max)
    stranger.reqid = 9
    var bench = found([SingleTunnel.pair(1)[0], stranger])
    bench.stay(10, children: [.of(1)])
    #expect(bench.acts.first == .terminateChild(id: 1))
  }

  // MARK: In the kernel, and not listed

  private func orphaned(_ establish: VPN.EstablishTunnels) -> SingleTunnel {
    var bench = SingleTunnel.connected(establish: establish)
    bench.play(.vici(.disconnected("/s: Connection refused")))
    bench.wait(1)
    bench.play(.vici(.connected))
    return bench
  }

  @Test(arguments: [VPN.EstablishTunnels.immediately, .onTraffic])
  func aChildIsNegotiatedBesideSAsThatNobodyKnows(establish: VPN.EstablishTunnels) {
    var bench = orphaned(establish)
    bench.stay(2, children: [])
    #expect(bench.acts.isEmpty)
    #expect(bench.tunnel?.obstacle == nil)
    bench.stayUntilAct(6, children: [])
    #expect(
      bench.tunnel?.obstacle == "strongSwan does not know these SAs and will not rekey them")
    #expect(bench.acts == [.initiate(SingleTunnel.name)], "\(bench.acts)")
    #expect(bench.state == "up/in-service/U")
    bench.negotiate(2)
    bench.stay(2, children: [.of(2)])
    #expect(bench.tunnel?.obstacle == nil)
    bench.forgetTrace()
    // What the old ones end with is no loss.
    for sa in SingleTunnel.pair(1) { bench.play(.kernel(.saExpired(sa.key))) }
    bench.stay(600, children: [.of(2)])
    #expect(bench.acts.isEmpty)
    #expect(bench.transitions.isEmpty)
    #expect(bench.clearTimes.isEmpty)
  }

  /// That the old SAs work is no success of the attempts to replace them.
  @Test func attemptsBesideSAsThatNobodyKnowsBackOff() {
    var bench = orphaned(.immediately)
    bench.stay(1000, children: [])
    #expect((3...14).contains(bench.acts.count), "\(bench.acts.count)")
    #expect(bench.state == "up/in-service/U")
    #expect(bench.clearTimes.isEmpty)
  }

  @Test func aResponderOnlySaysIt() {
    var bench = orphaned(.responderOnly)
    bench.stay(600, children: [])
    #expect(bench.acts.isEmpty)
    #expect(bench.tunnel?.obstacle?.hasPrefix("strongSwan does not know these SAs") == true)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.requests.count < 20, "\(bench.requests.count)")
  }

  @Test func nothingIsDoneBeforeConnectionsAreLoaded() {
    var bench = orphaned(.immediately)
    bench.stay(30, children: [], connections: [])
    #expect(bench.acts.isEmpty)
    bench.stayUntilAct(12, children: [])
    #expect(bench.acts == [.initiate(SingleTunnel.name)])
  }

  /// SAs made by hand have no lifetime and were never in a list.
  @Test func manualSAsAreNoOrphans() {
    var bench = found(SingleTunnel.pair(1))
    bench.stay(600, children: [])
    #expect(bench.acts.isEmpty)
    #expect(bench.tunnel?.obstacle == nil)
  }

  @Test func anAgentThatStartedLaterKnowsThemByTheirLifetime() {
    var pair = SingleTunnel.pair(1)
    for index in pair.indices { pair[index].lifetime.hardSeconds = 3600 }
    var bench = found(pair)
    bench.stayUntilAct(12, children: [])
    #expect(bench.acts == [.initiate(SingleTunnel.name)])
    #expect(bench.clearTimes.isEmpty)
  }
}
