import Testing

@testable import TunnelCore

/// A machine on which a turn of the loop takes a quarter of a second, whatever is done in it, and
/// whose gateways are asked for their counters twice a second.
private struct BusyTurns {
  private static let turn = Duration.milliseconds(250)

  private var core: Core
  private(set) var now: Instant
  /// What the next turn reads.
  private var waiting: [Event] = []
  /// When each set was probed.
  private(set) var probes: [MonitorID: [Instant]] = [:]

  init(tunnels: Int, gateways: Int) {
    let peers = 1001..<1001 + gateways
    let detection = DeadPeerDetection(mode: .optimized, interval: 2, threshold: 3)
    var hub = ManyTunnels([ManyTunnels.template(TemplateTests.byName)]) {
      for peer in peers {
        $0.gateways["gw\(peer)"] = Gateway(
          name: "gw\(peer)", addresses: [ManyTunnels.peer(peer)], deadPeerDetection: detection)
      }
    }
    hub.boot(
      links: (1...tunnels).map { ManyTunnels.link($0) },
      sas: (Array(1...tunnels) + peers).flatMap { ManyTunnels.pair($0) })
    core = hub.core
    now = hub.instant
    take(hub.effects)
  }

  mutating func run(_ seconds: Int) {
    for _ in 0..<seconds * 4 {
      now = now.advanced(by: Self.turn)
      let read = waiting
      waiting = []
      for event in read { take(core.handle(event, at: now)) }
      take(core.handle(.drained(at: now), at: now))
    }
  }

  private mutating func take(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .probe(.send(let probe)):
        probes[probe.monitor, default: []].append(now)
        let reply = ProbeReply(
          monitor: probe.monitor, sequence: probe.sequence,
          arrivedAt: now.advanced(by: .milliseconds(10)), way: probe.way)
        waiting.append(.reply(reply))
      case .peer(.readCounters(let id, let keys)):
        waiting.append(.peerCounters(id, Dictionary(uniqueKeysWithValues: keys.map { ($0, 0) })))
      default: break
      }
    }
  }

  /// The longest time without a probe of one set, until now.
  var longestGaps: [Duration] {
    probes.values.map { times in
      zip(times, times.dropFirst() + [now]).map { $0.duration(to: $1) }.max() ?? .zero
    }
  }
}

/// What is due first is done first, whosever it is.
@Suite struct BusyTurnTests {
  /// Three hundred gateways fill every turn.
  @Test(arguments: [0, 100, 300]) func tunnelsAreProbedBesideAnyNumberOfPeers(gateways: Int) {
    var loop = BusyTurns(tunnels: 10, gateways: gateways)
    loop.run(30)
    #expect(loop.probes.count == 10)
    #expect(loop.longestGaps.allSatisfy { $0 <= .seconds(3) }, "\(loop.longestGaps)")
  }
}
