import Testing
import TunnelCore

/// What strongSwan calls a tunnel while its configuration changes (`swanctl --load-all`).
@Suite struct NameTests {
  static let old = IKEConnection(
    name: "to-b", remote: [SingleTunnel.remote], children: [.init(name: "net")])

  private static func connection(
    _ name: String, _ children: String..., remote: [IPAddress] = [SingleTunnel.remote],
    hasDestination: Bool = true
  ) -> IKEConnection {
    IKEConnection(
      name: name, remote: remote, hasDestination: hasDestination,
      children: children.map { .init(name: $0) })
  }

  /// A tunnel that was up under its old name, and whose path died after the configuration had been
  /// changed to this: what is done until its child is gone and for a while after it.
  private func dead(
    _ connections: [IKEConnection], establish: VPN.EstablishTunnels = .immediately
  ) -> SingleTunnel {
    var bench = SingleTunnel.connected(establish: establish)
    bench.stay(31, children: [.of(1)], connections: [Self.old])
    bench.answering = false
    bench.stay(5, children: [.of(1)], connections: connections)
    bench.delete(1)
    bench.stay(20, children: [], connections: connections)
    return bench
  }

  @Test(
    arguments: [
      ([connection("office-b", "net")], "office-b", "net"),
      ([connection("to-b", "lan")], "to-b", "lan"),
      ([connection("office-b", "lan")], "office-b", "lan"),
      ([connection("office-b", "lan", "net")], "office-b", "net"),
      // The name of one is another's child.
      ([connection("net", "to-b")], "net", "to-b"),
      // The old name is another peer's.
      (
        [
          connection("to-b", "net", remote: [SingleTunnel.local]), connection("office-b", "net"),
        ], "office-b", "net"
      ),
      // By a host name.
      ([connection("office-b", "net", remote: [])], "office-b", "net"),
      // What lost nothing but its place in the file.
      ([connection("a", "net", remote: [SingleTunnel.local]), old], "to-b", "net"),
    ] as [([IKEConnection], String, String)])
  func whatIsGoneIsMatchedAgain(connections: [IKEConnection], name: String, child: String) {
    for establish in [VPN.EstablishTunnels.immediately, .onTraffic] {
      let bench = dead(connections, establish: establish)
      let wanted = VICIRequest.initiate(ChildName(connection: name, child: child))
      #expect(Array(bench.acts.prefix(2)) == [.terminateChild(id: 1), wanted], "\(bench.acts)")
      let others = bench.acts.filter { if case .initiate = $0 { $0 != wanted } else { false } }
      #expect(others.isEmpty)
      #expect(bench.tunnel?.obstacle == nil)
    }
  }

  @Test(
    arguments: [
      (
        [connection("x", "net"), connection("y", "net")],
        "several children fit (x/net, y/net)"
      ),
      ([connection("x", "a", "b")], "several children fit (x/a, x/b)"),
      (
        [connection("x", "net", remote: []), connection("y", "net", remote: [])],
        "several children fit (x/net, y/net)"
      ),
      // To begin with, a host name may be anybody's.
      (
        [connection("x", "lan", remote: [])],
        "strongSwan has no connection with remote_addrs = 203.0.113.1 (it has x/lan)"
      ),
      ([connection("x", "net", remote: [], hasDestination: false)], "strongSwan has no connection"),
      ([], "strongSwan has no connections loaded"),
    ] as [([IKEConnection], String)])
  func whatCannotBeToldIsSaid(connections: [IKEConnection], text: String) {
    var bench = dead(connections)
    #expect(bench.acts == [.terminateChild(id: 1)])
    #expect(bench.tunnel?.obstacle?.hasPrefix(text) == true, "\(bench.tunnel?.obstacle ?? "-")")
    let lines = bench.core.explanation(of: "to-b", at: bench.instant) ?? []
    #expect(lines.contains { $0.contains(text) }, "\(lines)")
    // Until somebody loads it, looks are seldom; then it is found.
    bench.forgetTrace()
    bench.stay(600, children: [], connections: connections)
    #expect((60...130).contains(bench.requests.count), "\(bench.requests.count)")
    bench.forgetTrace()
    bench.stay(7, children: [], connections: [Self.connection("office-b", "net")])
    let name = ChildName(connection: "office-b", child: "net")
    #expect(bench.acts.first == .initiate(name))
    #expect(bench.tunnel?.obstacle == nil)
  }

  @Test func aNameThatIsNotFoundIsLookedUpAtOnce() {
    var monitor = SingleTunnel.monitor
    monitor.renegotiateBackoff = .init(initial: .seconds(30), maximum: .seconds(300))
    var bench = SingleTunnel.connected(monitor, establish: .immediately)
    bench.answering = false
    bench.stay(5, children: [.of(1)], connections: [Self.old])
    bench.delete(1)
    bench.forgetTrace()
    while bench.acts.last != .initiate(SingleTunnel.name), bench.now < 60 {
      bench.waitForWork(until: 60)
      if bench.requests.last == .listSAs { bench.list([]) }
    }
    #expect(bench.acts.last == .initiate(SingleTunnel.name))
    bench.play(
      .vici(.finished(.initiate(SingleTunnel.name), failure: "CHILD_SA config 'net' not found")))
    bench.stay(1, children: [], connections: [Self.connection("office-b", "net")])
    let name = ChildName(connection: "office-b", child: "net")
    #expect(bench.acts.last == .initiate(name))
    #expect(bench.times(of: .initiate(name)).count == 1, "what was loaded begins no other attempt")
    #expect(bench.tunnel?.attempts == 1, "nothing was asked of the peer")
  }

  @Test func whatIsListedUnderTheOldNameOfItsIKESAIsUp() {
    var bench = SingleTunnel.connected(establish: .immediately)
    bench.answering = true
    bench.stay(5, children: [.of(1)], connections: [Self.old])
    bench.delete(1)
    let name = ChildName(connection: "office-b", child: "net")
    bench.stay(10, children: [], connections: [Self.connection("office-b", "net")])
    #expect(bench.acts.last == .initiate(name))
    bench.forgetTrace()
    bench.negotiate(2)
    bench.stay(60, children: [.of(2)], connections: [Self.connection("office-b", "net")])
    #expect(bench.state == "up/in-service/U")
    #expect(bench.times(of: .initiate(name)).isEmpty)
    #expect(bench.tunnel?.ike?.connection == "office-b")
  }

  @Test func aChildOfAnotherTunnelIsNoCandidate() {
    var bench = SingleTunnel.connected(establish: .immediately)
    bench.reload { $0.vpns.append(VPN(name: "second", gateway: "gw-b", bindInterface: "vti1")) }
    bench.play(
      .kernel(
        .link(
          Link(
            index: 9, name: "vti1",
            kind: .vti(
              local: SingleTunnel.local, remote: SingleTunnel.remote, inputKey: 43, outputKey: 43),
            operationalState: .up))))
    var second = SingleTunnel.pair(2, reqid: 2)
    second[1].key.mark = Mark(value: 43, mask: .max)
    bench.negotiate(second)
    let connections = [Self.connection("office-b", "lan", "dmz")]
    let other = ChildSA(
      name: ChildName(connection: "office-b", child: "dmz"), ikeID: 8, childID: 2,
      state: .installed, inbound: second[0].key.id, outbound: second[1].key.id)
    bench.stay(31, children: [.of(1), other], connections: connections)
    bench.answering = false
    bench.stay(5, children: [.of(1), other], connections: connections)
    bench.delete(1)
    bench.stay(3, children: [other], connections: connections)
    let name = ChildName(connection: "office-b", child: "lan")
    #expect(bench.acts.last == .initiate(name), "\(bench.acts)")
  }

  @Test func aNameThatTheConfigurationGivesIsNotReplaced() {
    var bench = SingleTunnel.connected(establish: .immediately)
    bench.reload { $0.gateways["gw-b"]?.ikeConnection = "to-b" }
    bench.stay(31, children: [.of(1)], connections: [Self.old])
    bench.delete(1)
    bench.stay(20, children: [], connections: [Self.connection("office-b", "net")])
    #expect(bench.acts.isEmpty)
    #expect(
      bench.tunnel?.obstacle
        == "strongSwan has no connection to-b (it has office-b/net)")
  }

  @Test func aNegotiationThatFailedIsNotAttemptedUnderTwoNames() {
    var bench = dead([Self.connection("office-b", "net")])
    bench.forgetTrace()
    bench.stay(300, children: [], connections: [Self.connection("office-b", "net")])
    let times = bench.times(of: .initiate(ChildName(connection: "office-b", child: "net")))
    #expect(bench.acts.count == times.count)
    let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
    #expect(pauses.allSatisfy { $0 > 1 }, "\(pauses)")
  }
}
