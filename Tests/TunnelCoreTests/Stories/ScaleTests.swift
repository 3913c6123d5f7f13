import Glibc
import Testing
import TunnelCore

/// With thousands of tunnels no event may look at every one: four times the tunnels take about
/// four times as long, where looking at all would take sixteen times.
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

  /// One event, among few tunnels and among four times as many: a walk over all would take four times
  /// as long.
  @Test(arguments: Kind.allCases)
  func anEventCostsTheSameAmongFourTimesTheTunnels(kind: Kind) {
    var few = Self.hub(200, for: .probing)
    var many = Self.hub(800, for: .probing)
    func time(_ hub: inout ManyTunnels, _ round: Int) -> Double {
      let start = Self.processorTime()
      for number in 1...200 { kind.play(round * 200 + number, &hub) }
      return Self.processorTime() - start
    }
    // Others share the caches: one of several is enough.
    var ratios: [Double] = []
    for round in 1...7 where ratios.allSatisfy({ $0 >= 2 }) {
      ratios.append(time(&many, round) / time(&few, round))
      few.forgetEffects()
      many.forgetEffects()
    }
    #expect(ratios.contains { $0 < 2 }, "\(kind) takes \(ratios) times as long")
  }

  enum Kind: CaseIterable {
    case rekey, link, route, nexthop, carrier, daemonChanged, unknownSPIs

    func play(_ serial: Int, _ hub: inout ManyTunnels) {
      switch self {
      case .rekey:
        // SPIs of fifty generations, over and over.
        hub.negotiate(1, serial: UInt32(1 + serial % 50))
        hub.delete(1, serial: UInt32(1 + (serial + 49) % 50))
      case .link: hub.put(ManyTunnels.link(2))
      case .route:
        hub.play(.kernel(.route(ManyTunnels.route(3))))
        hub.play(.kernel(.routeDeleted(ManyTunnels.route(3))))
      case .nexthop:
        hub.play(.kernel(.nexthop(Nexthop(id: 1, linkIndex: 104))))
        hub.play(.kernel(.nexthopDeleted(id: 1)))
      case .carrier:
        var underlay = SingleTunnel.underlay
        underlay.operationalState = serial.isMultiple(of: 2) ? .up : .down
        hub.play(.kernel(.link(underlay)))
      case .daemonChanged: hub.play(.vici(.changed))
      case .unknownSPIs: hub.play(.unknownSPIs(UInt64(serial)))
      }
    }
  }

  /// Seconds that this thread has had the processor.
  private static func processorTime() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  enum Phase: CaseIterable {
    case start, links, negotiations, rekeys, routes, probing, removal

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
    case .start: break
    case .links: hub.boot()
    case .negotiations: hub.boot(upTo: count)
    case .rekeys, .routes, .probing, .removal:
      hub.boot(upTo: count)
      for number in 1...count { hub.negotiate(number) }
      hub.wait(0.1)
    }
    hub.forgetEffects()
    return hub
  }
}

extension ManyTunnels {
  mutating func boot(upTo count: Int) {
    boot(
      links: (1...count).map { ManyTunnels.link($0) },
      routes: (1...count).map { ManyTunnels.route($0) })
  }
}
