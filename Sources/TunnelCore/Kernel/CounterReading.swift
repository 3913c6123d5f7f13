/// When the kernel's counters of all SAs are dumped: when somebody asks for a report that shows them, and
/// not more than once a second. Nobody asks, nothing is read.
struct CounterReading: Sendable {
  /// Figures of a dump are shown for so long.
  static let freshness = Duration.seconds(1)
  /// How long reports wait for a dump. Then they show what is known.
  static let patience = Duration.seconds(2)

  /// When the last dump that was read to its end was asked for; nil before the first.
  private(set) var readAt: Instant?
  /// The number of the last dump that was asked for.
  private(set) var number: UInt64 = 0
  /// Why the last one failed; nil when it did not.
  private(set) var failure: String?
  /// When the dump that is under way was asked for.
  private var askedAt: Instant?
  /// When the last one ended, well or not.
  private var triedAt: Instant?

  /// Somebody asks for a report.
  mutating func want(at now: Instant, _ out: inout Outbox) {
    // Whoever asks meanwhile gets what is being read.
    guard askedAt == nil else { return }
    if let triedAt, triedAt.duration(to: now) < Self.freshness {
      return out.send(.tell(.countersRead))
    }
    askedAt = now
    number += 1
    out.timers.set(.counters, to: now.advanced(by: Self.patience))
    out.send(.sa(.dumpCounters))
  }

  /// The dump was read to its end, or why not.
  mutating func ended(because failure: String? = nil, _ out: inout Outbox) {
    guard let askedAt else { return }
    if failure == nil { readAt = askedAt }
    switch (self.failure, failure) {
    case (nil, let new?):
      out.log(.warning, "-", "cannot read the SAs' counters, showing older ones: \(new)")
    case (_?, nil): out.log(.info, "-", "the SAs' counters are read again")
    case (_, _): break
    }
    self.failure = failure
    triedAt = askedAt
    self.askedAt = nil
    out.timers.set(.counters, to: nil)
    out.send(.tell(.countersRead))
  }

  /// Reports have waited long enough.
  mutating func giveUp(_ out: inout Outbox) {
    ended(because: "no answer from the kernel within \(Int(Self.patience.inSeconds)) s", &out)
  }
}

/// What SAs have counted, and whose it is.
extension Core {
  /// - Parameter unixTime: when they were read, in seconds since 1970.
  mutating func countersRead(
    _ list: [(key: SAKey, counts: SACounts)], _ unixTime: Double, _ isLast: Bool, at now: Instant
  ) {
    for (key, counts) in list {
      note(counts, of: key) { [number = counterReading.number] traffic, isInbound in
        traffic.noteDump(number, at: now)
        guard isInbound, let last = counts.lastUsed else { return }
        let age = max(unixTime - Double(last), 0)
        traffic.noteLastIn(now.advanced(by: .nanoseconds(-Int64(min(age, 1e9) * 1e9))))
      }
    }
    if isLast { counterReading.ended(&out) }
  }

  /// What an SA has counted since it was last read goes to its tunnel.
  ///
  /// - Parameter further: what else is known of its tunnel's traffic.
  mutating func note(
    _ counts: SACounts, of sa: SAKey,
    _ further: (_ traffic: inout TunnelTraffic, _ isInbound: Bool) -> Void = { _, _ in }
  ) {
    guard let (key, isInbound, before) = kernel.sas.take(counts, of: sa),
      let tunnel = monitorOfSet[key].flatMap({ id in monitors.with(id) { $0.tunnel } }),
      let row = counterRow(of: tunnel)
    else { return }
    let growth = counts.growth(since: before)
    out.counters.countTraffic(row) {
      $0.add(growth, isInbound: isInbound)
      further(&$0, isInbound)
    }
  }

  /// Why the SAs' counters are older than they should be; nil when they are not.
  public var countersObstacle: String? {
    counterReading.failure.map { "cannot read the SAs' counters: \($0)" }
  }
}
