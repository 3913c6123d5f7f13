import Testing
import TunnelCore

/// IPv6 through a link of the agent's own: probes have a route, and nothing is forwarded.
@Suite struct OwnLinkRouteTests {
  static let inner = IPAddress(family: .ipv6, bits: 0xfd10_0001 << 96 | 1)
  static let far = IPAddress(family: .ipv6, bits: 0xfd10_0002 << 96 | 1)
  static let drops = ProbeRule(link: "vpa2a", purpose: .dropsForwarded)
  static let finds = ProbeRule(link: "vpa2a")
  static let route = Route.Identity(
    table: Route.probeTable, destination: IPPrefix(host: far), metric: 9)

  /// A gateway with a VPN that has no link, and IPv6 SAs with an if_id.
  private func negotiated() -> SingleTunnel {
    let monitor = Monitor(
      interval: .seconds(1), threshold: 3, sourceInterface: "lan", destinations: [Self.far],
      verifyPath: .init(destinations: [Self.far]))
    var bench = LinklessTests().booted(monitor)
    bench.play(
      .kernel(.address(InterfaceAddress(linkIndex: 3, address: Self.inner, prefixLength: 64))))
    bench.answering = true
    bench.replyWay = .link(9)
    bench.negotiate(LinklessTests.pair(1, ifID: 42))
    return bench
  }

  @Test func theRuleComesBeforeTheLink() {
    let bench = negotiated()
    let effects = bench.trace.map(\.effect)
    #expect(bench.steps == [.addRule(Self.drops)])
    let plan = effects.firstIndex { if case .gate(.change) = $0 { true } else { false } }
    let link = effects.firstIndex(of: .gate(.makeLink(name: "vpa2a", ifID: 42)))
    #expect((plan ?? .max) < (link ?? 0))
  }

  @Test func probesGetARouteAndAllOfItGoesAtTheEnd() {
    var bench = negotiated()
    bench.forgetTrace()
    bench.play(.kernel(.link(LinklessTests.xfrm("vpa2a", 9))))
    bench.wait(0.05)
    #expect(bench.steps == [.addLinkRoute(Self.route, linkIndex: 9), .addRule(Self.finds)])
    #expect(bench.state == "up/-/U")
    bench.wait(5)
    #expect(bench.steps.count == 2)
    bench.forgetTrace()
    bench.play(.shutdown(release: true))
    #expect(
      Set(bench.steps) == [
        .deleteLinkRoute(Self.route, linkIndex: 9), .deleteRule(Self.finds),
        .deleteRule(Self.drops),
      ])
    #expect(
      bench.trace.first?.effect == .gate(.removeLink(index: 9)), "nothing is forwarded to the last")
  }

  @Test func whatSomebodyDeletesIsBack() {
    var bench = negotiated()
    bench.play(.kernel(.link(LinklessTests.xfrm("vpa2a", 9))))
    bench.wait(0.05)
    bench.forgetTrace()
    bench.play(.kernel(.ruleDeleted(Self.drops)))
    #expect(bench.steps == [.addRule(Self.drops)])
    bench.forgetTrace()
    bench.play(
      .kernel(
        .routeDeleted(
          Route(identity: Self.route, routeProtocol: Route.agentProtocol, linkIndex: 9))))
    #expect(bench.steps == [.addLinkRoute(Self.route, linkIndex: 9)])
  }

  @Test func whatFailsIsTriedAgain() {
    var bench = negotiated()
    bench.forgetTrace()
    bench.play(.gateFailed(.step(link: "vpa2a", .addRule(Self.drops), message: "no memory")))
    #expect(bench.steps.isEmpty)
    bench.wait(1)
    #expect(bench.steps == [.addRule(Self.drops)])
  }

  @Test func theRuleGoesWithALinkThatNobodyNeeds() {
    var bench = negotiated()
    bench.play(.kernel(.link(LinklessTests.xfrm("vpa2a", 9))))
    bench.delete(LinklessTests.pair(1, ifID: 42))
    bench.wait(10)
    #expect(!bench.steps.contains(.deleteRule(Self.drops)), "the link is there for a minute")
    bench.wait(60)
    bench.play(.kernel(.linkDeleted(index: 9)))
    #expect(bench.steps.last == .deleteRule(Self.drops))
  }
}
