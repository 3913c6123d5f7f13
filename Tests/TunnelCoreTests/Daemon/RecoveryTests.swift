import Testing
import TunnelCore

/// SAs deleted behind strongSwan's back, played by hand: what the daemon lists, what is asked of it.
@Suite struct RecoveryTests {
  static let name = ChildName(connection: "to-b", child: "net")

  /// A bench whose tunnel is up, with a daemon that lists the child of pair 1.
  private func connected(_ monitor: Monitor? = monitor) -> SingleTunnel {
    // Lost is lost, whoever is to establish tunnels.
    .connected(monitor, establish: .responderOnly)
  }

  private static let monitor = ReactionTests.monitor {
    $0.renegotiateBackoff.initial = .seconds(10)
  }

  @Test func namesAreThoseOfTheChildWithTheSameSPI() {
    var bench = SingleTunnel()
    bench.boot()
    bench.negotiate(1)
    #expect(bench.tunnel?.ike == nil)
    bench.play(.vici(.connected))
    bench.wait(0.2)
    #expect(bench.requests == [.listSAs])
    bench.list([.of(9, child: "other"), .of(1)])
    #expect(bench.tunnel?.ike?.connection == "to-b")
    #expect(bench.tunnel?.ike?.child == "net")
    #expect(bench.tunnel?.ike?.ikeID == 7)
    #expect(bench.tunnel?.ike?.childID == 1)
    bench.delete(1)
    bench.wait(2)
    bench.list([])
    #expect(bench.tunnel?.ike?.child == "net")
    #expect(bench.tunnel?.ike?.childID == nil)
  }

  @Test func changesThatComeTogetherAreOneList() {
    var bench = connected()
    for _ in 0..<100 { bench.play(.vici(.changed)) }
    bench.wait(5)
    #expect(bench.requests == [.listSAs])
    // While it is under way nothing more is asked for, after it once more.
    for _ in 0..<100 { bench.play(.vici(.changed)) }
    bench.wait(5)
    #expect(bench.requests == [.listSAs])
    bench.list([.of(1)])
    bench.wait(60)
    #expect(bench.requests == [.listSAs, .listSAs])
  }

  @Test func aFlushIsRestored() {
    var bench = connected()
    bench.play(.kernel(.saFlushed(ipProtocol: 0)))
    bench.wait(0.2)
    bench.list([.of(1)])
    #expect(bench.requests == [.listSAs], "one look is not enough")
    bench.wait(0.7)
    bench.list([.of(1)])
    #expect(bench.requests.last == .terminateChild(id: 1))
    bench.finish(.terminateChild(id: 1))
    bench.wait(0.7)
    bench.list([.of(1, .deleting)])
    #expect(!bench.requests.contains(.initiate(Self.name)), "not beside the old one")
    bench.play(.vici(.changed))
    bench.wait(0.7)
    bench.list([])
    #expect(bench.requests.last == .initiate(Self.name))
    bench.finish(.initiate(Self.name))
    bench.negotiate(2)
    bench.wait(0.7)
    bench.list([.of(2)])
    let isSaid = bench.logged("SAs of to-b/net are restored")
    #expect(isSaid)
    #expect(bench.tunnel?.ike?.childID == 2)
    bench.forgetTrace()
    bench.stay(600, children: [.of(2)])
    #expect(bench.acts.isEmpty)
  }

  @Test(arguments: [0, 1]) func oneLostDirectionIsEnough(lost: Int) {
    var bench = connected()
    bench.play(.kernel(.saDeleted(SingleTunnel.pair(1)[lost].key)))
    bench.stay(3, children: [.of(1)])
    #expect(bench.acts == [.terminateChild(id: 1)])
  }

  @Test func whatTheDaemonTookAwayStaysAway() {
    var bench = connected()
    bench.delete(1)
    bench.stay(30, children: [.of(1, .deleting)])
    bench.stay(600, children: [])
    #expect(bench.acts.isEmpty)
  }

  /// It is told of it, and has some time.
  @Test func anExpiryIsTheDaemonsBusiness() {
    var bench = connected()
    for sa in SingleTunnel.pair(1) { bench.play(.kernel(.saExpired(sa.key))) }
    bench.stay(2.5, children: [.of(1)])
    #expect(bench.acts.isEmpty)
    bench.stay(600, children: [])
    #expect(bench.acts.isEmpty)
    var other = connected()
    for sa in SingleTunnel.pair(1) { other.play(.kernel(.saExpired(sa.key))) }
    other.stay(8, children: [.of(1)])
    #expect(other.acts == [.terminateChild(id: 1)])
  }

  @Test func aRekeyIsNoLoss() {
    var bench = connected()
    bench.negotiate(2)
    bench.delete(1)
    bench.stay(30, children: [.of(1, .other("REKEYED")), .of(2)])
    bench.stay(600, children: [.of(2)])
    #expect(bench.acts.isEmpty)
  }

  /// As a responder strongSwan installs the outbound SA of a rekeyed child late.
  @Test func anSAThatWasNeverThereIsNotLost() {
    var bench = connected()
    bench.play(.kernel(.sa(SingleTunnel.pair(2)[0])))
    bench.stay(600, children: [.of(1), .of(2)])
    #expect(bench.acts.isEmpty)
  }

  @Test func anSAThatIsReplacedByItselfIsNotLost() {
    var bench = connected()
    for sa in SingleTunnel.pair(1) {
      bench.play(.kernel(.saDeleted(sa.key)))
      bench.play(.kernel(.sa(sa)))
    }
    bench.stay(600, children: [.of(1)])
    #expect(bench.acts.isEmpty)
  }

  @Test func aTunnelWithoutMonitoringIsNotTouched() {
    var bench = connected(nil)
    bench.play(.kernel(.saFlushed(ipProtocol: 0)))
    bench.stay(600, children: [.of(1)])
    #expect(bench.acts.isEmpty)
  }

  @Test func attemptsBackOff() {
    var bench = connected()
    bench.play(.kernel(.saFlushed(ipProtocol: 0)))
    // The daemon never gets the child back.
    bench.stay(2, children: [.of(1)])
    bench.stay(2000, children: [])
    // The first follows the end of the lost child at once.
    let times = bench.times(of: .initiate(Self.name)).dropFirst()
    let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
    #expect(pauses.count > 6)
    for (number, pause) in pauses.enumerated() {
      let nominal = min(20 * Double(1 << number), 300)
      #expect(pause >= nominal * 0.75 - 0.6 && pause < nominal + 0.7, "\(pauses)")
    }
  }

  @Test func aDeadPeersIKESAIsTerminatedOnlyWhenNothingElseOfItLives() {
    for hasOther in [false, true] {
      var bench = connected()
      bench.play(.kernel(.saFlushed(ipProtocol: 0)))
      bench.stay(2, children: [.of(1)])
      #expect(bench.acts == [.terminateChild(id: 1)])
      var children = [ChildSA.of(1, .deleting)]
      if hasOther {
        bench.negotiate(3, reqid: 3)
        children.append(.of(3, child: "other"))
      }
      bench.stay(3, children: children)
      #expect(bench.acts.count == 1, "the peer has some time to answer")
      bench.stay(60, children: children)
      #expect(bench.acts.contains(.terminateIKE(id: 7)) != hasOther)
    }
  }

  @Test(arguments: [false, true]) func aSecondFlushWaitsUnlessTheTunnelRecovered(answers: Bool) {
    var bench = connected()
    bench.play(.kernel(.saFlushed(ipProtocol: 0)))
    bench.stay(2, children: [.of(1)])
    bench.answering = answers
    bench.negotiate(2)
    bench.stay(1, children: [.of(2)])
    #expect(bench.tunnel?.attempts == (answers ? 0 : 1))
    bench.play(.kernel(.saFlushed(ipProtocol: 0)))
    bench.stay(4, children: [.of(2)])
    #expect(bench.acts == [.terminateChild(id: 1)])
    bench.stay(10, children: [.of(2)])
    #expect(bench.acts == [.terminateChild(id: 1), .terminateChild(id: 2)])
    #expect(bench.tunnel?.attempts == (answers ? 1 : 2))
  }

  @Test func aLostConnectionIsSaidOnceAndWorkGoesOnAfterIt() {
    var bench = connected()
    #expect(bench.core.control == "vici")
    bench.play(.kernel(.saFlushed(ipProtocol: 0)))
    bench.stay(2, children: [.of(1)])
    bench.play(.vici(.disconnected("/s: does not answer")))
    bench.play(.vici(.disconnected("/s: Connection refused")))
    bench.wait(100)
    #expect(bench.core.control == "kernel expire")
    #expect(bench.core.controlObstacle == "/s: Connection refused")
    #expect(bench.viciLines.count == 1)
    #expect(bench.tunnel?.ike?.child == "net" && bench.tunnel?.ike?.childID == nil)
    bench.play(.vici(.connected))
    bench.forgetTrace()
    bench.stay(2, children: [])
    #expect(bench.acts == [.initiate(Self.name)])
  }

  @Test func nothingIsAskedWithoutAConnection() {
    var bench = SingleTunnel()
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.play(.vici(.disconnected("/s: No such file or directory")))
    bench.play(.kernel(.saFlushed(ipProtocol: 0)))
    bench.wait(600)
    #expect(bench.requests.isEmpty)
  }
}
