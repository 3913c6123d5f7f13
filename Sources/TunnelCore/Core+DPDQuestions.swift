/// What a detector asks for is done, and answers reach it.
extension Core {
  /// A peer logs each question: two to one address are so far apart, whatever asks.
  private static let askPause = Duration.seconds(2)

  mutating func perform(
    _ actions: [PeerDetector.Action], of id: DetectorID, at now: Instant
  ) {
    guard let watch = dpd.watches[id] else { return }
    let peer = watch.key.remote
    for action in actions {
      switch action {
      case .ask: ask(watch, at: now)
      case .exchange: askForExchange(watch)
      case .unsupported:
        dpd.answers[peer]?.isUnsupported = true
        log(
          .warning, "-",
          "gateway=\(watch.gateway) peer=\(peer) does not answer IKE liveness "
            + "questions (or is out of reach): its silence will not be held against it")
      case .dead(let finding): declareDead(watch, finding, at: now)
      case .alive:
        log(.info, "-", "gateway=\(watch.gateway) peer=\(peer) answers again")
        hearPeer(peer, "it answers again", at: now)
        for set in sets(of: watch) { reviveSet(set.key, at: now) }
      }
    }
    updateFailureCensus(peer, at: now)
  }

  private mutating func ask(_ watch: PeerWatch, at now: Instant) {
    let peer = watch.key.remote
    let known = dpd.answers[peer] ?? IKEPingReplies()
    if let last = known.lastAskedAt, last.advanced(by: Self.askPause) > now {
      // Another detector has asked this peer just now: one answer is for both.
      if let answer = known.lastAnswerAt, answer >= last { answerPeer(watch.id, at: now) }
      return
    }
    dpd.answers[peer, default: known].lastAskedAt = now
    dpd.answers[peer]?.obstacle = nil
    // From now on, so that the next question is no earlier than an interval after this one.
    if let policy = deadPeerDetection(of: peer) {
      dpd.watches[watch.id]?.tickAt = now.advanced(by: policy.tick)
      out.timers.set(.peer(watch.id), to: dpd.watches[watch.id]?.tickAt)
    }
    counters.count(gateway: watch.gateway) { $0.questions += 1 }
    out.send(
      .sendIKEPing(.init(local: watch.key.local, remote: peer, port: port(of: watch))))
  }

  /// The IKE SA's, else 500, or the port that the peer's ESP in UDP goes to.
  private func port(of watch: PeerWatch) -> UInt16 {
    if let ike = dpd.ikeSAs.first(where: { $0.id == watch.key.ikeID }), let port = ike.remotePort {
      return port
    }
    // The inbound SA of a pair comes first.
    let sets = sets(of: watch)
    let ports =
      sets.flatMap(\.outbound.values).compactMap(\.encapsulation?.destinationPort)
      + sets.flatMap(\.inbound.values).compactMap(\.encapsulation?.sourcePort)
    return ports.first ?? IKEPing.port
  }

  /// An IKE daemon answered.
  mutating func ikePingAnswered(_ target: IKEPing.Target, at now: Instant) {
    guard deadPeerDetection(of: target.remote) != nil else { return }
    var answers = dpd.answers[target.remote] ?? IKEPingReplies()
    if !answers.isSupported { hearPeer(target.remote, "it answers", at: now) }
    if answers.isUnsupported {
      log(.info, "-", "peer=\(target.remote) answers IKE liveness questions now")
    }
    (answers.isSupported, answers.isUnsupported, answers.lastAnswerAt) = (true, false, now)
    answers.lastObstacle = nil
    answers.wasDead = false
    dpd.answers[target.remote] = answers
    if let gateway = dpd.gateways[target.remote] {
      counters.count(gateway: gateway) { $0.answers += 1 }
    }
    for id in dpd.ofPeer[target.remote] ?? [] { answerPeer(id, at: now) }
  }

  private mutating func answerPeer(_ id: DetectorID, at now: Instant) {
    guard let watch = dpd.watches[id], let policy = deadPeerDetection(of: watch.key.remote)
    else { return }
    perform(dpd.watches[id]?.detector.answer(policy) ?? [], of: id, at: now)
  }

  /// The kernel did not send a question, and status says why. Where it knows no way the question
  /// counts as unanswered; else it is no loss.
  mutating func takeBackQuestion(_ target: IKEPing.Target, errno: Int32) {
    dpd.answers[target.remote]?.obstacle = errno
    if dpd.answers[target.remote]?.lastObstacle != errno {
      dpd.answers[target.remote]?.lastObstacle = errno
      log(
        .warning, "-",
        "gateway=\(dpd.gateways[target.remote] ?? "-") peer=\(target.remote) cannot be asked: "
          + IKEPing.text(SendError(errno)))
    }
    if SendError(errno).isNoWay { return }
    for id in dpd.ofPeer[target.remote] ?? [] { dpd.watches[id]?.detector.takeBack() }
  }

  /// The daemon says that an exchange of an IKE SA took place: known at once, and of which one,
  /// however long its next list takes.
  mutating func noteExchange(ofIKE ikeID: UInt32, at now: Instant) {
    for id in dpd.watches.keys.sorted() where dpd.watches[id]?.key.ikeID == ikeID {
      guard let remote = dpd.watches[id]?.key.remote, let policy = deadPeerDetection(of: remote)
      else { continue }
      perform(dpd.watches[id]?.detector.noteExchange(policy) ?? [], of: id, at: now)
    }
  }

  /// SAs that come after the first are made by an authenticated exchange with their peer. Where one
  /// IKE SA alone can have made them that counts at once: a slow daemon's list may come too late.
  mutating func noteExchange(in key: SASetKey, at now: Instant) {
    guard let policy = deadPeerDetection(of: key.remote) else { return }
    for id in dpd.ofPeer[key.remote] ?? [] {
      guard let watch = dpd.watches[id], watch.key.local == key.local, sas(of: watch) == nil
      else { continue }
      perform(dpd.watches[id]?.detector.noteExchange(policy) ?? [], of: id, at: now)
    }
  }
}
