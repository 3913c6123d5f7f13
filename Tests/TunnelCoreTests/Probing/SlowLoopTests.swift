import Testing

@testable import TunnelCore

/// An agent whose loop takes its time: replies wait in the socket while others are fed, and probes
/// leave one by one. Turns are the edge's: read, feed, read once more, then what is due.
private struct SlowLoop {
  var core: Core
  /// What an event, or a probe that is sent, takes.
  let cost: Duration
  /// Spokes whose path is cut.
  var cut: Set<Int> = []
  private(set) var now: Instant
  private(set) var lines: [String] = []
  private(set) var probes = 0
  private var socket: [ProbeReply] = []

  init(tunnels: Int, interval: Duration, cost: Duration) {
    let settings = VPN(
      name: "branches", gateway: "", establishTunnels: .immediately,
      monitor: Monitor(interval: interval, threshold: 3, verifyPath: .init()))
    var hub = ManyTunnels([
      Template(name: "branches", match: TemplateTests.byName, settings: settings)
    ])
    hub.boot(
      links: (1...tunnels).map { ManyTunnels.link($0) },
      sas: (1...tunnels).flatMap { ManyTunnels.pair($0) })
    core = hub.core
    now = hub.instant
    self.cost = cost
    take(hub.effects)
  }

  mutating func run(_ seconds: Int) {
    let end = now.advanced(by: .seconds(seconds))
    while now < end {
      let next = [core.nextDeadline, socket.map(\.arrivedAt).min()].compactMap(\.self).min() ?? end
      now = max(now, min(next, end))
      read()
      guard let due = core.nextDeadline, due <= now else { continue }
      let drainedAt = now
      read()
      feed(.drained(at: drainedAt))
    }
  }

  private mutating func read() {
    let batch = socket.filter { $0.arrivedAt <= now }
    socket.removeAll { $0.arrivedAt <= now }
    for reply in batch { feed(.reply(reply)) }
  }

  private mutating func feed(_ event: Event) {
    now = now.advanced(by: cost)
    take(core.handle(event, at: now))
  }

  private mutating func take(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .probe(.send(let probe)):
        probes += 1
        now = now.advanced(by: cost)
        guard case .link(let index) = probe.way, !cut.contains(Int(index) - 100) else { continue }
        socket.append(
          ProbeReply(
            monitor: probe.monitor, sequence: probe.sequence,
            arrivedAt: now.advanced(by: .milliseconds(10)), way: probe.way))
      case .tell(.log(_, let tunnel, let text)): lines.append("\(tunnel) \(text)")
      default: break
      }
    }
  }

  func logged(_ text: String) -> [String] { lines.filter { $0.contains(text) } }
}

@Suite struct SlowLoopTests {
  /// A hundred tunnels at 0.1 s take 0.6 of a core.
  @Test func whatIsInHandIsNotLost() {
    var loop = SlowLoop(tunnels: 100, interval: .milliseconds(100), cost: .microseconds(300))
    loop.run(30)
    #expect(loop.logged("state=down") == [])
    #expect(loop.core.stateCounts == ["up": 100])
    #expect(loop.core.load(at: loop.now) == nil)
  }

  /// Three cores would be needed: probes are spread wider, which is said once, and nobody is dead.
  @Test func anAgentThatCannotKeepUpSpreadsItsProbes() throws {
    var loop = SlowLoop(tunnels: 450, interval: .milliseconds(100), cost: .microseconds(330))
    loop.run(60)
    #expect(loop.logged("state=down") == [])
    #expect(loop.logged("probes are sent late").count == 1)
    let stretch = try #require(loop.core.load(at: loop.now)).intervalStretch
    #expect(stretch > 1.5 && stretch < 12)
  }

  /// It is still found, later.
  @Test func aDeadPathIsFoundByAnAgentThatCannotKeepUp() {
    var loop = SlowLoop(tunnels: 450, interval: .milliseconds(100), cost: .microseconds(330))
    loop.run(20)
    loop.cut = [7]
    loop.run(10)
    #expect(loop.logged("state=down").allSatisfy { $0.hasPrefix("ipsec7 ") })
    #expect(!loop.logged("state=down").isEmpty)
  }
}
