import Glibc
import LinuxEdge
import TunnelCore

/// Makes up what the kernel lacks, and says what the loop does.
final class LoopMeter: Harness {
  private let gateway: MadeUpGateway
  private let agent: Agent
  private var turnBegan = monotonicNow()
  private var lineAt = monotonicNow()
  private var (turns, longest, sentBefore) = (0, Duration.zero, UInt64(0))
  /// Links that the kernel has as dormant, by their tunnel's number.
  private var dormant: [Bool]
  private var count = 0
  /// When the first and the last of those changed that changed together.
  private var change: (first: Instant, last: Instant)?
  /// When the last reply came by each link.
  private var repliedAt: [Instant?]
  /// From when a dead path's threshold was due to when the kernel had its link as held.
  private var delays: [Duration] = []
  private var numberOfIndex: [Int32: Int] = [:]

  init(_ gateway: MadeUpGateway, of agent: Agent) {
    self.gateway = gateway
    self.agent = agent
    dormant = Array(repeating: false, count: gateway.tunnels)
    repliedAt = Array(repeating: nil, count: gateway.tunnels)
  }

  // MARK: What the core is told

  func rewritten(_ event: Event) -> Event {
    switch event {
    case .snapshot(let snapshot):
      let whole = gateway.completed(snapshot)
      for link in whole.links { note(link) }
      return .snapshot(whole)
    case .kernel(.link(let link)):
      note(link)
      return .kernel(.link(gateway.dressed(link)))
    case .reply(let reply):
      if case .link(let index) = reply.way, let number = numberOfIndex[index] {
        repliedAt[number] = reply.arrivedAt
      }
      return event
    default: return event
    }
  }

  private func note(_ link: Link) {
    guard let number = gateway.number(of: link.name) else { return }
    numberOfIndex[link.index] = number
    let isDormant = link.operationalState == .dormant
    guard isDormant != dormant[number] else { return }
    dormant[number] = isDormant
    count += isDormant ? 1 : -1
    let now = monotonicNow()
    change = (change?.first ?? now, now)
    // Every probe after the last that was answered is lost, the last of them after its interval.
    if isDormant, let last = repliedAt[number] {
      delays.append(last.advanced(by: gateway.interval * (gateway.threshold + 1)).duration(to: now))
    }
    guard count == 0 || count == gateway.tunnels, let (first, last) = change else { return }
    change = nil
    say("\(count == 0 ? "opened" : "held") first=\(first.milliseconds) last=\(last.milliseconds)")
    if isDormant { sayDelays() }
  }

  private func sayDelays() {
    let all = delays.sorted()
    delays = []
    guard !all.isEmpty else { return }
    func quantile(_ share: Double) -> Int64 {
      all[min(Int(Double(all.count) * share), all.count - 1)].nanoseconds / 1000
    }
    say("detected p50_us=\(quantile(0.5)) p99_us=\(quantile(0.99)) p999_us=\(quantile(0.999))")
  }

  // MARK: Turns

  func turnBegins() { turnBegan = monotonicNow() }

  func turnEnds() {
    let now = monotonicNow()
    turns += 1
    longest = max(longest, turnBegan.duration(to: now))
    if lineAt.duration(to: now) >= .seconds(1) { sayTurns(now) }
  }

  private func sayTurns(_ now: Instant) {
    let sent = agent.probesSent
    say(
      "second now=\(now.milliseconds) sent=\(sent - sentBefore) turns=\(turns)"
        + " longest_us=\(longest.nanoseconds / 1000) held=\(count)")
    (turns, longest, sentBefore, lineAt) = (0, .zero, sent, now)
  }

  /// The loop has ended.
  func end() { say("ended sent=\(agent.probesSent) held=\(count)") }

  private func say(_ line: String) {
    print(line)
    fflush(nil)
  }
}

extension Instant {
  fileprivate var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
