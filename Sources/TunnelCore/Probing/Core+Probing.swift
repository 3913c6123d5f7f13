/// Probes, replies, thresholds.
extension Core {
  /// From one reply to the next probe while a tunnel recovers; the interval when that is shorter.
  private static let recoveryPause = Duration.seconds(1)

  /// Does what is due for a set.
  mutating func wake(_ id: MonitorID, at now: Instant) {
    noteSent(id, at: now)
    guard let monitor = monitors[id] else { return }
    func isDue(_ deadline: Instant?) -> Bool { deadline.map { $0 <= now } ?? false }
    if isDue(monitor.absentUntil) { return endAbsence(id, at: now) }
    if isDue(monitor.clearAt) { requestClear(id, at: now) }
    if isDue(monitor.ladder?.lookAgainAt) { ladderOverdue(id, at: now) }
    let (drained, pause) = (punctuality.drainedAt ?? now, punctuality.lastPause)
    if let expired = monitors[id]?.window.expire(drained: drained, after: pause) {
      count(id) {
        $0.lost += expired.lost
        $0.clear += expired.clear
      }
    }
    if monitors[id]?.window.consecutiveLosses != monitor.window.consecutiveLosses {
      updateFailureCensus(monitor.tunnel, at: now)
    }
    checkThreshold(id, at: now)
    // Whether its SAs are cleared now is known in the next turn, and then no probe is sent.
    let isAsked = clearPolicy.listeners.isAsking(about: id, at: now)
    if !isAsked, isDue(monitors[id]?.nextProbe) { probe(id, at: now) }
    seekPathMTU(id, at: now)
    schedule(id)
  }

  // MARK: Sending

  private mutating func probe(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel],
      let policy = tunnel.monitor, let due = monitor.nextProbe
    else { return }
    punctuality.probeIsSent(due: due, policy, at: now, &out)
    let pace = punctuality.pace(of: policy)
    let next = due.advanced(by: pace)
    monitors[id]?.nextProbe = next > now ? next : now.advanced(by: pace)
    if policy.mode == .optimized, monitor.phase == .up {
      readCounters(id)
    } else {
      sendProbe(id, at: now)
    }
  }

  mutating func sendProbe(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel],
      let policy = tunnel.monitor
    else { return }
    switch path(of: tunnel, through: monitor.key, for: monitor.purpose) {
    case .failure(let obstacle):
      monitors[id]?.obstacle = obstacle
      noteBlocked(id, obstacle, at: now)
    case .success(let path):
      if monitor.path?.way.needsSocket == true, !path.way.needsSocket {
        out.send(.probe(.end(id)))
      }
      monitors[id]?.obstacle = nil
      if monitor.isNeverAnswered, monitor.path?.destination != path.destination {
        monitors[id]?.isNeverAnswered = false
        monitors[id]?.window.restart()
      }
      monitors[id]?.path = path
      leadProbe(path)
      monitors[id]?.sending.handOver()
      monitors[id]?.meter.noteProbe()
      peers.noteMeters(monitor.key) { $0.noteProbe() }
      let longest = timeout(of: tunnel, policy)
      guard let sequence = monitors[id]?.window.send(at: now, timeout: longest) else { return }
      out.send(
        .probe(
          .send(
            ProbeRequest(
              monitor: id, sequence: sequence, way: path.way, source: path.source,
              destination: path.destination, size: path.size))))
    }
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
    guard let monitor = monitors[reply.monitor], monitor.absentUntil == nil else { return }
    defer { schedule(reply.monitor) }
    noteSent(reply.monitor, at: now)
    if PathMTU.owns(reply.sequence) {
      guard arrives(by: reply.way, monitor) else { return }
      return receiveWhole(reply.monitor, reply.sequence, at: now)
    }
    guard arrives(by: reply.way, monitor) || acceptsInClear(reply, monitor) else { return }
    monitors[reply.monitor]?.meter.noteReply()
    peers.noteMeters(monitor.key) { $0.noteReply() }
    if arrives(by: reply.way, monitor) { peers.probeReply(through: monitor.key) }
    switch monitors[reply.monitor]?.window.receive(reply.sequence, at: reply.arrivedAt) {
    case .alive(let roundTrip):
      count(reply.monitor) {
        $0.answered += 1
        $0.roundTrips.note(roundTrip)
      }
      noteRoundTrip(roundTrip, of: reply)
      pathIsAlive(reply.monitor, at: now)
      noteOutcome(reply.monitor, reply.sequence, .success(roundTrip))
    case .late(let roundTrip, let isLife):
      count(reply.monitor) {
        $0.late += 1
        $0.roundTrips.note(roundTrip)
      }
      noteRoundTrip(roundTrip, of: reply)
      if isLife {
        pathIsAlive(reply.monitor, at: now)
      } else {
        noteLateAnswer(reply.monitor, at: now)
      }
      noteOutcome(reply.monitor, reply.sequence, .success(roundTrip))
    case .unknown, nil: break
    }
  }

  /// Whether a reply counts that came in clear.
  private mutating func acceptsInClear(_ reply: ProbeReply, _ monitor: SetMonitor) -> Bool {
    // What a socket's policies let pass is all that counts where there is no link: any other copy
    // may have come either way.
    guard monitor.path?.way.needsSocket == false else { return false }
    let isOurs = monitors[monitor.id]?.window.receiveInClear(reply.sequence) ?? false
    if isOurs, tunnels[monitor.tunnel]?.monitor?.acceptsClearReply == true { return true }
    noteOutcome(monitor.id, reply.sequence, nil)
    return false
  }

  private mutating func pathIsAlive(_ id: MonitorID, at now: Instant) {
    noteAnswer(id, at: now)
    noteGoodProbe(id, at: now)
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel] else { return }
    updateFailureCensus(tunnel.id, at: now)
    let reason: Reason
    switch monitor.phase {
    case .up, .incomplete, .observed, .standby: return
    case .verifying:
      reason =
        monitor.isAdopted ? .adopted : monitor.purpose == .verifyPath ? .pathVerified : .answered
    case .down: reason = monitor.isVerified ? .answered : .pathVerified
    }
    // Nothing more is taken from what shows life.
    spare(id, at: now)
    guard monitor.window.consecutiveReplies >= recoveryThreshold(of: tunnel, at: now) else {
      // With a long interval the replies that are still wanted would keep a good path closed.
      if let next = monitor.nextProbe {
        monitors[id]?.nextProbe = min(next, now.advanced(by: Self.recoveryPause))
      }
      return
    }
    monitors[id]?.enter(.up, because: .answered)
    monitors[id]?.isVerified = true
    monitors[id]?.isAdopted = false
    reconcile(monitor.tunnel, because: reason, at: now)
  }

  // MARK: The threshold

  private mutating func checkThreshold(_ id: MonitorID, at now: Instant) {
    guard let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel],
      let policy = tunnel.monitor, monitor.clearAt == nil, monitor.phase != .incomplete,
      monitor.window.consecutiveLosses >= policy.threshold, !monitor.isNeverAnswered,
      policy.action == .clear || !monitor.phase.isDown, !excusesSilence(of: id, at: now)
    else { return }
    let reason: Reason =
      monitor.window.hasClearReply
      ? .replyInClear : monitor.isVerified ? .monitorFailure : .verifyPathError
    log(
      .warning, tunnel.name,
      "\(monitor.window.consecutiveLosses) probes unanswered, threshold is \(policy.threshold)")
    guard monitors[id]?.enter(.down(reason), because: .silence) == true else { return }
    countFailure(of: id, because: reason)
    if policy.action != .warn { monitors[id]?.isAdopted = false }
    backOff(id, policy.interval, at: now)
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
