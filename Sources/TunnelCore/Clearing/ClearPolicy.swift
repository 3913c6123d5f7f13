/// Whether SAs of a dead path or a dead peer may be cleared now: the one question between deciding
/// that they are dead and `Core.beginLadder`, from which they are taken away.
///
/// In this order: somebody has to bring them back (`ExpireListeners`); while most tunnels fail one at
/// a time is cleared, as a test (`MassFailure`); a set has to be old enough, and its tunnel's next
/// attempt due (`Candidate.earliest`); and no minute sees more clears than `max-clears-per-minute`
/// (`ClearCap`). What has to wait is not lost: it is asked again when the decision says.
struct ClearPolicy: Sendable {
  /// A test without new SAs is given up for lost after this, or twice threshold x interval.
  private static let testPatience = Duration.seconds(60)

  /// A set that is to be cleared, as far as that matters.
  struct Candidate: Sendable {
    let set: MonitorID
    let tunnel: TunnelID
    /// The tunnel's name.
    let name: String
    /// Threshold x interval of what has found it dead.
    let patience: Duration
    /// No earlier than that; nil: at any time.
    let earliest: Instant?
    /// Whether it comes back only if an IKE daemon hears of its expiry.
    let needsListener: Bool
  }

  enum Decision: Hashable, Sendable {
    /// It may.
    case now
    /// Ask again then.
    case wait(until: Instant)
    /// Nobody would bring it back. Ask again then.
    case unrestorable(until: Instant)
  }

  /// Who fails, and what follows while most do.
  var mass: MassFailure
  /// Who would hear of an expiry.
  var listeners = ExpireListeners()
  private var cap: ClearCap

  init(_ configuration: Configuration) {
    mass = MassFailure(share: configuration.massFailureThreshold)
    cap = ClearCap(limit: configuration.maxClearsPerMinute)
  }

  /// The settings are others from now on.
  mutating func adopt(_ configuration: Configuration) {
    mass.adopt(share: configuration.massFailureThreshold)
    cap.adopt(limit: configuration.maxClearsPerMinute)
  }

  /// Decides of all of these together: one set whose path is dead, or those of a dead peer's IKE SA.
  /// With `.now` the clear counts as begun.
  ///
  mutating func authorize(
    _ candidates: [Candidate], at now: Instant, _ out: inout Outbox
  ) -> Decision {
    guard let lead = lead(of: candidates) else { return .now }
    if candidates.contains(where: \.needsListener),
      let decision = listeners.obstacle(for: candidates.map(\.set), at: now, &out)
    {
      return decision
    }
    let patience = candidates.map(\.patience).max() ?? .zero
    if mass.isActive, !mass.mayTest(lead.tunnel, at: now) {
      return .wait(until: now.advanced(by: patience))
    }
    if let due = candidates.compactMap(\.earliest).max(), due > now { return .wait(until: due) }
    if let due = cap.reserve(candidates.count, at: now) {
      if cap.mustSay() {
        out.log(
          .warning, lead.name,
          "max-clears-per-minute = \(cap.limit) is reached: further clears wait")
      }
      return .wait(until: due)
    }
    if mass.isActive {
      let until = now.advanced(by: max(patience * 2, Self.testPatience))
      mass.begin(testOf: lead.tunnel, until: until, at: now)
      out.log(.warning, lead.name, "cleared as a test while most tunnels fail")
    }
    return .now
  }

  /// The tunnel that these sets are a test of: a dead peer may have several.
  private func lead(of candidates: [Candidate]) -> Candidate? {
    candidates.first { $0.tunnel == mass.test?.tunnel }
      ?? candidates.min { $0.tunnel < $1.tunnel }
  }
}
