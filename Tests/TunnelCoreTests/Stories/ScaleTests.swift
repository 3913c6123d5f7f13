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
