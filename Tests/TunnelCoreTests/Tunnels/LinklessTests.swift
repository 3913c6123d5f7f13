import Testing
import TunnelCore

/// Tunnels without a link: by socket policies, by a link of the agent's own, or only observed.
@Suite struct LinklessTests {
  static let set = SASetKey(local: SingleTunnel.local, remote: SingleTunnel.remote, reqid: 1)
  static let inner = IPAddress(10, 1, 0, 1)
  static let far = IPAddress(10, 2, 0, 1)
  static let lan = Link(index: 3, name: "lan", kind: .other("veth"), operationalState: .up)
  static let policy = Monitor(
    interval: .seconds(1), threshold: 3, sourceInterface: "lan", destinations: [far],
    verifyPath: .init(destinations: [far]))

  static func pair(
    _ number: UInt32, ifID: UInt32 = 0, mark: Mark? = nil
  ) -> [SecurityAssociation] {
    SingleTunnel.pair(number).map { sa in
      var sa = sa
      sa.key.mark = sa.key.destination == SingleTunnel.remote ? mark : nil
      sa.ifID = ifID
      return sa
    }
  }

  static func xfrm(_ name: String, _ index: Int32, ifID: UInt32 = 42) -> Link {
    Link(index: index, name: name, kind: .xfrm(ifID: ifID), operationalState: .up)
  }

  /// A gateway with a VPN that has no link; its lan has an address inside the tunnel.
  func booted(
    _ monitor: Monitor = policy, links: [Link] = [], sas: [SecurityAssociation] = []
  ) -> SingleTunnel {
    var bench = SingleTunnel(monitor, link: nil)
    bench.install(sas)
    bench.play(
      .snapshot(
        Snapshot(
          sas: sas, links: [SingleTunnel.underlay, Self.lan] + links,
          addresses: [
            SingleTunnel.addresses[0],
            InterfaceAddress(linkIndex: 3, address: Self.inner, prefixLength: 24),
          ])))
    return bench
  }

  func probes(_ bench: SingleTunnel) -> [ProbeRequest] {
    bench.trace.compactMap { if case .probe(.send(let probe)) = $0.effect { probe } else { nil } }
  }

  func linkEffects(_ bench: SingleTunnel) -> [Effect] {
    bench.trace.map(\.effect).filter {
      switch $0 {
      case .gate(.makeLink), .gate(.removeLink): true
      default: false
      }
    }
  }

  // MARK: By policies

  @Test func policyBasedIsVerifiedLostClearedAndBack() {
    var bench = booted()
    bench.answering = true
    bench.replyWay = .policy(Self.set)
    #expect(bench.state == "absent/-/D")
    bench.negotiate(Self.pair(1))
    #expect(bench.state == "verifying/-/V")
    bench.wait(2.5)
    #expect(bench.state == "up/-/U")
    #expect(probes(bench).allSatisfy { $0.way == .policy(Self.set) })
    #expect(probes(bench).allSatisfy { $0.source == Self.inner && $0.destination == Self.far })
    #expect(bench.tunnel?.sets.first?.probeWay == "policy")
    bench.answering = false
    bench.wait(4)
    #expect(bench.transitions.last?.hasSuffix("reason=\"No IPSec SA\"") == false)
    #expect(bench.clearTimes.count == 1)
    #expect(bench.plans.isEmpty)
    bench.answering = true
    bench.negotiate(Self.pair(2))
    bench.wait(1.1)
    #expect(bench.state == "up/-/U")
    #expect(linkEffects(bench).isEmpty)
  }

  @Test(arguments: [
    ProbeWay.link(2), .link(3),
    .policy(
      SASetKey(
        local: SingleTunnel.local, remote: SingleTunnel.remote, reqid: 2)),
  ])
  func onlyWhatItsOwnPoliciesLetPassCounts(way: ProbeWay) {
    var bench = booted()
    bench.answering = true
    bench.replyWay = way
    bench.negotiate(Self.pair(1))
    bench.wait(2.9)
    #expect(bench.state == "verifying/-/V")
    bench.wait(0.2)
    #expect(bench.tunnel?.reason == "VPN monitoring verify-path error")
    #expect(bench.tunnel?.sets.first?.clearReplies ?? 0 == 0)
    #expect(bench.clearTimes == [3])
  }

  @Test(arguments: [
    (Int32(11), "kernel does not send: no matching SA yet, or the socket buffer is full (EAGAIN)"),
    (24, "kernel does not send: too many open files (EMFILE): raise LimitNOFILE"),
  ])
  func refusedProbesAreNoLoss(errno: Int32, obstacle: String) {
    var bench = booted()
    bench.refusal = errno
    bench.negotiate(Self.pair(1))
    bench.wait(2.9)
    #expect(bench.state == "verifying/-/V")
    bench.wait(7)
    #expect(bench.state == "unmonitored/-/?")
    #expect(bench.tunnel?.sets.first?.lost == 0 && bench.clearTimes.isEmpty)
    #expect(bench.tunnel?.obstacle == obstacle)
  }

  @Test func theSocketGoesWithItsSet() {
    var bench = booted()
    bench.negotiate(Self.pair(1))
    bench.wait(0.5)
    bench.delete(Self.pair(1))
    #expect(bench.trace.map(\.effect).contains(.probe(.end(MonitorID(rawValue: 1)))))
    #expect(bench.state == "absent/-/D")
  }

  @Test func newEndpointsAreANewWay() {
    var bench = booted()
    bench.answering = true
    bench.negotiate(Self.pair(1))
    bench.wait(0.5)
    let moved = Self.pair(2).map { sa in
      var sa = sa
      if sa.key.destination == SingleTunnel.local { sa.key.destination = Self.inner }
      if sa.source == SingleTunnel.local { sa.source = Self.inner }
      return sa
    }
    bench.delete(Self.pair(1))
    bench.negotiate(moved)
    bench.wait(0.5)
    let set = SASetKey(local: Self.inner, remote: SingleTunnel.remote, reqid: 1)
    #expect(probes(bench).last?.way == .policy(set))
  }

  @Test func policyBasedBesideAVTIToTheSamePeer() {
    var bench = booted(links: [SingleTunnel.link()])
    bench.negotiate(Self.pair(1))
    bench.wait(0.5)
    #expect(probes(bench).first?.way == .policy(Self.set))
  }

  @Test(arguments: [UInt32(0), 42]) func theKernelsOwnVTIIsNobodys(ifID: UInt32) {
    let any = IPAddress(family: .ipv4, bits: 0)
    let fallback = Link(
      index: 4, name: "ip_vti0", kind: .vti(local: any, remote: any, inputKey: 0, outputKey: 0),
      isAdminUp: false)
    var bench = booted(links: [fallback])
    bench.negotiate(Self.pair(1, ifID: ifID))
    #expect(bench.tunnel?.name == "to-b" && bench.state == "verifying/-/V")
    #expect(probes(bench).count + linkEffects(bench).count == 1)
  }

  /// Up, and probed by its policies when its SAs only send.
  private func metered() -> SingleTunnel {
    var monitor = Self.policy
    monitor.mode = .optimized
    var bench = booted(monitor)
    bench.answering = true
    bench.replyWay = .policy(Self.set)
    bench.negotiate(Self.pair(1))
    bench.wait(0.5)
    return bench
  }

  @Test func thePeersProbesAreNoTraffic() {
    var bench = metered()
    bench.forgetTrace()
    for _ in 0..<10 {
      // The peer's request and the kernel's reply pass the SAs.
      bench.traffic = (out: 1, in: 1)
      bench.play(.echoRequest(from: Self.far, linkIndex: 2))
      bench.wait(1)
    }
    #expect(probes(bench).isEmpty)
    bench.traffic = (out: 3, in: 0)
    bench.wait(2)
    #expect(!probes(bench).isEmpty)
  }

  /// Somebody on the path drops ESP and sends requests in clear, as from the peer's probes' source.
  @Test(arguments: [0, 50]) func forgedRequestsInClearHideNoOutage(each second: Int) {
    var bench = metered()
    bench.answering = false
    bench.traffic = (out: 5, in: 0)
    for _ in 0..<5 {
      for _ in 0..<second { bench.play(.echoRequest(from: Self.far, linkIndex: 2)) }
      bench.wait(1)
    }
    #expect(bench.transitions.last?.contains("state=down") == true)
  }

  /// Also once the kernel has no policy for it, which is one way in which nothing passes.
  @Test func thePeersProbesAreToldByWhatASetIsKnownToCarry() {
    var monitor = Self.policy
    (monitor.mode, monitor.destinations, monitor.verifyPath) = (.optimized, [], .init())
    var bench = booted(monitor)
    bench.answering = true
    bench.replyWay = .policy(Self.set)
    let selector = Self.selector(IPPrefix(host: Self.far))
    bench.play(.kernel(.policy(selector)))
    bench.negotiate(Self.pair(1))
    bench.wait(1.5)
    #expect(bench.state == "up/-/U")
    #expect(probes(bench).last?.destination == Self.far)
    bench.play(.kernel(.policyDeleted(index: selector.index)))
    bench.answering = false
    for _ in 0..<6 {
      bench.traffic = (out: 3, in: 1)
      bench.play(.echoRequest(from: Self.far, linkIndex: 2))
      bench.wait(1)
    }
    #expect(bench.state.hasPrefix("down"))
  }

  @Test func probesStayInsideTheSelectors() {
    var monitor = Self.policy
    monitor.sourceInterface = nil
    var bench = booted(monitor)
    bench.answering = true
    bench.replyWay = .policy(Self.set)
    bench.negotiate(Self.pair(1))
    bench.play(.kernel(.policy(Self.selector(IPPrefix(IPAddress(10, 2, 0, 0), length: 24)))))
    bench.wait(1)
    #expect(probes(bench).last?.source == Self.inner && probes(bench).last?.destination == Self.far)
    #expect(bench.state == "up/-/U")
    bench.play(.kernel(.policy(Self.selector(IPPrefix(IPAddress(10, 9, 0, 0), length: 24)))))
    bench.wait(2.9)
    #expect(bench.state == "up/-/U")
    bench.wait(2.1)
    #expect(bench.state == "unmonitored/-/?")
    #expect(bench.tunnel?.losses == 0 && bench.clearTimes.isEmpty)
    #expect(bench.tunnel?.obstacle == "no destination-ip inside 10.9.0.0/24")
  }

  /// The outbound policy of the set, from the lan's net.
  static func selector(_ remote: IPPrefix) -> SecurityPolicy {
    SecurityPolicy(
      index: 9, source: IPPrefix(IPAddress(10, 1, 0, 0), length: 24), destination: remote,
      priority: 100,
      template: .init(source: SingleTunnel.local, destination: SingleTunnel.remote, reqid: 1))
  }
}
