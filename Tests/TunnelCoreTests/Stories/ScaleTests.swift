import Glibc
import Testing
import TunnelCore

/// With thousands of tunnels no event may look at every one: four times the tunnels take about
/// four times as long, where looking at all would take sixteen times. What one event of each kind costs
/// is counted by `scripts/bench`.
@Suite(.serialized) struct ScaleTests {
  @Test(arguments: Phase.allCases)
  func fourTimesTheTunnelsTakeNotMuchMoreThanFourTimesAsLong(phase: Phase) {
    func time(_ count: Int) -> Double {
      var hub = Self.hub(count, for: phase)
      let start = Self.processorTime()
      phase.play(count, &hub)
      return Self.processorTime() - start
    }
    // Others share the caches: one of three is enough.
    var ratios: [Double] = []
    for _ in 0..<3 where ratios.allSatisfy({ $0 >= 10 }) { ratios.append(time(400) / time(100)) }
    #expect(ratios.contains { $0 < 10 }, "\(phase) takes \(ratios) times as long")
  }

  /// Seconds that this thread has had the processor.
  private static func processorTime() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  enum Phase: CaseIterable {
    case start, links, negotiations, rekeys, routes, probing, removal, lists, reload

    func play(_ count: Int, _ hub: inout ManyTunnels) {
      for number in 1...count {
        switch self {
        case .start: if number == 1 { hub.boot(upTo: count) }
        case .links: hub.addLink(number)
        case .negotiations: hub.negotiate(number)
        case .rekeys:
          hub.negotiate(number, serial: 1)
          hub.delete(number)
        case .routes:
          hub.play(.kernel(.route(ManyTunnels.route(number))))
          hub.play(.kernel(.routeDeleted(ManyTunnels.route(number))))
        case .probing: if number == 1 { hub.wait(1) }
        case .lists: if number == 1 { for _ in 0..<3 { hub.listAll(count) } }
        case .reload:
          guard number == 1 else { continue }
          var new = hub.core.configuration
          for place in new.vpns.indices { new.vpns[place].monitor?.threshold += 1 }
          hub.play(.command(.reload(new), nil))
        case .removal:
          hub.delete(number)
          hub.deleteLink(number)
        }
      }
    }
  }

  /// Links that stay in service: each that is held or opened carries the record of all, which is
  /// one value and one file, so that thousands at once are quadratic still.
  private static func hub(_ count: Int, for phase: Phase) -> ManyTunnels {
    let template = ManyTunnels.template(
      TemplateTests.byName, establish: .onTraffic, isVerified: false)
    var hub = ManyTunnels([template])
    switch phase {
    case .lists, .reload: hub = .configured(count)
    case .start, .links, .negotiations, .rekeys, .routes, .probing, .removal: break
    }
    switch phase {
    case .start: break
    case .links: hub.boot()
    case .negotiations: hub.boot(upTo: count)
    case .rekeys, .routes, .probing, .removal:
      hub.boot(upTo: count)
      for number in 1...count { hub.negotiate(number) }
      hub.wait(0.1)
    case .lists, .reload: hub.bootConfigured(count)
    }
    hub.forgetEffects()
    return hub
  }
}

extension ManyTunnels {
  /// Tunnels that are in the file: each has a gateway of its own, and strongSwan two children for it.
  fileprivate static func configured(_ count: Int) -> ManyTunnels {
    ManyTunnels([]) { configuration in
      for number in 1...count {
        let gateway = Gateway(name: "gw\(number)", addresses: [peer(number)])
        configuration.gateways[gateway.name] = gateway
        configuration.vpns.append(
          VPN(
            name: "vpn\(number)", gateway: gateway.name, bindInterface: "ipsec\(number)",
            establishTunnels: .immediately, monitor: Monitor()))
      }
    }
  }

  /// What the kernel has of one in four is elsewhere than the file says, and of one in four nothing.
  fileprivate mutating func bootConfigured(_ count: Int) {
    boot(upTo: count)
    for number in 1...count where number % 4 != 2 {
      negotiate(number, peer: number.isMultiple(of: 4) ? 1_000_000 + number : number)
    }
    play(.vici(.connected))
    play(
      .vici(
        .connections(
          (1...count).map { number in
            IKEConnection(
              name: "gw\(number)", remote: [Self.peer(number)],
              children: [.init(name: "net"), .init(name: "spare")])
          })))
  }

  /// strongSwan lists a child for each.
  fileprivate mutating func listAll(_ count: Int) {
    let list = (1...count).map { number in
      let peer = number.isMultiple(of: 4) ? 1_000_000 + number : number
      let pair = Self.pair(number, peer: peer).map(\.key.id)
      let child = ChildSA(
        name: ChildName(connection: "gw\(number)", child: "net"), ikeID: UInt32(number),
        childID: UInt32(number), state: .installed, inbound: pair[0], outbound: pair[1])
      return IKESA(
        connection: "gw\(number)", id: UInt32(number), isInitiator: true, local: Self.local,
        remote: Self.peer(peer), children: [child])
    }
    play(.vici(.sas(list)))
  }

  mutating func boot(upTo count: Int) {
    boot(
      links: (1...count).map { ManyTunnels.link($0) },
      routes: (1...count).map { ManyTunnels.route($0) })
  }
}
