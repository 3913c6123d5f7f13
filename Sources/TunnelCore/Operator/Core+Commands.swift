/// What an operator asks for while the agent runs.
extension Core {
  /// The first reply may take longer than the interval.
  private static let shortestPatience = Duration.seconds(3)
  mutating func execute(_ command: Command, _ request: RequestID?, at now: Instant) {
    switch command {
    case .reload(let new):
      let result = reload(new, at: now)
      log(.info, "-", "configuration read again: \(result.lines.joined(separator: "; "))")
      answer(request, result)
    case .verify(let name): verify(name, request, at: now)
    case .clear(let name): answer(request, clear(name, at: now))
    case .clearStatistics:
      out.journal.clearCounters()
      answer(request, Answer(isDone: true, lines: ["event counters reset"]))
    case .clearBadSPICount(let gateway): answer(request, clearBadSPICount(of: gateway))
    }
  }

  private mutating func answer(_ request: RequestID?, _ answer: Answer) {
    if let request { out.send(.tell(.answer(request, answer))) }
  }

  /// The tunnel that an operator names; else what to tell him.
  func tunnel(named name: String) -> Result<Tunnel, Refusal> {
    if let tunnel = tunnelIndex.named(name).flatMap({ tunnels[$0] }) { return .success(tunnel) }
    return .failure(Refusal(line: complaint(about: name)))
  }

  /// What to tell an operator who names a tunnel that is not there.
  public func complaint(about name: String) -> String {
    let known = tunnels.values.prefix(5).map(\.name).joined(separator: ", ")
    let more = tunnels.count > 5 ? ", ..." : ""
    return tunnels.isEmpty
      ? "\(name): no tunnels are known" : "\(name): no such tunnel; known: \(known)\(more)"
  }

  /// Why a command is not obeyed, in one line.
  struct Refusal: Error {
    var line: String
    var answer: Answer { Answer(isDone: false, lines: [line]) }
  }

  private static func standbyRefusal(_ name: String) -> Refusal {
    Refusal(line: "\(name): this gateway is standby")
  }

  // MARK: clear

  private mutating func clear(_ name: String, at now: Instant) -> Answer {
    let tunnel: Tunnel
    switch self.tunnel(named: name) {
    case .failure(let refusal): return refusal.answer
    case .success(let found): tunnel = found
    }
    guard !isStandby else { return Self.standbyRefusal(name).answer }
    var spis: [String] = []
    for id in tunnel.monitors {
      guard let key = monitors[id]?.key, let set = kernel.sas.sets[key] else { continue }
      spis += set.all.map(\.key.spi.hex).sorted()
      if monitors[id]?.obstacle?.isMisplaced == true, terminateIKE(ofMisplaced: tunnel, at: now) {
        continue
      }
      performClear(id, because: .command, at: now)
      if tunnel.monitor != nil, monitors[id]?.phase != .observed, monitors[id]?.nextProbe != nil {
        monitors[id]?.enter(.down(.clearedByOperator), because: .command)
        monitors[id]?.isAdopted = false
      }
      schedule(id)
    }
    guard !spis.isEmpty else {
      return Answer(isDone: false, lines: ["\(name): no SAs to clear"])
    }
    reconcile(tunnel.id, at: now)
    log(.info, name, "cleared by the operator: SAs \(spis.joined(separator: " "))")
    return Answer(isDone: true, lines: ["\(name): clearing SAs \(spis.joined(separator: " "))"])
  }

  // MARK: verify

  private mutating func verify(_ name: String, _ request: RequestID?, at now: Instant) {
    let tunnel: Tunnel
    switch self.tunnel(named: name) {
    case .failure(let refusal): return answer(request, refusal.answer)
    case .success(let found): tunnel = found
    }
    guard !isStandby else { return answer(request, Self.standbyRefusal(name).answer) }
    func refuse(_ why: String) {
      answer(request, Answer(isDone: false, lines: ["\(name): \(why)"]))
    }
    guard tunnel.monitor != nil else { return refuse("not monitored: it has no vpn-monitor") }
    guard !verifications.isUnderWay(tunnel.id) else { return refuse("already being verified") }
    verifications.begin(tunnel.id, request)
    for id in tunnel.monitors { prove(id, of: tunnel, at: now) }
    if !verifications.isProbed(tunnel.id, at: now, &out) {
      refuse("no SAs to send a probe through")
    }
  }

  /// Sends a probe through a set at once, in the place of the next one.
  private mutating func prove(_ id: MonitorID, of tunnel: Tunnel, at now: Instant) {
    guard let monitor = monitors[id], let policy = tunnel.monitor else { return }
    if let obstacle = monitor.obstacle, obstacle.isMisplaced {
      verifications.fail(tunnel.id, "\(subject(monitor, tunnel)): not probed: \(obstacle)")
    }
    guard monitor.phase != .incomplete, monitor.absentUntil == nil else { return }
    if monitor.phase != .observed { sendProbe(id, at: now) }
    if let obstacle = monitors[id]?.obstacle {
      verifications.fail(tunnel.id, "\(subject(monitor, tunnel)): not probed: \(obstacle)")
      return
    }
    let longest = max(timeout(of: tunnel, policy), Self.shortestPatience)
    verifications.wait(tunnel.id, for: id, monitor.window.nextSequence, longest)
    if monitor.nextProbe != nil { monitors[id]?.nextProbe = now.advanced(by: policy.interval) }
    schedule(id)
  }

  /// A probe that an operator may wait for has come to something: its round trip, or why there
  /// is none.
  mutating func noteOutcome(
    _ id: MonitorID, _ sequence: UInt64, _ outcome: Result<Duration, ProbeObstacle>?
  ) {
    guard !verifications.isEmpty, let monitor = monitors[id],
      verifications.isWaiting(monitor.tunnel, for: id, sequence),
      let tunnel = tunnels[monitor.tunnel]
    else { return }
    let what: String
    switch outcome {
    case .success(let roundTrip): what = "path proven in \(roundTrip.inMilliseconds) ms"
    case .failure(let obstacle): what = "not probed: \(obstacle)"
    case nil: what = "answered outside the tunnel"
    }
    let isProven = if case .success = outcome { true } else { false }
    let line = "\(subject(monitor, tunnel)): \(what)\(way(monitor))"
    if verifications.note(tunnel.id, of: id, isProven: isProven, line) {
      endVerification(tunnel.id)
    }
  }

  /// The time to wait is over, or nothing is waited for any more.
  mutating func endVerification(_ id: TunnelID) {
    guard let tunnel = tunnels[id] else { return }
    let lines = tunnel.monitors.compactMap { monitors[$0] }.map { set in
      (set.id, "\(subject(set, tunnel)): no reply within ", way(set))
    }
    let end = verifications.end(tunnel, &out) { set, patience in
      lines.first { $0.0 == set }.map { "\($0.1)\(patience.inMilliseconds) ms\($0.2)" }
    }
    if let end { answer(end.request, end.answer) }
  }

  private func subject(_ monitor: SetMonitor, _ tunnel: Tunnel) -> String {
    tunnel.monitors.count == 1 ? tunnel.name : "\(tunnel.name) set=\"\(monitor.name)\""
  }

  private func way(_ monitor: SetMonitor) -> String {
    guard let path = monitor.path else { return "" }
    return ", from \(path.source) to \(path.destination) through \(wayName(path.way))"
  }
}

extension Duration {
  /// In milliseconds with one digit after the point: "12.3".
  fileprivate var inMilliseconds: String {
    let tenths = nanoseconds / 100_000
    return "\(tenths / 10).\(tenths % 10)"
  }
}
