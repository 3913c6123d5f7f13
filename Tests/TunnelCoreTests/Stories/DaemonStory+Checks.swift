@testable import TunnelCore

/// What is asked, and whether it may be.
extension DaemonStory {
  mutating func wait(_ seconds: Double) {
    let end = bench.now + seconds
    work()
    while violation == nil, bench.now < end {
      bench.waitForWork(until: min(end, listing?.at ?? end))
      tellList()
      work()
    }
    checkGate()
  }

  /// Does what the agent has asked for.
  private mutating func work() {
    account.pass(to: bench.now, timeout: vpn.monitor?.timeout == nil ? 1 : 0.3)
    noteClears()
    while answered < bench.trace.count, violation == nil {
      answered += 1
      answer(bench.trace[answered - 1].effect)
    }
  }

  /// Sets that the agent clears: not those that an operator told it to.
  private mutating func noteClears() {
    for cleared in bench.core.monitors.values.compactMap(\.clearedAt) {
      let at = bench.now - cleared.duration(to: bench.instant).inSeconds
      guard at > lastClear + 0.001 else { continue }
      lastClear = at
      acts += 1
      if abs(at - account.clearedByOperatorAt) < 0.001 { continue }
      note("cleared")
      account.hasCleared = true
      let born = children.values.filter(isWhole).compactMap { account.bornAt[$0.childID] }.max()
      if let born, at - born < 2.9 { violation = "cleared a set of \(at - born) s" }
      if let broken = account.noteClear(at: at) { violation = broken }
    }
  }

  private mutating func answer(_ effect: Effect) {
    switch effect {
    case .daemon(let request): answer(request)
    case .sa(.clear(_, _, let list)): expire(list)
    case .sa(.delete): violation = "deletes what was expired"
    case .negotiate(.run(let id, let words)): run(id, words)
    case .negotiate(.trigger): trigger()
    case .sa(.rekey(let sa)):
      if detection == nil { violation = "rekeys without dead-peer-detection" }
      if SingleTunnel.pair(sa.key.spi & 0xffff).contains(sa) { rekey() }
    default: break
    }
  }

  /// The kernel asks the daemon for SAs.
  private mutating func trigger() {
    act("trigger")
    if !hasTrap { violation = "triggers without a trap policy" }
    if vpn.establishTunnels != .onTraffic { violation = "triggers what is not on-traffic" }
    if children.values.contains(where: isWhole) { violation = "triggers what is there" }
    // What comes of it is pursued.
    account.hasCleared = true
    (isInitiating, hasIKE) = (true, true)
    if isPeerAlive { bringUp() }
  }

  private mutating func act(_ text: String) {
    note(text)
    disturb()
    acts += 1
    if isStandby { violation = "\(text) in standby" }
  }

  // MARK: Who may be cleared

  /// Whether the agent may take SAs away that are whole.
  private func mayClear(_ child: ChildSA) -> Bool {
    let now = bench.now
    // What an operator clears goes with the next list, or after it was asked for in vain.
    let isOrdered = account.clearedByOperator.contains(child.childID)
    if isOrdered, account.clearedByOperatorAt > now - 17 { return true }
    guard vpn.monitor?.action == .clear || account.clearableUntil > now else { return false }
    let age = now - (account.bornAt[child.childID] ?? 0)
    let isPathDead = account.pathDeadAt > now - 4 && account.pathFoundDeadAt < now
    if age > 2.9, isPathDead { return true }
    let isDetected = detection != nil || account.detectedUntil > now
    return isDetected && age > 5.9 && account.peerDeadAt > now - 4
  }

  /// The agent expires SAs: the daemon deletes the child and makes a new one.
  private mutating func expire(_ list: [SecurityAssociation]) {
    act("expire \(list.map(\.key.spi.hex))")
    // What is expired is owed to the tunnel as what is terminated is.
    account.hasCleared = true
    // The agent hears of each that goes. The edge compares them with what it reads again.
    for sa in list where !SingleTunnel.pair(sa.key.spi & 0xffff).contains(sa) || !isThere(sa) {
      violation = "expires \(sa), which is not there"
    }
    let hit = children.values.filter { child in
      list.contains { child.sas.contains($0.key.id) }
    }
    if isConnected, !hit.isEmpty, isPeerAlive {
      violation = "expires what the daemon could terminate"
    }
    if !hit.isEmpty, vpn.establishTunnels != .immediately { account.mustComeBack = false }
    for child in hit {
      if isWhole(child), !mayClear(child) { violation = "expires a living child" }
      remove(child)
    }
    for sa in list { bench.play(.kernel(.saDeleted(sa.key))) }
    if isPeerAlive { bringUp() }
  }

  private func isThere(_ sa: SecurityAssociation) -> Bool { kernel.contains(sa.key.id) }

  // MARK: The daemon

  private mutating func answer(_ request: VICIRequest) {
    guard isConnected else { return violation = "asked for \(request) without a connection" }
    switch request {
    case .listSAs: return list()
    case .listConnections: return bench.play(.vici(.connections([Self.connection])))
    case .rekeyChild(let id):
      if detection == nil { violation = "rekeys without dead-peer-detection" }
      if children[id].map(isWhole) ?? false { rekey() }
    case .terminateChild(let id): terminate(id)
    case .terminateIKE: terminateIKE()
    case .initiate(let name): initiate(name)
    }
    bench.play(.vici(.finished(request, failure: nil)))
  }

  /// The daemon begins to list what it has now.
  private mutating func list() {
    let ike = IKESA(
      connection: "to-b", id: 7, isInitiator: true, local: SingleTunnel.local,
      remote: SingleTunnel.remote,
      remotePort: 500, children: Array(children.values))
    let delay = isBusy ? Double.random(in: 0..<0.2, using: &random) : 0
    listing = (bench.now + delay, bench.now, hasIKE ? [ike] : [])
    tellList()
  }

  private mutating func tellList() {
    guard let list = listing, list.at <= bench.now else { return }
    listing = nil
    let told = list.list.flatMap(\.children)
    if told.contains(where: isWhole) { (account.hasLoss, account.hasCleared) = (false, false) }
    (listed, listedIKE) = (Set(told.map(\.childID)), !list.list.isEmpty)
    listedAt = list.askedAt
    bench.play(.vici(.sas(list.list)))
    if isBusy { bench.play(.vici(.changed)) }
  }

  /// When the agent decided to clear the sets that are there.
  private var decidedAt: Double {
    bench.core.monitors.values.compactMap(\.clearedAt)
      .map { bench.now - $0.duration(to: bench.instant).inSeconds }.max() ?? -100
  }

  private mutating func terminate(_ id: UInt32) {
    act("terminate \(id)")
    // What is lost beside an instance that is whole is cleared away: no attempt on the tunnel.
    let isLeftover = children[id].map { !isWhole($0) } ?? false
    if !isLeftover || !children.values.contains(where: isWhole) { beginAttempt() }
    if !listed.contains(id) { violation = "terminates what was not listed" }
    guard let child = children[id] else { return }
    if isWhole(child) {
      if listedAt + 0.001 < decidedAt { violation = "terminates what was not listed again" }
      if !mayClear(child) { violation = "terminates a child that is whole and alive" }
      account.hasCleared = true
    }
    if isPeerAlive { remove(child) } else { children[id]?.state = .deleting }
  }

  private mutating func terminateIKE() {
    act("terminate IKE")
    if !listedIKE { violation = "terminates an IKE SA that was not listed" }
    let whole = children.values.filter(isWhole)
    if !whole.isEmpty, listedAt + 0.001 < decidedAt {
      violation = "terminates an IKE SA that was not listed again"
    }
    if !whole.allSatisfy(mayClear) { violation = "terminates an IKE SA that lives" }
    if detection != nil || account.detectedUntil > bench.now {
      account.hasCleared = true
      // The peer that is found dead comes back by itself.
      if vpn.establishTunnels == .responderOnly { account.mustComeBack = false }
    }
    for child in children.values { remove(child) }
    (isInitiating, hasIKE) = (false, false)
  }

  private mutating func initiate(_ name: ChildName) {
    act("initiate")
    if name != Self.name { violation = "initiates \(name)" }
    let isOwed = account.hasCleared && vpn.establishTunnels != .responderOnly
    if !account.hasLoss, !isOwed, vpn.establishTunnels != .immediately {
      violation = "initiates what nobody lost"
    }
    (isInitiating, hasIKE) = (true, true)
    if isPeerAlive { bringUp() }
  }

  private mutating func run(_ id: TunnelID, _ words: [String]) {
    act("run \(words)")
    if isConnected { violation = "runs a command though the daemon answers" }
    if isCommandRunning { violation = "runs two commands at once" }
    if words != vpn.renegotiateCommand { violation = "runs an old command" }
    if children.values.contains(where: isWhole) { violation = "runs a command for what is there" }
    let isOwed = account.hasCleared && vpn.establishTunnels != .responderOnly
    if !isOwed, vpn.establishTunnels != .immediately {
      violation = "runs a command for what nobody cleared"
    }
    isCommandRunning = true
    if isPeerAlive, random.oneIn(2) { bringUp() }
    isCommandRunning = false
    bench.play(.commandEnded(id, .exited(0)))
  }

  private mutating func beginAttempt() {
    // One attempt may terminate several instances.
    let pause = bench.now - account.attemptAt
    let isOrdered = account.clearedByOperatorAt > bench.now - 2
    if pause > 0.2, pause < 0.7, !isOrdered { violation = "attempts \(pause) s apart" }
    account.attemptAt = bench.now
  }

  // MARK: The gate

  /// Whatever was before: a link is open that has had SAs which answer for five seconds, unless its
  /// peer's IKE daemon does not.
  private mutating func checkGate() {
    guard violation == nil, !isStandby, bench.answering, bench.now > account.calmSince + 5,
      isPeerAlive || detection == nil, children.values.contains(where: isWhole)
    else { return }
    let gate = bench.tunnel?.gate
    if gate != "in-service" || bench.link.isLinkModeDormant {
      violation = "the link is \(gate ?? "-") though its path answers (\(bench.state))"
    }
  }
}
