/// What passed through the SAs of one tunnel since the agent first saw each of them, by the kernel's
/// counters: numbers that only grow, whatever SAs come and go.
struct TunnelTraffic: Hashable, Sendable {
  /// One direction.
  struct Way: Hashable, Sendable {
    var packets: UInt64 = 0
    var bytes: UInt64 = 0
  }

  /// ESP that was dropped.
  struct Errors: Hashable, Sendable {
    var outsideWindow: UInt64 = 0
    var replayed: UInt64 = 0
    var integrity: UInt64 = 0
  }

  /// What had passed when a dump was read.
  private struct Mark: Hashable {
    /// The dump's number.
    var dump: UInt64
    var at: Instant
    var bytesIn: UInt64
    var bytesOut: UInt64
  }

  private(set) var inbound = Way()
  private(set) var outbound = Way()
  private(set) var errors = Errors()
  /// When the last packet came in; nil where the kernel does not say.
  private(set) var lastIn: Instant?
  /// The last dump that had SAs of it, and the one before.
  private var latestMark: Mark?
  private var markBefore: Mark?

  /// More has passed.
  mutating func add(_ growth: SACounts, isInbound: Bool) {
    if isInbound {
      inbound.packets += growth.packets
      inbound.bytes += growth.bytes
    } else {
      outbound.packets += growth.packets
      outbound.bytes += growth.bytes
    }
    errors.outsideWindow += UInt64(growth.errors.outsideWindow)
    errors.replayed += UInt64(growth.errors.replayed)
    errors.integrity += UInt64(growth.errors.integrity)
  }

  /// An SA of it was in this dump.
  mutating func noteDump(_ number: UInt64, at now: Instant) {
    if latestMark?.dump != number { markBefore = latestMark }
    let began = latestMark?.dump == number ? latestMark?.at : nil
    latestMark = Mark(
      dump: number, at: began ?? now, bytesIn: inbound.bytes, bytesOut: outbound.bytes)
  }

  mutating func noteLastIn(_ instant: Instant) {
    lastIn = lastIn.map { max($0, instant) } ?? instant
  }

  /// Bits per second from one dump to the next one, and how long that was; nil unless this dump had SAs
  /// of it and another one before.
  func rates(at dump: UInt64) -> (inbound: Double, outbound: Double, over: Duration)? {
    guard let latest = latestMark, latest.dump == dump, let before = markBefore else { return nil }
    let time = before.at.duration(to: latest.at)
    guard time > .zero else { return nil }
    func rate(_ from: UInt64, _ to: UInt64) -> Double { Double(to - from) * 8 / time.inSeconds }
    return (rate(before.bytesIn, latest.bytesIn), rate(before.bytesOut, latest.bytesOut), time)
  }
}
