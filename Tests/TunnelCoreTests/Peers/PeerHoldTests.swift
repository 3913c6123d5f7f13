import Testing

@testable import TunnelCore

/// A link without vpn-monitor, whose gateway has dead-peer-detection: held for a dead peer, and for
/// nothing else.
@Suite struct PeerHoldTests {
  private func running(
    _ establish: VPN.EstablishTunnels = .immediately, linkControl: VPN.LinkControl = .oper,
    routes: [IPPrefix] = []
  ) -> SingleTunnel {
    var bench = SingleTunnel(
      nil, establish: establish, routes: routes, linkControl: linkControl,
      detection: DPDTests.detection)
    bench.daemonAnswers = true
    bench.boot()
    bench.negotiate(1)
    bench.traffic = (out: 5, in: 5)
    bench.wait(8)
    return bench
  }

  /// The peer dies, and its SAs are cleared.
  private func die(_ bench: inout SingleTunnel) {
    (bench.traffic, bench.daemonAnswers) = ((out: 5, in: 0), false)
    while bench.clearTimes.isEmpty { bench.wait(0.1) }
  }

  @Test(arguments: [VPN.EstablishTunnels.immediately, .responderOnly])
  func heldUntilThereAreSAsAgain(establish: VPN.EstablishTunnels) {
    var bench = running(establish)
    #expect(bench.plans.isEmpty, "not because detection is configured")
    die(&bench)
    #expect(bench.state == "down/held/-" && bench.link.isLinkModeDormant)
    #expect(bench.steps.contains(.deleteRoute(SingleTunnel.farRoute)))
    #expect(
      bench.core.explanation(of: "to-b", at: bench.instant)?[2].contains("found dead") == true)
    bench.wait(300)
    #expect(bench.state == "down/held/-")
    bench.daemonAnswers = true
    bench.traffic = (out: 5, in: 5)
    bench.negotiate(2)
    #expect(bench.state == "up/-/-" && !bench.link.isLinkModeDormant)
    #expect(bench.steps.contains(.addRoute(SingleTunnel.farRoute)))
    bench.forgetTrace()
    bench.delete(2)
    bench.wait(100)
    #expect(bench.state == "absent/-/-" && bench.plans.isEmpty, "no SA is no dead peer")
  }

  @Test func onTrafficUntilTheBackOffIsOver() {
    var bench = running(.onTraffic)
    die(&bench)
    #expect(bench.state == "down/held/-" && bench.link.isLinkModeDormant)
    bench.wait(4)
    #expect(bench.state == "idle/-/-" && !bench.link.isLinkModeDormant)
    #expect(bench.steps.contains(.addRoute(SingleTunnel.farRoute)))
  }

  @Test func linkControlNoneIsHonoured() {
    var bench = running(linkControl: .none)
    die(&bench)
    #expect(bench.state == "down/-/-" && bench.plans.isEmpty)
  }

  /// `routes` of a VPN without vpn-monitor do nothing, then neither.
  @Test func itsOwnRoutesAreNotMade() {
    var bench = running(routes: [IPPrefix(IPAddress(10, 9, 0, 0), length: 16)])
    die(&bench)
    bench.negotiate(2)
    let own = bench.steps.filter {
      if case .addUnreachable(let id) = $0 { id.destination != SingleTunnel.far16 } else { false }
    }
    #expect(own.isEmpty)
    let added = bench.steps.contains { if case .addLinkRoute = $0 { true } else { false } }
    #expect(!added)
  }

  @Test func takingDetectionAwayReleasesTheLink() {
    var bench = running()
    die(&bench)
    bench.reload { $0.gateways["gw-b"]?.deadPeerDetection = nil }
    #expect(!bench.link.isLinkModeDormant && bench.steps.contains(.addRoute(SingleTunnel.farRoute)))
  }

  @Test func theEndOfTheAgentReleasesIt() {
    var bench = running()
    die(&bench)
    bench.play(.shutdown(release: true))
    #expect(!bench.link.isLinkModeDormant && bench.steps.contains(.addRoute(SingleTunnel.farRoute)))
  }
}
