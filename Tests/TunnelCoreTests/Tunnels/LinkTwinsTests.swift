import Testing
@testable import TunnelCore

/// VTIs between the same ends, and a road warrior.
extension LinkFitnessTests {
  /// With `dev eth0` a VTI takes ESP before one between the same ends without it, whatever the keys.
  @Test func aVTIWhoseESPATwinTakesIsLeftAlone() {
    var bench = SingleTunnel()
    bench.answering = true
    bench.boot(
      sas: SingleTunnel.pair(1), routes: [Self.route(.any(.ipv4), index: 2), SingleTunnel.farRoute])
    bench.wait(5)
    #expect(bench.state == "up/in-service/U")
    var twin = SingleTunnel.link(index: 8, name: "vti1")
    twin.boundTo = 2
    bench.play(.kernel(.link(twin)))
    bench.wait(5)
    #expect(bench.tunnel?.gate == "-")
    #expect(
      bench.tunnel?.linkUnfit?.hasPrefix(
        "vti1, a VTI between the same ends, takes all ESP from \(SingleTunnel.remote)") == true)
    // Held by nobody, whatever becomes of the tunnel.
    bench.answering = false
    bench.forgetTrace()
    bench.wait(10)
    #expect(bench.steps.isEmpty)
    #expect(bench.sas.count == 2, "nothing is cleared for a silence that proves nothing")
    #expect(bench.probes.isEmpty)
    #expect(bench.tunnel?.state == "unmonitored")
    // The twin is bound to a device by which the peer is not reached; then it is set down; then gone.
    twin.boundTo = 3
    bench.play(.kernel(.link(twin)))
    #expect(bench.tunnel?.linkUnfit == nil)
    twin.boundTo = 2
    bench.play(.kernel(.link(twin)))
    #expect(bench.tunnel?.linkUnfit != nil)
    twin.isAdminUp = false
    bench.play(.kernel(.link(twin)))
    #expect(bench.tunnel?.linkUnfit == nil)
    twin.isAdminUp = true
    bench.play(.kernel(.link(twin)))
    #expect(bench.tunnel?.linkUnfit != nil)
    bench.play(.kernel(.linkDeleted(index: 8)))
    #expect(bench.tunnel?.linkUnfit == nil)
    bench.wait(5)
    #expect(bench.tunnel?.gate == "held")
  }

  @Test func theVTIThatTakesTheESPOfItsTwinIsHeldAsAny() {
    var bench = SingleTunnel()
    var own = SingleTunnel.link()
    own.boundTo = 2
    bench.boot(routes: [Self.route(.any(.ipv4), index: 2), SingleTunnel.farRoute], link: own)
    bench.play(.kernel(.link(SingleTunnel.link(index: 8, name: "vti1"))))
    bench.wait(5)
    #expect(bench.tunnel?.linkUnfit == nil)
    #expect(bench.tunnel?.gate == "held")
  }

  /// An IPv4 VTI for any remote end has no IPv6 SAs.
  @Test func aVTIOfTheOtherFamilyCarriesNothing() {
    let any = IPAddress(0, 0, 0, 0)
    let link = Self.link(.vti(local: any, remote: any, inputKey: 42, outputKey: 42))
    let six = Gateway(name: "g", addresses: [IPAddress(family: .ipv6, bits: 1)])
    #expect(link.misfit(for: six) != nil)
    #expect(link.misfit(for: Gateway(name: "g", addresses: [SingleTunnel.remote])) == nil)
  }

  @Test func twoVTIsBetweenTheSameEndsAreToldApartByKey() {
    var bench = SingleTunnel()
    bench.answering = true
    bench.boot()
    // Bound to a device, the other one takes all ESP.
    bench.play(
      .kernel(
        .link(
          Self.link(
            .vti(
              local: SingleTunnel.local, remote: SingleTunnel.remote, inputKey: 43, outputKey: 43),
            index: 8,
            name: "vti1"))))
    bench.replyLink = 8
    bench.negotiate(1)
    bench.wait(20)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.failures == 0)
    #expect(bench.tunnel?.sets.first?.clearReplies == 0)
  }

  @Test func aRoadWarriorIsProbedAtItsOwnAddress() {
    var bench = SingleTunnel()
    bench.answering = true
    let warrior = IPAddress(10, 2, 9, 7)
    bench.boot(more: [SelectorTests.lan])
    bench.negotiate(1)
    bench.play(.kernel(.policy(SelectorTests.policy(1, IPPrefix(host: warrior), reqid: 1))))
    bench.wait(5)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.tunnel?.sets.first?.probeDestination == warrior.description)
    #expect(bench.probes.last?.source == SelectorTests.lan.address)
  }
}
