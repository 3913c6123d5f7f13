/// Tells users' traffic from probes by the packet counters of one set's SAs, for `optimized`.
///
/// The agent's own probes, the replies to them, the peer's probes and the kernel's replies to those
/// pass through the SAs too. They are counted as they happen and taken off.
struct TrafficMeter: Hashable, Sendable {
  /// What passed since the last reading.
  struct Traffic: Hashable {
    var sent: Bool
    var received: Bool
  }

  /// Whether the next reading is the point to measure from: counters known so far may be old.
  private(set) var isToStart = false
  private var lastCounts: [SAKey: UInt64] = [:]
  private var ownProbes: UInt64 = 0
  private var ownReplies: UInt64 = 0
  private var peerProbes: UInt64 = 0

  mutating func noteProbe() { ownProbes += 1 }
  mutating func takeBackProbe() { ownProbes -= min(ownProbes, 1) }
  mutating func noteReply() { ownReplies += 1 }
  mutating func notePeerProbe() { peerProbes += 1 }

  /// Takes the SAs' packet counters. An SA that was not there at the last reading began at zero;
  /// a counter that went back belongs to another SA and began at zero too.
  mutating func read(
    inbound: [SAKey: UInt64], outbound: [SAKey: UInt64]
  ) -> Traffic {
    let sent = growth(outbound)
    let received = growth(inbound)
    lastCounts = inbound.merging(outbound) { count, _ in count }
    let traffic = Traffic(
      sent: sent > ownProbes + peerProbes, received: received > ownReplies + peerProbes)
    ownProbes = 0
    ownReplies = 0
    peerProbes = 0
    return traffic
  }

  mutating func startAtNextReading() { isToStart = true }

  /// Takes the counters as the point to measure from.
  mutating func start(_ counts: [SAKey: UInt64]) {
    self = TrafficMeter()
    lastCounts = counts
  }

  private func growth(_ counts: [SAKey: UInt64]) -> UInt64 {
    counts.reduce(0) { sum, entry in
      let last = lastCounts[entry.key] ?? 0
      return sum + (entry.value >= last ? entry.value - last : entry.value)
    }
  }
}
