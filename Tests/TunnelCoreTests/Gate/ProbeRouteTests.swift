import Testing
import TunnelCore

/// The ways of IPv6 probes, and of answers to the peer's, through a link to whose other end nothing else
/// leads.
@Suite struct ProbeRouteTests {
  private static func inner(_ number: UInt128) -> IPAddress {
    IPAddress(family: .ipv6, bits: 0xfd00_0200 << 96 | number)
  }

  /// charon adds the policies of a child one by one, IPv4's before IPv6's: in between an IPv6 probe fits
  /// no selector. Without its route the answer to the peer's would leave by the default route, in clear.
  @Test func theyStayWhilePoliciesComeOneByOne() {
    let far = Self.inner(2)
    let monitor = Monitor(
      interval: .seconds(1), threshold: 3, probeSource: .link, destinations: [far],
      verifyPath: .init(destinations: [far]))
    var bench = SingleTunnel(monitor, establish: .responderOnly)
    bench.boot(routes: [])
    bench.play(
      .kernel(
        .address(InterfaceAddress(linkIndex: 7, address: Self.inner(1), prefixLength: 128))))
    #expect(bench.steps.contains { if case .addLinkRoute = $0 { true } else { false } })
    bench.forgetTrace()
    for sa in SingleTunnel.pair(1) { bench.play(.kernel(.sa(sa))) }
    for (number, family) in [IPAddress.Family.ipv4, .ipv6].enumerated() {
      bench.play(
        .kernel(
          .policy(
            SecurityPolicy(
              index: UInt32(8 * number + 1), source: .any(family), destination: .any(family),
              mark: Mark(value: 42, mask: .max),
              template: .init(
                source: SingleTunnel.local, destination: SingleTunnel.remote, reqid: 1)))))
    }
    #expect(bench.steps == [])
  }

  /// Of a link that stays as it was found: routes that a reload gives its VPN are not made before it is
  /// proven, and lead nowhere until then.
  @Test func theyStayWhenAReloadGivesAnAdoptedTunnelRoutes() throws {
    let far = Self.inner(2)
    let monitor = Monitor(
      interval: .seconds(1), threshold: 3, probeSource: .link, destinations: [far],
      verifyPath: .init(destinations: [far]))
    var bench = SingleTunnel(monitor)
    bench.boot(
      sas: SingleTunnel.pair(1), routes: [],
      more: [InterfaceAddress(linkIndex: 7, address: Self.inner(1), prefixLength: 128)])
    #expect(bench.tunnel?.gate == "as-found")
    #expect(bench.steps.contains { if case .addLinkRoute = $0 { true } else { false } })
    bench.forgetTrace()
    let wide = try #require(IPPrefix("fd00:200::/32"))
    bench.reload { $0.vpns[0].routes = [wide] }
    #expect(bench.tunnel?.gate == "as-found")
    #expect(!bench.steps.contains { if case .deleteLinkRoute = $0 { true } else { false } })
  }
}
