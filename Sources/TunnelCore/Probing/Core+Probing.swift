/// Probes, replies, thresholds.
extension Core {
  /// From one reply to the next probe while a tunnel recovers; the interval when that is shorter.
  private static let recoveryPause = Duration.seconds(1)

  /// Does what is due for a set.
  mutating func wake(_ id: MonitorID, at now: Instant) {
    noteSent(id, at: now)
    let found = monitors.with(id) { set in
      (
        losses: set.window.consecutiveLosses, isAbsenceOver: set.absentUntil.isDue(at: now),
        isClearDue: set.clearAt.isDue(at: now),
        isLadderDue: (set.ladder?.lookAgainAt).isDue(at: now),
        isReplyDue: set.window.nextDeadline.isDue(at: now)
      )
    }
    guard let found else { return }
    if found.isAbsenceOver { return endAbsence(id, at: now) }
    if found.isClearDue { requestClear(id, at: now) }
    if found.isLadderDue { ladderOverdue(id, at: now) }
    if found.isReplyDue { expireProbes(of: id, after: found.losses, at: now) }
    if found.isReplyDue || found.losses > 0 { checkThreshold(id, at: now) }
    // Whether its SAs are cleared now is known in the next turn, and then no probe is sent.
    let isDue = monitors.with(id, { $0.nextProbe.isDue(at: now) }) == true
    if isDue, !clearPolicy.listeners.isAsking(about: id, at: now) { probe(id, at: now) }
    seekPathMTU(id, at: now)
    schedule(id)
  }

  /// Counts the probes of a set that were not answered in time.
  private mutating func expireProbes(of id: MonitorID, after losses: Int, at now: Instant) {
    let (drained, pause) = (punctuality.drainedAt ?? now, punctuality.lastPause)
    let expired = monitors.with(id) { $0.window.expire(drained: drained, after: pause) }
    if let expired, expired.lost + expired.clear > 0 {
      count(id) {
        $0.lost += expired.lost
        $0.clear += expired.clear
      }
    }
    guard let (left, tunnel) = monitors.with(id, { ($0.window.consecutiveLosses, $0.tunnel) }),
      left != losses
    else { return }
    updateFailureCensus(tunnel, at: now)
  }

  // MARK: Sending

  private mutating func probe(_ id: MonitorID, at now: Instant) {
    guard
      let (owner, nextProbe, isUp) = monitors.with(
        id, { ($0.tunnel, $0.nextProbe, $0.phase.kind == .up) }),
      let known = tunnels.with(owner, { $0.probeSettings }), let settings = known,
      let due = nextProbe
    else { return }
    punctuality.probeIsSent(
      due: due, pace: punctuality.pace(settings.interval), at: now, &out)
    let pace = punctuality.pace(settings.interval)
    let next = due.advanced(by: pace)
    monitors.with(id) { $0.nextProbe = next > now ? next : now.advanced(by: pace) }
    if settings.mode == .optimized, isUp {
      readCounters(id)
    } else {
      sendProbe(id, at: now)
    }
  }

  mutating func sendProbe(_ id: MonitorID, at now: Instant) {
    switch currentPath(of: id) {
    case nil: break
    case .failure(let obstacle):
      monitors[id]?.obstacle = obstacle
      noteBlocked(id, obstacle, at: now)
    case .success(let path): sendProbe(id, along: path, at: now)
    }
  }

  private mutating func sendProbe(_ id: MonitorID, along path: ProbePath, at now: Instant) {
    guard let owner = monitors.with(id, { $0.tunnel }), let longest = timeout(of: owner) else {
      return
    }
    leadProbe(path)
    let sent = monitors.with(id) { set -> (sequence: UInt64, key: SASetKey, endsSocket: Bool) in
      let endsSocket = set.path?.way.needsSocket == true && !path.way.needsSocket
      set.obstacle = nil
      if set.isNeverAnswered, set.path?.destination != path.destination {
        set.isNeverAnswered = false
        set.window.restart()
      }
      set.path = path
      set.sending.handOver()
      set.meter.noteProbe()
      return (set.window.send(at: now, timeout: longest), set.key, endsSocket)
    }
    guard let sent else { return }
    if sent.endsSocket { out.send(.probe(.end(id))) }
    peers.noteMeters(sent.key) { $0.noteProbe() }
    out.send(
      .probe(
        .send(
          ProbeRequest(
            tunnel: owner, monitor: id, sequence: sent.sequence, way: path.way,
            source: path.source, destination: path.destination, size: path.size))))
  }

  /// The kernel did not take the probe, and status says why. Where it knows no way that is a loss, at
  /// the probe's deadline as any other; else it is none.
  mutating func takeBack(
    _ id: MonitorID, _ sequence: UInt64, _ errno: Int32, at now: Instant
  ) {
    if PathMTU.owns(sequence) { return refusedWhole(id, sequence, limit: nil, at: now) }
    let obstacle = ProbeObstacle.kernel(errno)
    monitors[id]?.obstacle = obstacle
    if SendError(errno).isNoWay {
      sayBlocked(id, obstacle)
    } else {
      monitors[id]?.window.takeBack(sequence)
      count(id) { $0.notSent += 1 }
      noteBlocked(id, obstacle, at: now)
    }
    monitors[id]?.meter.takeBackProbe()
    if let key = monitors[id]?.key { peers.noteMeters(key) { $0.takeBackProbe() } }
    noteOutcome(id, sequence, .failure(obstacle))
    schedule(id)
  }

  // MARK: Answers

  mutating func receive(_ reply: ProbeReply, at now: Instant) {
    let id = reply.monitor
    guard
      let (key, owner, isThere, isByPath) = monitors.with(
        id, { ($0.key, $0.tunnel, $0.absentUntil == nil, $0.path?.way == reply.way) }), isThere
    else { return }
    defer { schedule(id) }
    noteSent(id, at: now)
    let arrives = isByPath || (monitors[id].map { self.arrives(by: reply.way, $0) } ?? false)
    if PathMTU.owns(reply.sequence) {
      guard arrives else { return }
      return receiveWhole(id, reply.sequence, at: now)
    }
    guard arrives || acceptsInClear(reply) else { return }
    peers.noteMeters(key) { $0.noteReply() }
    if arrives { peers.probeReply(through: key) }
    let verdict = monitors.with(id) { set in
      set.meter.noteReply()
      return set.window.receive(reply.sequence, at: reply.arrivedAt)
    }
    switch verdict {
    case .alive(let roundTrip):
      count(owner) {
        $0.answered += 1
        $0.roundTrips.note(roundTrip)
      }
      noteRoundTrip(roundTrip, of: reply, on: owner)
      pathIsAlive(id, of: owner, at: now)
      noteOutcome(id, reply.sequence, .success(roundTrip))
    case .late(let roundTrip, let isLife):
      count(owner) {
        $0.late += 1
        $0.roundTrips.note(roundTrip)
      }
      noteRoundTrip(roundTrip, of: reply, on: owner)
      if isLife { pathIsAlive(id, of: owner, at: now) } else { noteLateAnswer(id, at: now) }
      noteOutcome(id, reply.sequence, .success(roundTrip))
    case .unknown, nil: break
    }
  }

  /// Whether a reply counts that came in clear.
  private mutating func acceptsInClear(_ reply: ProbeReply) -> Bool {
    // What a socket's policies let pass is all that counts where there is no link: any other copy
    // may have come either way.
    guard let monitor = monitors[reply.monitor], monitor.path?.way.needsSocket == false else {
      return false
    }
    let isOurs = monitors[monitor.id]?.window.receiveInClear(reply.sequence) ?? false
    if isOurs, tunnels[monitor.tunnel]?.probeSettings?.acceptsClearReply == true { return true }
    noteOutcome(monitor.id, reply.sequence, nil)
    return false
  }

  private mutating func pathIsAlive(_ id: MonitorID, of owner: TunnelID, at now: Instant) {
    noteAnswer(id, at: now)
    noteGoodProbe(of: owner, at: now)
    guard let isUnproven = monitors.with(id, { $0.isUnproven }) else { return }
    // What is well stays so by an answer.
    if !clearPolicy.mass.isWell(owner) { updateFailureCensus(owner, at: now) }
    guard isUnproven, let monitor = monitors[id],
      let tunnel = tunnels[owner]
    else { return }
    let reason: Reason
    switch monitor.phase {
    case .up, .incomplete, .observed, .standby: return
    case .verifying: reason = monitor.purpose == .verifyPath ? .pathVerified : .answered
    case .down: reason = monitor.isVerified ? .answered : .pathVerified
    }
    // Nothing more is taken from what shows life.
    guard spare(id, at: now) else { return }
    guard monitor.window.consecutiveReplies >= recoveryThreshold(of: tunnel, at: now) else {
      // With a long interval the replies that are still wanted would keep a good path closed.
      if let next = monitor.nextProbe {
        monitors[id]?.nextProbe = min(next, now.advanced(by: Self.recoveryPause))
      }
      return
    }
    monitors[id]?.enter(.up, because: .answered, on: reason)
    monitors[id]?.isVerified = true
    monitors[id]?.isAdopted = false
    reconcile(monitor.tunnel, because: reason, at: now)
  }

  // MARK: The threshold

  private mutating func checkThreshold(_ id: MonitorID, at now: Instant) {
    guard monitors.with(id, { $0.window.consecutiveLosses > 0 }) == true,
      let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel],
      let policy = tunnel.monitor, monitor.clearAt == nil, monitor.phase != .incomplete,
      monitor.window.consecutiveLosses >= policy.threshold, !monitor.isNeverAnswered,
      policy.action == .clear || !monitor.phase.isDown
    else { return }
    if !monitor.window.hasClearReply, isUnanswered(monitor, tunnel) {
      return ignoreSilence(of: id, at: now)
    }
    let reason: Reason =
      monitor.window.hasClearReply
      ? .replyInClear : monitor.isVerified ? .monitorFailure : .verifyPathError
    log(
      .warning, tunnel.name,
      "\(monitor.window.consecutiveLosses) probes unanswered, threshold is \(policy.threshold)")
    guard monitors[id]?.enter(.down(reason), because: .silence) == true else { return }
    countFailure(of: id, because: reason)
    if policy.action != .warn { monitors[id]?.isAdopted = false }
    keepHeld(id, policy.interval, at: now)
    noteTestResult(of: monitor)
    beginMassFailure(with: tunnel.id, at: now)
    planClear(id, because: reason, at: now)
    reconcile(monitor.tunnel, at: now)
    if let clearAt = monitors[id]?.clearAt, clearAt <= now { requestClear(id, at: now) }
  }

  /// The threshold of a set fell: one that a test brought, or that survived it, tells how that went.
  mutating func noteTestResult(of monitor: SetMonitor) {
    guard let test = clearPolicy.mass.test, test.tunnel == monitor.tunnel else { return }
    let dates = [monitor.clearedAt, monitor.bornAt].compactMap(\.self)
    if dates.contains(where: { $0 >= test.begunAt }) { clearPolicy.mass.testFailed(monitor.tunnel) }
  }
}
