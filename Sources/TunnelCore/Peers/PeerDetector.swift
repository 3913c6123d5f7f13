/// Decides whether the peer of one IKE SA is dead. Pure: readings, answers and proofs in, actions out.
///
/// Time is counted in *ticks*: readings of the SAs' packet counters, `ticksPerInterval` to an
/// interval. Between two ticks nothing becomes overdue, so time in which the agent did not run is
/// one tick, not evidence, and another interval applies from the next tick on.
///
/// Two halves of a peer can die. A liveness answer (`answer`) comes from its IKE daemon and is not
/// authenticated; a rebooted peer gives it too. Traffic, probe replies and IKE exchanges (`receive`,
/// `noteReply`, `noteExchange`) are authenticated. So an answer alone never ends a suspicion while
/// something goes out and nothing comes in: then one authenticated exchange is asked for.
struct PeerDetector: Hashable, Sendable {
  /// What is to be done.
  enum Action: Hashable {
    /// Ask the peer whether it is there.
    case ask
    /// Have the IKE daemon make one authenticated exchange with it.
    case exchange
    /// It has never answered, and is not declared dead for its silence.
    case unsupported
    /// The threshold was reached.
    case dead(Finding)
    /// It answers again after losses, or after it was found dead.
    case alive
  }

  /// Which half of a dead peer gave no sign of life.
  enum Finding: Hashable {
    /// Neither.
    case silent
    /// Its IKE daemon; packets or probe replies still come through the SAs.
    case daemonSilent
    /// The SAs; its IKE daemon answers.
    case pathSilent
  }

  /// What passed the SAs of one set since the last tick, probes taken off.
  typealias Traffic = TrafficMeter.Traffic

  static let ticksPerInterval = 4
  /// Silence of so many ticks is an interval: the last packet came up to one tick before the
  /// reading that showed it.
  private static let quietInterval = ticksPerInterval - 1

  /// A question that is out.
  private struct Question: Hashable {
    var isAnswered = false
    /// Whether a probe's reply came through the SAs meanwhile.
    var hasReply = false
    var hasExchange = false
  }

  /// Consecutive questions without a valid answer.
  private(set) var losses = 0
  /// Whether it was found dead and has not answered since.
  private var isDead = false
  /// Whether it went without an answer so long that it is not counted on.
  private(set) var hasGivenUp = false
  private var question: Question?
  private var ticksSinceQuestion: Int?
  /// Ticks since something came in.
  private var quietTicks = 0
  /// Whether something went out since something came in, or since the last valid answer.
  private var hasSent = false
  private var idleTicks: [SASetKey: Int] = [:]
  private var ticksSinceExchange: Int?
  /// Whether the exchange that was asked for took place.
  private var isProven = false
  /// What was heard since the first question of the streak.
  private var answeredInStreak = false
  private var passedInStreak = false

  // MARK: What happens

  /// A tick: the traffic of each set of the IKE SA; none before it has a CHILD_SA.
  mutating func tick(
    _ traffic: [SASetKey: Traffic], _ policy: DeadPeerDetection, isSupported: Bool
  ) -> [Action] {
    ticksSinceQuestion = ticksSinceQuestion.map { $0 + 1 }
    ticksSinceExchange = ticksSinceExchange.map { $0 + 1 }
    measure(traffic)
    var actions = review(policy)
    if question != nil, let ticks = ticksSinceQuestion, ticks >= Self.ticksPerInterval {
      actions += lose(policy, isSupported: isSupported)
      if case .dead = actions.last { return actions }
    }
    if question == nil, wants(policy, isSupported: isSupported) {
      if losses == 0 { (answeredInStreak, passedInStreak) = (false, false) }
      question = Question()
      ticksSinceQuestion = 0
      actions.append(.ask)
    }
    return actions
  }

  /// The peer's daemon answered.
  mutating func answer(_ policy: DeadPeerDetection) -> [Action] {
    question?.isAnswered = true
    answeredInStreak = true
    hasGivenUp = false
    return review(policy)
  }

  /// A probe of the agent's own was answered through the SAs.
  mutating func noteReply() {
    question?.hasReply = true
    passedInStreak = true
  }

  /// The peer took part in an authenticated exchange of this IKE SA.
  mutating func noteExchange(_ policy: DeadPeerDetection) -> [Action] {
    question?.hasExchange = true
    isProven = ticksSinceExchange != nil
    return review(policy)
  }

  /// The kernel did not send the question: that says nothing about the peer.
  mutating func takeBack() { question = nil }

  // MARK: Judgement

  private mutating func measure(_ traffic: [SASetKey: Traffic]) {
    idleTicks = traffic.reduce(into: [:]) { ticks, set in
      let isIdle = !set.value.sent && !set.value.received
      ticks[set.key] = isIdle ? (idleTicks[set.key] ?? 0) + 1 : 0
    }
    if traffic.values.contains(where: \.received) {
      (quietTicks, hasSent, passedInStreak) = (0, false, true)
    } else {
      quietTicks += 1
      if traffic.values.contains(where: \.sent) { hasSent = true }
    }
  }

  /// Whether what goes out is not answered.
  private var isUnanswered: Bool { hasSent && quietTicks >= Self.quietInterval }

  /// Ends the question when what is known by now answers it.
  private mutating func review(_ policy: DeadPeerDetection) -> [Action] {
    guard let question else { return [] }
    let window = Self.ticksPerInterval * policy.threshold
    let isInWindow = ticksSinceExchange.map { $0 <= window } ?? false
    let hasTraffic = policy.mode != .alwaysSend && quietTicks == 0
    let isEnough =
      !isUnanswered || question.hasReply || isProven && isInWindow
    if hasTraffic || question.hasExchange || question.isAnswered && isEnough {
      let wasSuspected = losses > 0 || isDead
      restart()
      isDead = false
      return wasSuspected ? [.alive] : []
    }
    guard question.isAnswered, !isInWindow else { return [] }
    (ticksSinceExchange, isProven) = (0, false)
    return [.exchange]
  }

  private mutating func lose(_ policy: DeadPeerDetection, isSupported: Bool) -> [Action] {
    losses += 1
    question = nil
    guard losses >= policy.threshold else { return [] }
    if isSupported {
      let finding: Finding =
        answeredInStreak ? .pathSilent : passedInStreak ? .daemonSilent : .silent
      restart()
      isDead = true
      return [.dead(finding)]
    }
    let isNew = !hasGivenUp
    restart()
    hasGivenUp = true
    return isNew ? [.unsupported] : []
  }

  private mutating func restart() {
    losses = 0
    question = nil
    hasSent = false
  }

  /// Whether the peer is to be asked now. One that was never heard is asked at once, or a peer that
  /// dies before it was ever asked could not be told from one that does not answer at all.
  private func wants(_ policy: DeadPeerDetection, isSupported: Bool) -> Bool {
    if let ticks = ticksSinceQuestion, ticks < Self.ticksPerInterval { return false }
    if losses > 0 || !isSupported && !hasGivenUp { return true }
    switch policy.mode {
    case .alwaysSend: return true
    case .optimized: return isUnanswered
    case .probeIdleTunnel:
      let isIdle = idleTicks.values.contains { $0 >= Self.quietInterval }
      return isUnanswered || isIdle || idleTicks.isEmpty
    }
  }
}
