import Testing
import TunnelCore

/// ESP with unknown SPIs, played by hand: when the agent looks, and what it does to whom.
@Suite struct BadSPITests {
  static let stranger = IPAddress(192, 0, 2, 66)

  /// A bench whose tunnel was up and has no SAs any more, and whose daemon answers.
  func bereft(
    _ establish: VPN.EstablishTunnels = .onTraffic, maxResponses: Int = 3
  ) -> SingleTunnel {
    var bench = SingleTunnel(
      establish: establish, respondBadSPI: RespondBadSPI(maxResponses: maxResponses))
    bench.answering = true
    bench.boot()
    bench.play(.vici(.connected))
    bench.play(.vici(.connections([RenegotiationTests.connection])))
    bench.negotiate(1)
    bench.wait(0.2)
    bench.list([.of(1)])
    bench.wait(5)
    bench.list([.of(1)])
    bench.delete(1)
    bench.list([])
    bench.wait(5)
    bench.list([])
    bench.forgetTrace()
    return bench
  }

  @Test func nothingIsLookedAtUnlessAsked() {
    var bench = SingleTunnel()
    bench.boot()
    bench.wait(10)
    #expect(!bench.trace.contains { $0.effect == .badSPI(.readUnknownSPIs) })
  }

  @Test func theCounterIsReadOnceASecondAndNothingElseIsDone() {
    var bench = bereft()
    bench.wait(10)
    #expect(bench.trace.filter { $0.effect == .badSPI(.readUnknownSPIs) }.count == 10)
    #expect(bench.captures.isEmpty)
  }

  @Test func aSenderOfOnePacketInTwoSecondsIsFound() {
    var bench = bereft()
    bench.wait(1)
    bench.badESP()
    bench.wait(1)
    #expect(bench.captures == [[SingleTunnel.remote]])
    #expect(bench.initiations.isEmpty)
    bench.wait(1)
    bench.badESP()
    #expect(bench.initiations.count == 1)
    #expect(!bench.isCapturing)
    let isSaid = bench.logged(
      "gateway=gw-b bad SPI 0xc1000001 from 203.0.113.1: renegotiating to-b, response 1 of 3")
    #expect(isSaid)
  }

  @Test func responsesAreFewAndTheirCountIsKept() {
    var bench = bereft(maxResponses: 3)
    for _ in 0..<6000 {
      bench.badESP()
      bench.wait(0.1)
    }
    #expect(bench.initiations.count == 3)
    // One at most in ten seconds.
    #expect(bench.initiations[1] - bench.initiations[0] >= 10)
    #expect(bench.initiations[2] - bench.initiations[1] >= 10)
    // And nothing is looked at any more.
    let isSaid = bench.errors.filter { $0.contains("no more responses") }.count == 1
    #expect(isSaid)
    #expect(bench.captures.count == 3)
  }

  @Test func decryptingAgainResetsTheCount() {
    var bench = bereft(maxResponses: 1)
    bench.findOne()
    #expect(bench.initiations.count == 1)
    bench.negotiate(2)
    bench.wait(3)
    let isSaid = bench.logged("gateway=gw-b ESP decrypts again")
    #expect(isSaid)
    bench.delete(2)
    bench.wait(5)
    bench.list([])
    bench.findOne(spi: 0xc100_0002)
    #expect(bench.initiations.count == 2)
  }

  @Test func soDoesTheOperator() {
    var bench = bereft(maxResponses: 1)
    bench.findOne()
    bench.findOne()
    #expect(bench.initiations.count == 1)
    bench.play(.command(.clearBadSPICount(gateway: "gw-b"), nil))
    bench.findOne()
    #expect(bench.initiations.count == 2)
    bench.play(.command(.clearBadSPICount(gateway: nil), nil))
    bench.findOne()
    #expect(bench.initiations.count == 3)
  }

  @Test func aStrangersFloodIsNotEvenSeen() {
    var bench = bereft()
    for _ in 0..<600 {
      bench.badESP(from: Self.stranger)
      bench.wait(0.1)
    }
    #expect(bench.initiations.isEmpty)
    #expect(bench.captures.allSatisfy { $0 == [SingleTunnel.remote] })
  }

  @Test func whoseTunnelsHaveTheirSAsIsNotAnswered() {
    var bench = bereft()
    bench.negotiate(2)
    bench.wait(5)
    bench.forgetTrace()
    for _ in 0..<1200 {
      bench.badESP(spi: 0xdead_beef)
      bench.wait(0.1)
    }
    #expect(bench.initiations.isEmpty)
    #expect(bench.captures.count <= 3, "one a minute")
    // As soon as the SAs go there is something to do.
    bench.delete(2)
    bench.findOne(spi: 0xc100_0002)
    #expect(bench.initiations.count == 1)
  }

  @Test func aResponderOnlyTunnelAlarmsAndWaits() {
    var bench = bereft(.responderOnly)
    for _ in 0..<3000 {
      bench.badESP()
      bench.wait(0.1)
    }
    #expect(bench.initiations.isEmpty)
    let isSaid =
      bench.errors == [
        "gateway=gw-b bad SPI 0xc1000001 from 203.0.113.1: to-b is responder-only, "
          + "waiting for the peer"
      ]
    #expect(isSaid)
    // The next outage is another alarm.
    bench.negotiate(2)
    bench.wait(3)
    bench.delete(2)
    bench.wait(5)
    bench.findOne(spi: 0xc100_0002)
    #expect(bench.errors.count == 2)
  }

  @Test func withoutAnAddressThePeerIsWaitedFor() {
    var bench = bereft()
    bench.play(
      .vici(
        .connections([
          IKEConnection(name: "to-b", hasDestination: false, children: [.init(name: "net")])
        ])))
    for _ in 0..<3000 {
      bench.badESP()
      bench.wait(0.1)
    }
    #expect(bench.initiations.isEmpty)
    let isSaid =
      bench.errors == [
        "gateway=gw-b bad SPI 0xc1000001 from 203.0.113.1: strongSwan has no address to negotiate "
          + "to-b with, waiting for the peer"
      ]
    #expect(isSaid)
    #expect(bench.captures.count < 10, "one a minute")
  }

  @Test func whileTheDaemonIsAwayNothingIsCounted() {
    var bench = bereft(maxResponses: 1)
    bench.play(.vici(.disconnected("gone")))
    for _ in 0..<600 {
      bench.badESP()
      bench.wait(0.1)
    }
    #expect(bench.initiations.isEmpty)
    #expect(bench.errors.count == 1)
    bench.play(.vici(.connected))
    // Its connections are not loaded yet.
    bench.findOne()
    #expect(bench.initiations.isEmpty)
    let asked = bench.trace.filter { $0.effect == .daemon(.listConnections) }.count
    bench.list([])
    bench.wait(11)
    #expect(bench.trace.filter { $0.effect == .daemon(.listConnections) }.count == asked + 1)
    // Nobody waits for another packet.
    bench.play(.vici(.connections([RenegotiationTests.connection])))
    #expect(bench.initiations.count == 1)
    bench.findOne()
    #expect(bench.initiations.count == 1)
  }

  @Test func whatIsOldIsNotAnswered() {
    var bench = bereft()
    bench.play(.vici(.disconnected("gone")))
    bench.findOne()
    bench.wait(61)
    bench.play(.vici(.connected))
    bench.play(.vici(.connections([RenegotiationTests.connection])))
    #expect(bench.initiations.isEmpty)
  }

  @Test func withoutVICITheCommandIsRun() {
    var bench = SingleTunnel(
      establish: .onTraffic, command: ["ipsec", "auto", "--up", "to-b"],
      respondBadSPI: RespondBadSPI(maxResponses: 2))
    bench.answering = true
    bench.boot()
    bench.negotiate(1)
    bench.wait(5)
    bench.delete(1)
    bench.wait(60)
    #expect(bench.runs.isEmpty, "nothing asks for it")
    bench.findOne()
    #expect(bench.runs.count == 1)
    // One at a time, and no more than there may be.
    bench.findOne()
    #expect(bench.runs.count == 1)
    bench.play(.commandEnded(TunnelID(rawValue: 1), .exited(0)))
    bench.negotiate(2)
    bench.wait(3)
    let isSaid = bench.logged("gateway=gw-b ESP decrypts again")
    #expect(isSaid)
  }
}

extension SingleTunnel {
  /// The kernel counts a packet that it has no SA for; a capture sees it if it may.
  mutating func badESP(spi: UInt32 = 0xc100_0001, from source: IPAddress = remote) {
    noteCount()
    guard isCapturing, source == Self.remote else { return }
    play(.captured([CapturedESP(source: source, destination: Self.local, spi: spi)]))
  }

  mutating func noteCount() { unknownSPIs += 1 }

  /// Packets until one was found, or could have been.
  mutating func findOne(spi: UInt32 = 0xc100_0001) {
    for _ in 0..<12 {
      badESP(spi: spi)
      wait(1)
    }
  }

  var captureRequests: [CaptureRequest] {
    trace.compactMap { if case .badSPI(.capture(let request)) = $0.effect { request } else { nil } }
  }
  var captures: [[IPAddress]] { captureRequests.map(\.sources) }
  var known: [SAID]? { captureRequests.last?.known }

  /// Times at which the tunnel's child was initiated.
  var initiations: [Double] { times(of: .initiate(SingleTunnel.name)) }
  var errors: [String] {
    trace.compactMap { if case .tell(.log(.error, _, let text)) = $0.effect { text } else { nil } }
  }
}
