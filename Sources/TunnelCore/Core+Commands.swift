/// What an operator asks for while the agent runs.
extension Core {
  /// An operator waits for the paths of a tunnel to be proven.
  struct Verification: Sendable {
    let request: RequestID?
    /// The probe of each set that has not been answered.
    var waiting: [MonitorID: UInt64] = [:]
    /// How long is waited.
    var patience = Duration.zero
    var lines: [String] = []
    var isProven = true
  }

  /// The first reply may take longer than the interval.
  private static let shortestPatience = Duration.seconds(3)
  /// Nobody waits longer at a prompt, whatever the tunnel's timeout is.
  private static let longestPatience = Duration.seconds(10)

  mutating func execute(_ command: Command, _ request: RequestID?, at now: Instant) {
    switch command {
    case .reload(let new):
      let result = reload(new, at: now)
      log(.info, "-", "configuration read again: \(result.lines.joined(separator: "; "))")
      answer(request, result)
    case .verify(let name): verify(name, request, at: now)
    case .clear(let name): answer(request, clear(name, at: now))
    case .clearStatistics:
      journal.clearCounters()
      answer(request, Answer(isDone: true, lines: ["event counters are zero"]))
    case .clearBadSPICount(let gateway): answer(request, clearBadSPICount(of: gateway))
    }
  }

  private mutating func answer(_ request: RequestID?, _ answer: Answer) {
    if let request { out.send(.answer(request, answer)) }
  }

  /// The tunnel that an operator names; else what to tell him.
  func tunnel(named name: String) -> Result<Tunnel, Refusal> {
    if let tunnel = tunnels.values.first(where: { $0.name == name }) { return .success(tunnel) }
    return .failure(Refusal(line: complaint(about: name)))
  }

  /// What to tell an operator who names a tunnel that is not there.
  public func complaint(about name: String) -> String {
    let known = tunnels.values.prefix(5).map(\.name).joined(separator: ", ")
    let more = tunnels.count > 5 ? ", ..." : ""
    return tunnels.isEmpty
      ? "\(name): there is no tunnel" : "\(name): no such tunnel; there are \(known)\(more)"
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
      return Answer(isDone: false, lines: ["\(name): there is no SA to clear"])
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
    guard verifications[tunnel.id] == nil else { return refuse("is being verified already") }
    verifications[tunnel.id] = Verification(request: request)
    for id in tunnel.monitors { prove(id, of: tunnel, at: now) }
    guard let verification = verifications[tunnel.id] else { return }
    if verification.waiting.isEmpty, verification.lines.isEmpty {
      verifications[tunnel.id] = nil
      return refuse("there is no SA to send a probe through")
    }
    out.timers.set(
      .verification(tunnel.id),
      to: verification.waiting.isEmpty ? now : now.advanced(by: verification.patience))
  }

  /// Sends a probe through a set at once, in the place of the next one.
  private mutating func prove(_ id: MonitorID, of tunnel: Tunnel, at now: Instant) {
    guard let monitor = monitors[id], let policy = tunnel.monitor else { return }
    if let obstacle = monitor.obstacle, obstacle.isMisplaced {
      let line = "\(subject(monitor, tunnel)): not probed: \(obstacle)"
      verifications[tunnel.id]?.isProven = false
      verifications[tunnel.id]?.lines.append(line)
    }
    guard monitor.phase != .incomplete, monitor.absentUntil == nil else { return }
    if monitor.phase != .observed { sendProbe(id, at: now) }
    if let obstacle = monitors[id]?.obstacle {
      let line = "\(subject(monitor, tunnel)): not probed: \(obstacle)"
      verifications[tunnel.id]?.isProven = false
      verifications[tunnel.id]?.lines.append(line)
      return
    }
    let longest = max(timeout(of: tunnel, policy), Self.shortestPatience)
    let patience = verifications[tunnel.id]?.patience ?? .zero
    verifications[tunnel.id]?.waiting[id] = monitor.window.nextSequence
    verifications[tunnel.id]?.patience = max(patience, min(longest, Self.longestPatience))
    if monitor.nextProbe != nil { monitors[id]?.nextProbe = now.advanced(by: policy.interval) }
    schedule(id)
  }

  /// A probe that an operator may wait for has come to something: its round trip, or why there
  /// is none.
  mutating func noteOutcome(
    _ id: MonitorID, _ sequence: UInt64, _ outcome: Result<Duration, ProbeObstacle>?
  ) {
    guard !verifications.isEmpty, let monitor = monitors[id], let tunnel = tunnels[monitor.tunnel],
      verifications[tunnel.id]?.waiting[id] == sequence
    else { return }
    let what: String
    switch outcome {
    case .success(let roundTrip): what = "path proven in \(roundTrip.inMilliseconds) ms"
    case .failure(let obstacle): what = "not probed: \(obstacle)"
    case nil: what = "answered outside the tunnel"
    }
    if case .success = outcome {} else { verifications[tunnel.id]?.isProven = false }
    let line = "\(subject(monitor, tunnel)): \(what)\(way(monitor))"
    verifications[tunnel.id]?.waiting[id] = nil
    verifications[tunnel.id]?.lines.append(line)
    if verifications[tunnel.id]?.waiting.isEmpty == true { endVerification(tunnel.id) }
  }

  /// The time to wait is over, or nothing is waited for any more.
  mutating func endVerification(_ id: TunnelID) {
    out.timers.set(.verification(id), to: nil)
    guard var verification = verifications.removeValue(forKey: id), let tunnel = tunnels[id] else {
      return
    }
    for monitor in verification.waiting.keys.sorted().compactMap({ monitors[$0] }) {
      let waited = "no reply within \(verification.patience.inMilliseconds) ms"
      verification.lines.append("\(subject(monitor, tunnel)): \(waited)\(way(monitor))")
    }
    let isProven = verification.isProven && verification.waiting.isEmpty
    if verification.lines.isEmpty { verification.lines = ["\(tunnel.name): its SAs are gone"] }
    answer(verification.request, Answer(isDone: isProven, lines: verification.lines))
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
