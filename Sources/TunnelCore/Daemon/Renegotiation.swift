/// Bringing one child of the IKE daemon's back, whatever the cause. One state machine:
///
///     suspected --> terminate child --> cleared --> initiate --> initiated --> restored --> forgotten
///                                       ^    |                    |     ^
///     awaited ----------------------------------> initiate        |     '-- refused: another address,
///                                       |                         |         or again, with back-off
///                                       '-- forget the IKE SA <---'-- the peer is silent
///
/// Every decision is taken on a list of the daemon's that was asked for after the moment it is
/// about. The machine says what is to be asked; `Renegotiator` asks, and tells when that is done.
struct Renegotiation: Sendable {
  /// How long what was seen must last before it is acted upon.
  static let settleTime = Duration.milliseconds(500)
  /// How long a peer may take to answer. charon repeats a request after 4 s, so one may be lost.
  static let patience = Duration.seconds(5)
  /// The same for a slow one: charon repeats its request once more, after 7.2 s.
  private static let longPatience = Duration.seconds(20)
  /// As long as charon itself would try (165 s, docs/facts/strongswan.md, "Retransmission"), a
  /// silent peer is asked anew each time.
  private static let mostPromptRetries = 32
  private static let longestSilence = Duration.seconds(300)
  /// A negotiation has so long at least, however short the back-off is.
  private static let leastPause = Duration.seconds(1)

  /// The tunnel, and its name should it be forgotten meanwhile.
  var tunnel: TunnelID
  let name: String
  var cause: Cause
  var step: Step
  /// Whether the child may be initiated: not in a `responder-only` VPN whose path was dead.
  var mayInitiate = true
  /// Before this nothing is done, whatever the attempts on the tunnel allow.
  var dueAt: Instant
  /// When the tunnel's attempt was begun that this took part in last.
  private var joined: Instant?
  /// Whether the daemon was asked for anything since the child was whole.
  private var hasActed = false
  /// Times in a row that the peer was found silent, and when the daemon did the last thing.
  private(set) var silences = 0
  private(set) var actedAt: Instant?

  /// Whether good news came since the daemon did that: a silent peer is asked anew at once.
  private var isHastened = false

  /// Times in a row that it was refused, and whether that was said of the last negotiation.
  private(set) var refusals = 0
  private var isRefused = false
  /// Looks in a row that showed it on its way and nothing else, two at most.
  private var idleLooks = 0
  /// Whether it waits for a name.
  private(set) var isNameless = false

  init(of tunnel: Tunnel, cause: Cause, step: Step, dueAt: Instant) {
    (self.tunnel, name) = (tunnel.id, tunnel.name)
    (self.cause, self.step, self.dueAt) = (cause, step, dueAt)
  }

  /// What it has is to be cleared. Whoever decided that has asked the guards, or is an operator: no
  /// attempt is waited for.
  mutating func condemn(at decidedAt: Instant, because cause: Cause, mayInitiate: Bool) {
    (self.cause, step, dueAt, joined) = (cause, .suspected, decidedAt, nil)
    self.mayInitiate = mayInitiate
  }

  /// It is not there and is to be; the daemon and the peer have until `patience`.
  mutating func awaitAbsent(until patience: Instant) {
    (cause, step, mayInitiate) = (.absent, .awaited, true)
    dueAt = max(dueAt, patience)
  }

  /// A packet has made the daemon negotiate the child.
  mutating func noteTrigger(at now: Instant) {
    actedAt = now
    hasActed = true
  }

  /// When something is to be done whatever happens until then.
  func due(_ attempts: Attempts) -> Instant {
    attempts.due(after: joined).map { max($0, dueAt) } ?? dueAt
  }

  /// When the next list is needed at the latest.
  func nextLook(_ attempts: Attempts, at now: Instant) -> Instant {
    let due = due(attempts)
    switch step {
    case .cleared, .initiated:
      // Once that is over, looks that show nothing new are seldom.
      let silence = actedAt?.advanced(by: silenceLimit)
      return silence.map { $0 > now ? min(due, $0) : due } ?? due
    case .suspected, .awaited, .asked, .restored: return due
    }
  }

  /// The second and later silences in a row cost nobody anything but one packet, so there is no
  /// back-off before charon would have given up too. Every fourth time the peer is given longer: one that
  /// needs more than the usual patience, slow, far, or with packets lost, would never get to answer.
  private var silenceLimit: Duration {
    if isHastened { return Self.patience }
    let excess = min(max(silences - Self.mostPromptRetries, 0), 6)
    let usual = min(Self.patience * (1 << excess), Self.longestSilence)
    return silences % 4 == 3 ? max(usual, Self.longPatience) : usual
  }

  /// What to do, by a list that was asked for at `askedAt`.
  mutating func next(
    _ view: ChildView, _ attempts: inout Attempts, askedAt: Instant, at now: Instant,
    using random: inout SplitMix64
  ) -> Act {
    let isDue = askedAt >= due(attempts)
    switch step {
    case .asked: return .nothing
    case .suspected:
      // Kept until its time all the same: an earlier attempt may have set it.
      if view.childrenToDelete.isEmpty { step = .restored }
      guard isDue, !view.childrenToDelete.isEmpty else { return .nothing }
      return terminate(view, &attempts, at: now, using: &random)
    case .restored:
      if !view.childrenToDelete.isEmpty {
        (cause, mayInitiate) = (.lost, true)
        step = .suspected
        dueAt = max(now.advanced(by: Self.settleTime), dueAt)
        return .nothing
      }
      return isDue ? .end : .nothing
    case .awaited:
      if view.isWhole { return succeed(attempts, at: now) }
      if !view.childrenToDelete.isEmpty { (cause, step) = (.lost, .suspected) }
      guard isDue, view.childrenToDelete.isEmpty else { return .nothing }
      actedAt = now
      step = .initiated
      return view.isOccupied ? .nothing : initiate(isDue, &attempts, at: now, using: &random)
    case .cleared, .initiated:
      return pursue(view, &attempts, isDue, askedAt, at: now, using: &random)
    }
  }

  private mutating func pursue(
    _ view: ChildView, _ attempts: inout Attempts, _ isDue: Bool, _ askedAt: Instant,
    at now: Instant, using random: inout SplitMix64
  ) -> Act {
    if !view.childrenToDelete.isEmpty {
      if cause == .absent { cause = .lost }
      // It was told to, and cannot before the peer has answered something else.
      if step == .cleared, let stuck = view.stuckIKE {
        return awaitPeer(stuck, isDue, askedAt, at: now)
      }
      // Lost again, or the daemon did not do as it was told.
      return isDue ? terminate(view, &attempts, at: now, using: &random) : .nothing
    }
    if view.isWhole { return succeed(attempts, at: now) }
    if view.isOccupied { return awaitPeer(view.stuckIKE, isDue, askedAt, at: now) }
    guard mayInitiate else { return .end }
    if isDue || step == .cleared {
      return initiate(isDue, &attempts, at: now, using: &random)
    }
    guard !isRefused, let actedAt, askedAt > actedAt else { return .nothing }
    isRefused = true
    refusals += 1
    return .refused
  }

  /// Nothing can be done before the peer answers; when it stays silent, its IKE SA is forgotten.
  private mutating func awaitPeer(
    _ stuck: UInt32?, _ isDue: Bool, _ askedAt: Instant, at now: Instant
  ) -> Act {
    if let stuck, askedAt >= actedAt?.advanced(by: silenceLimit) ?? now {
      silences += 1
      isHastened = false
      return .forgetIKE(stuck)
    }
    if isDue {
      dueAt = now.advanced(by: Self.patience * (1 << idleLooks))
      idleLooks = min(idleLooks + 1, 2)
    }
    return .nothing
  }

  /// Good news came: what waits for the peer or for time goes on at `due`.
  mutating func hasten(to due: Instant) {
    switch step {
    case .awaited, .cleared, .initiated:
      dueAt = min(dueAt, due)
      isHastened = true
    case .suspected, .asked, .restored: break
    }
  }

  /// It is tried with another address: at once, or when the next attempt is due.
  mutating func moveOn(atOnce: Bool) { step = atOnce ? .cleared : .awaited }

  // MARK: Names that are gone

  /// Whether the next thing that it does is to negotiate the child, unless that is back.
  var isNegotiating: Bool {
    switch step {
    case .awaited, .cleared, .initiated: mayInitiate
    case .suspected, .asked, .restored: false
    }
  }

  /// It is not known what to initiate; looked up again at `time`.
  mutating func awaitName(until time: Instant) {
    (step, dueAt, isNameless) = (.awaited, time, true)
  }

  /// Whether it waits for nothing but a name, should it need another one.
  var takesNameAtOnce: Bool { isNegotiating && (isNameless || step != .awaited) }

  /// That is known now: what had to wait for it alone is done at once.
  mutating func takeName(at now: Instant) {
    if takesNameAtOnce { step = .cleared }
    if isNameless { dueAt = min(dueAt, now) }
    isNameless = false
  }

  /// The first act of an attempt: away with every instance that the daemon believes in. It is the
  /// only one when another instance of the child is whole.
  private mutating func terminate(
    _ view: ChildView, _ attempts: inout Attempts, at now: Instant,
    using random: inout SplitMix64
  ) -> Act {
    join(&attempts, at: now, using: &random)
    return .terminate(view.childrenToDelete, anew: !view.isWhole && mayInitiate)
  }

  /// The second: what was deleted is negotiated. When the first one is long past, it is an attempt
  /// of its own.
  private mutating func initiate(
    _ isDue: Bool, _ attempts: inout Attempts, at now: Instant, using random: inout SplitMix64
  ) -> Act {
    if isDue { join(&attempts, at: now, using: &random) }
    return .initiate
  }

  /// Nothing is proven by that, so the tunnel's attempts stay as they are.
  private mutating func succeed(_ attempts: Attempts, at now: Instant) -> Act {
    let wasAsked = hasActed
    step = .restored
    (hasActed, silences, refusals) = (false, 0, 0)
    dueAt = now.advanced(by: max(attempts.initialWait, Self.leastPause))
    return wasAsked ? .report : .nothing
  }

  private mutating func join(
    _ attempts: inout Attempts, at now: Instant, using random: inout SplitMix64
  ) {
    joined = attempts.join(at: now, using: &random)
    hasActed = true
    dueAt = now.advanced(by: Self.leastPause)
  }

  // MARK: What the daemon did

  /// It carried the request out, or refused to. Either way the next list says what to do.
  mutating func finish(_ request: VICIRequest, at now: Instant) {
    guard step == .asked(request) else { return }
    idleLooks = 0
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
