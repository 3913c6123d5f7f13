import Testing
import TunnelCore

/// Two gateways have drawn the same SPI: what is done about one tunnel's SAs is not done about the
/// other's. strongSwan knows those of spoke 1 only; spoke 2's are manual.
@Suite struct SameSPITests {
  private static let name = ChildName(connection: "c1", child: "net")
  private static let shared: UInt32 = 0x4100_0001

  private static func vpn(_ number: Int) -> VPN {
    VPN(
      name: "v\(number)", gateway: "g\(number)", bindInterface: "ipsec\(number)",
      establishTunnels: .onTraffic,
      monitor: Monitor(interval: .seconds(1), threshold: 3, verifyPath: .init()))
  }

  /// Spoke 2's pair, whose outbound SA has spoke 1's SPI.
  private static let manual = ManyTunnels.pair(2).map { sa in
    var sa = sa
    if sa.source == ManyTunnels.local { sa.key.id.spi = shared }
    return sa
  }

  private static let ike = IKESA(
    connection: "c1", id: 7, isInitiator: true, local: ManyTunnels.local,
    remote: ManyTunnels.peer(1),
    children: [
      ChildSA(
        name: name, ikeID: 7, childID: 1, state: .installed, inbound: ManyTunnels.pair(1)[0].key.id,
        outbound: ManyTunnels.pair(1)[1].key.id)
    ])

  /// Both tunnels are up, and strongSwan's names are known.
  private func running() -> ManyTunnels {
    var hub = ManyTunnels([], vpns: [Self.vpn(1), Self.vpn(2)]) { configuration in
      for number in 1...2 {
        configuration.gateways["g\(number)"] = Gateway(
          name: "g\(number)", addresses: [ManyTunnels.peer(number)])
      }
    }
    hub.boot(links: [ManyTunnels.link(1), ManyTunnels.link(2)])
    hub.negotiate(1)
    for sa in Self.manual { hub.play(.kernel(.sa(sa))) }
    hub.play(.vici(.connected))
    stay(&hub, 4)
    #expect(hub.tunnels.map(\.state) == ["up", "up"])
    #expect(hub.tunnels.map { $0.ike?.child } == ["net", nil])
    hub.forgetEffects()
    return hub
  }

  /// Lets time pass with a strongSwan that lists its child, and obeys without any effect.
  private func stay(_ hub: inout ManyTunnels, _ seconds: Double) {
    var answered = hub.effects.count
    let end = hub.now + seconds
    while hub.now < end {
      while answered < hub.effects.count {
        answered += 1
        guard case .daemon(let request) = hub.effects[answered - 1] else { continue }
        switch request {
        case .listSAs: hub.play(.vici(.sas([Self.ike])))
        case .listConnections: hub.play(.vici(.connections([])))
        case .terminateChild, .terminateIKE, .rekeyChild, .initiate:
          hub.play(.vici(.finished(request, failure: nil)))
        }
      }
      hub.wait(0.05)
    }
  }

  private func acts(_ hub: ManyTunnels) -> [VICIRequest] {
    hub.effects.compactMap { if case .daemon(let request) = $0 { request } else { nil } }
      .filter { $0 != .listSAs && $0 != .listConnections }
  }
  private func cleared(_ hub: ManyTunnels) -> [SAKey] {
    hub.effects.flatMap { (effect) -> [SAKey] in
      if case .sa(.clear(_, _, let list)) = effect { list.map(\.key) } else { [] }
    }
  }

  @Test func theOtherGatewaysDeadPathTerminatesNoChild() {
    var hub = running()
    hub.silent = [2]
    stay(&hub, 10)
    #expect(acts(hub).isEmpty)
    #expect(Set(cleared(hub)) == Set(Self.manual.map(\.key)))
    #expect(hub.tunnels[0].state == "up")
    #expect(hub.tunnels[0].failures == 0)
  }

  @Test func strongSwansDeadPathLeavesTheManualSA() {
    var hub = running()
    hub.silent = [1]
    stay(&hub, 10)
    #expect(acts(hub).first == .terminateChild(id: 1))
    #expect(!cleared(hub).contains(Self.manual[1].key))
    #expect(hub.tunnels[1].state == "up")
  }

  /// The other gateway's SA is no proof that this one's is still in the kernel.
  @Test func anSAThatWasLostIsMissed() {
    var hub = running()
    hub.play(.kernel(.saDeleted(ManyTunnels.pair(1)[1].key)))
    stay(&hub, 5)
    #expect(acts(hub).first == .terminateChild(id: 1))
  }

  /// That the other gateway's SA comes is no sign that this one's is back.
  @Test func anotherGatewaysNewSAIsNoReturn() {
    var hub = running()
    for sa in Self.manual { hub.play(.kernel(.saDeleted(sa.key))) }
    stay(&hub, 3)
    hub.play(.kernel(.saDeleted(ManyTunnels.pair(1)[1].key)))
    for sa in Self.manual { hub.play(.kernel(.sa(sa))) }
    stay(&hub, 5)
    #expect(acts(hub).first == .terminateChild(id: 1))
  }

  /// Manual SAs often have round numbers, the same to every peer: whether SAs were moved is seen by
  /// the direction of each SPI too.
  @Test func swappedSPIsAreNoMove() {
    var hub = running()
    let pair = ManyTunnels.pair(1)
    for sa in pair { hub.play(.kernel(.saDeleted(sa.key))) }
    hub.silent = [1]
    for (sa, other) in zip(pair, pair.reversed()) {
      var swapped = sa
      swapped.key.id.spi = other.key.spi
      hub.play(.kernel(.sa(swapped)))
    }
    #expect(
      !hub.effects.contains {
        if case .tell(.log(_, _, let text)) = $0 { text.contains("were moved") } else { false }
      })
  }
}
