/// Bringing one child of the IKE daemon's back, whatever the cause. One state machine:
///
///     suspected --> terminate child --> cleared --> initiate --> initiated --> restored --> forgotten
///                                       ^    |                    |     ^
///     awaited ----------------------------------> initiate        |     '-- refused: another address,
///                                       |                         |         or again, with back-off
///                                       '-- forget the IKE SA <---'-- the peer is silent
///
/// Every decision is taken on a list of the daemon's that was asked for after the moment it is
/// about. The machine says what is to be asked; `Core` asks, and tells when that is done.
struct Renegotiation: Sendable {
  /// Why the child is to be brought back.
  enum Cause: String, Sendable {
    /// Its SAs were deleted from the kernel behind the daemon's back.
    case lost
    /// Its path is dead: the SAs are there and are to be cleared.
    case deadPath = "dead path"
    /// `establish-tunnels = "immediately"`, and it is not there.
    case absent
  }

  enum Step: Hashable, Sendable {
    /// Something the daemon believes in has to go, unless that is otherwise at `dueAt`.
    case suspected
    /// It is not there; the daemon and the peer have until `dueAt` to bring it up by themselves.
    case awaited
    /// The daemon was asked for this and has not answered.
    case asked(VICIRequest)
    /// It was told to delete what it believes in: once it has, the child is negotiated.
    case cleared
    /// It was told to negotiate the child. When that has come to nothing by `dueAt`, again.
    case initiated
    /// The child's SAs are back, or were never lost. Kept until `dueAt`, so that no attempt comes
    /// before.
    case restored
  }

  /// What is to be asked of the daemon.
  enum Act: Hashable, Sendable {
    case nothing
    /// Terminate each of these; the child is negotiated anew once they are gone, or not.
    case terminate([ChildSA], anew: Bool)
    /// The peer does not answer: forget its IKE SA, whatever waits in it.
    case forgetIKE(UInt32)
    case initiate
    /// What was initiated has come to nothing, though the peer answered.
    case refused
    /// The SAs are back after an attempt.
    case report
    /// Nothing is left to be done.
    case end
  }

  /// How long what was seen must last before it is acted upon.
  static let settleTime = Duration.milliseconds(500)
  /// How long a peer may take to answer. charon repeats a request after 4 s, so one may be lost.
  static let patience = Duration.seconds(5)
  /// As long as charon itself would try (165 s), a silent peer is asked anew each time.
  private static let mostPromptRetries = 32
  private static let longestPause = Duration.seconds(300)

  let tunnel: TunnelID
  var cause: Cause
  var step: Step
  /// Whether the child may be initiated: not in a `responder-only` VPN whose path was dead.
  var mayInitiate = true
  /// When something is to be done whatever happens until then.
  var dueAt: Instant
  /// Attempts without success. Each doubles the pause, of which this is the first.
  private(set) var attempts = 0
  var firstPause: Duration
  /// Times in a row that the peer was found silent, and when the daemon did the last thing.
  private(set) var silences = 0
  private(set) var actedAt: Instant?

  /// Times in a row that it was refused, and whether that was said of the last negotiation.
  private(set) var refusals = 0
  fileprivate(set) var isRefused = false

  /// When the next list is needed at the latest.
  var nextLook: Instant {
    switch step {
    case .cleared, .initiated: min(dueAt, actedAt?.advanced(by: silenceLimit) ?? dueAt)
    case .suspected, .awaited, .asked, .restored: dueAt
    }
  }

  /// The second and later silences in a row cost nobody anything but one packet, so there is no
  /// back-off before charon would have given up too.
  private var silenceLimit: Duration {
    let excess = min(max(silences - Self.mostPromptRetries, 0), 6)
    return min(Self.patience * (1 << excess), Self.longestPause)
  }

  /// What to do, by a list that was asked for at `askedAt`.
  mutating func next(
    _ view: ChildView, askedAt: Instant, at now: Instant, using random: inout SplitMix64
  ) -> Act {
    let isDue = askedAt >= dueAt
    switch step {
    case .asked: return .nothing
    case .suspected:
      // Kept until its time all the same: an earlier attempt may have set it.
      if view.doomed.isEmpty { step = .restored }
      return isDue && !view.doomed.isEmpty ? terminate(view, at: now, using: &random) : .nothing
    case .restored:
      if !view.doomed.isEmpty {
        step = .suspected
        dueAt = max(now.advanced(by: Self.settleTime), dueAt)
        return .nothing
      }
      return isDue ? .end : .nothing
    case .awaited:
      if view.isWhole { return succeed(at: now) }
      if !view.doomed.isEmpty { step = .suspected }
      guard isDue, view.doomed.isEmpty else { return .nothing }
      actedAt = now
      step = .initiated
      return view.isOccupied ? .nothing : initiate(isDue, at: now, using: &random)
    case .cleared, .initiated:
      return pursue(view, isDue, askedAt, at: now, using: &random)
    }
  }

  private mutating func pursue(
    _ view: ChildView, _ isDue: Bool, _ askedAt: Instant, at now: Instant,
    using random: inout SplitMix64
  ) -> Act {
    if !view.doomed.isEmpty {
      // Lost again, or the daemon did not do as it was told.
      return isDue ? terminate(view, at: now, using: &random) : .nothing
    }
    if view.isWhole { return succeed(at: now) }
    if view.isOccupied {
      if let stuck = view.stuckIKE, askedAt >= actedAt?.advanced(by: silenceLimit) ?? now {
        silences += 1
        return .forgetIKE(stuck)
      }
      if isDue { dueAt = now.advanced(by: Self.patience) }
      return .nothing
    }
    guard mayInitiate else { return .end }
    if isDue || step == .cleared { return initiate(isDue, at: now, using: &random) }
    guard !isRefused, let actedAt, askedAt > actedAt else { return .nothing }
    isRefused = true
    refusals += 1
    return .refused
  }

  /// It is tried with another address: at once, or when the next attempt is due.
  mutating func moveOn(atOnce: Bool) { step = atOnce ? .cleared : .awaited }

  /// The first act of an attempt: away with every instance that the daemon believes in. It is the
  /// only one when another instance of the child is whole.
  private mutating func terminate(
    _ view: ChildView, at now: Instant, using random: inout SplitMix64
  ) -> Act {
    beginAttempt(at: now, using: &random)
    return .terminate(view.doomed, anew: !view.isWhole && mayInitiate)
  }

  /// The second: what was deleted is negotiated. When the first one is long past, it is an attempt
  /// of its own.
  private mutating func initiate(
    _ isDue: Bool, at now: Instant, using random: inout SplitMix64
  ) -> Act {
    if isDue { beginAttempt(at: now, using: &random) }
    return .initiate
  }

  private mutating func succeed(at now: Instant) -> Act {
    let wasAsked = attempts > 0
    step = .restored
    (attempts, silences, refusals) = (0, 0, 0)
    dueAt = min(dueAt, now.advanced(by: firstPause))
    return wasAsked ? .report : .nothing
  }

  private mutating func beginAttempt(at now: Instant, using random: inout SplitMix64) {
    let pause = firstPause * (1 << min(attempts, 10))
    let jittered = pause * Double.random(in: 1...1.25, using: &random)
    attempts += 1
    dueAt = now.advanced(by: min(jittered, Self.longestPause))
  }

  // MARK: What the daemon did

  /// It carried the request out, or refused to. Either way the next list says what to do.
  mutating func finish(_ request: VICIRequest, at now: Instant) {
    guard step == .asked(request) else { return }
    actedAt = now
    isRefused = false
    if case .initiate = request { step = .initiated } else { step = .cleared }
  }

  /// The connection to it is lost: what was asked for may have been done or not.
  mutating func suspend() {
    switch step {
    case .suspected: step = .restored
    case .asked: step = .initiated
    case .awaited, .cleared, .initiated, .restored: break
    }
  }
}
