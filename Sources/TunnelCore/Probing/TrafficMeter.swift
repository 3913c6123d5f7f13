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
    let carriers = readEach(inbound: inbound, outbound: outbound)
    return Traffic(sent: !carriers.outbound.isEmpty, received: !carriers.inbound.isEmpty)
  }

  /// The same, and which SAs it was that carried traffic. The kernel sends by one SA of a set at a
  /// time, so probes are taken off the one that carried the most.
  mutating func readEach(
    inbound: [SAKey: UInt64], outbound: [SAKey: UInt64]
  ) -> (inbound: Set<SAKey>, outbound: Set<SAKey>) {
    // The peer's probes came through the SAs: what did not, anybody may have sent.
    let arrived = growths(of: inbound).reduce(0) { $0 + $1.growth }
    let peerProbes = min(peerProbes, arrived - min(arrived, ownReplies))
    let carriers = (
      inbound: grown(inbound, lessBy: ownReplies + peerProbes),
      outbound: grown(outbound, lessBy: ownProbes + peerProbes)
    )
    start(inbound.merging(outbound) { count, _ in count })
    return carriers
  }

  mutating func startAtNextReading() { isToStart = true }

  /// Takes the counters as the point to measure from.
  mutating func start(_ counts: [SAKey: UInt64]) {
    self = TrafficMeter()
    lastCounts = counts
  }

  private func growths(of counts: [SAKey: UInt64]) -> [(key: SAKey, growth: UInt64)] {
    counts.map { key, count in
      let last = lastCounts[key] ?? 0
      return (key, count >= last ? count - last : count)
    }
  }

  private func grown(_ counts: [SAKey: UInt64], lessBy probes: UInt64) -> Set<SAKey> {
    var rest = probes
    return growths(of: counts).sorted { $0.growth > $1.growth }.reduce(into: []) { carriers, sa in
      if sa.growth > rest { carriers.insert(sa.key) }
      rest -= min(rest, sa.growth)
    }
  }
}
