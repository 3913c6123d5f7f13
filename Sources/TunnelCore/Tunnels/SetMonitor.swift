/// What the agent knows of one SA set's path.
struct SetMonitor: Sendable {
  let id: MonitorID
  let tunnel: TunnelID
  let key: SASetKey
  private(set) var phase = Phase.incomplete
  /// Why it is verified, or up.
  private(set) var grounds = Reason.negotiated
  /// Whether its SAs were there before the agent and the link is left as found.
  var isAdopted = false
  /// Whether verify-path has succeeded (or was not asked for) since the set appeared.
  var isVerified = false
  /// What it carries, as last known; empty while no policy has told.
  var selectors: [TrafficSelector] = []
  /// Whether an alarm says that it is down while its tunnel is up.
  var isAlarmed = false
  /// Whether nobody looks at it, of several, and that was said.
  var isBlindAlarmed = false
  /// After a clear by the operator its routes stay held until then, in on-traffic tunnels.
  var heldUntil: Instant?
  /// Whether it went down and its path is not proven since: in on-traffic tunnels its routes stay
  /// held until it is.
  private(set) var hasFailed = false
  var window = ProbeWindow()
  var meter = TrafficMeter()
  var pathMTU = PathMTU()
  /// When the next probe is due; nil while none is sent.
  var nextProbe: Instant?
  /// Set while a direction has no SA but may get one back (break-before-make reauthentication,
  /// SAs that are being moved to other endpoints).
  var absentUntil: Instant?
  /// Its SAs when it last was complete.
  var sas: [SAID] = []
  /// Since when its SAs are where the tunnel's link cannot carry them; nil while they are not.
  var misplacedAt: Instant?
  /// Whether the daemon has listed SAs of it.
  var wasListed = false
  /// When its present SAs became a set: younger than the threshold they are not cleared.
  var bornAt: Instant?
  /// When SAs are to be cleared; nil while that is not planned.
  private(set) var clearAt: Instant?
  /// The clear of its SAs that is under way.
  var ladder: ClearLadder?
  /// Times its SAs were cleared.
  var clears = 0
  /// When they were the last time.
  var clearedAt: Instant?
  /// Where verify-path's probes were answered from, since the set appeared.
  var provenDestination: IPAddress?
  /// Whether it lost threshold probes to a destination that has not answered once: nothing is made
  /// of that.
  var isNeverAnswered = false
  /// The last addresses probes went between; nil before the first.
  var path: ProbePath?
  /// Where the next one goes, as far as nothing has changed.
  var knownPath: KnownPath?
  /// A destination of vpn-monitor's that is known to answer.
  var answeredDestination: IPAddress?
  /// When it will be woken; written by `SetTimers` alone.
  var wakeAt: Instant?
  /// Why no probe could be sent the last time; nil when one was.
  var obstacle: ProbeObstacle?
  /// Whether probes leave at all.
  var sending = ProbeSending()

  init(id: MonitorID, tunnel: TunnelID, key: SASetKey) {
    self.id = id
    self.tunnel = tunnel
    self.key = key
  }

  /// The only way its phase changes.
  ///
  /// - Parameter grounds: why it is verified, or up, from then on; nil: as before.
  /// - Returns: whether the cause leads there from where it is; else nothing changes.
  @discardableResult
  mutating func enter(_ phase: Phase, because cause: Cause, on grounds: Reason? = nil) -> Bool {
    let allowed = cause.transitions
    guard allowed.from.contains(self.phase.kind), allowed.to.contains(phase.kind) else {
      return false
    }
    self.phase = phase
    if let grounds { self.grounds = grounds }
    switch cause {
    case .silence, .peerDead: hasFailed = true
    case .answered, .excused, .peerAlive, .standby: hasFailed = false
    case .begun where phase == .up: hasFailed = false
    case .begun, .continued, .command, .noWay, .gone: break
    }
    return true
  }

  /// Its SAs are to be cleared then, if the guards let it.
  mutating func planClear(at due: Instant) { clearAt = due }

  /// The planned clear has begun, or is not to be.
  mutating func endClearPlan() { clearAt = nil }

  /// The active gateway's failures are none of the standby's: whoever becomes active finds anew
  /// what is proven.
  mutating func forgetFailure() { hasFailed = false }

  /// It stands in for a set that failed, and is not proven either.
  mutating func inheritFailure() { hasFailed = true }

  /// Whether the path was proven and no probe has been lost since the last answer; silence of who
  /// never answers is no loss.
  var isHealthy: Bool { phase == .up && (window.consecutiveLosses == 0 || isNeverAnswered) }

  /// Whether its SAs are being taken away.
  var isBeingCleared: Bool { ladder != nil }

  /// Whether it is up and has SAs in both directions.
  var isWhole: Bool { phase == .up && absentUntil == nil }

  /// Whether these are the SAs that it had: moved ones keep their SPIs, each in its direction, and
  /// get other destinations.
  func isMoved(to set: SASet) -> Bool {
    func spis(_ ids: some Sequence<SAID>, to local: IPAddress, _ isInbound: Bool) -> Set<UInt32> {
      Set(ids.lazy.filter { ($0.destination == local) == isInbound }.map(\.spi))
    }
    return [true, false].allSatisfy { isInbound in
      spis(set.ids, to: set.key.local, isInbound)
        .isSubset(of: spis(sas, to: key.local, isInbound))
    }
  }

  /// Whether its SAs are there and none of them is known to carry packets.
  var isUnproven: Bool {
    switch phase {
    case .verifying, .down: true
    case .incomplete, .up, .observed, .standby: false
    }
  }

  /// Whether packets could pass both ways at any time.
  var wasComplete: Bool { phase != .incomplete || bornAt != nil }

  /// When a probe that is out will count as unanswered.
  var replyDeadline: Instant? {
    window.nextDeadline.orEarlier(pathMTU.replyDeadline)
  }

  /// The first thing that is due. It changes nothing: but where it lies it would be copied to be asked.
  var deadline: Instant? {
    mutating get {
      nextProbe.orEarlier(window.nextDeadline).orEarlier(absentUntil).orEarlier(clearAt)
        .orEarlier(ladder?.lookAgainAt).orEarlier(pathMTU.deadline)
    }
  }
}
