import Testing
import TunnelCore

/// Random stories of a charon, a kernel and an operator, watched for what must never be asked.
@Suite struct RecoveryPropertyTests {
  @Test func promisesHoldWhateverHappens() {
    for seed in 1...30 as ClosedRange<UInt64> {
      var story = DaemonStory(seed: seed)
      story.tell()
      if let violation = story.violation {
        Issue.record("seed \(seed): \(violation)\n\(story.told.suffix(30).joined(separator: "\n"))")
        return
      }
    }
  }
}

/// One tunnel, one connection with one child, of which there may be several instances. The path may
/// die as well, so that the agent clears.
private struct DaemonStory {
  static let name = ChildName(connection: "to-b", child: "net")
  static let connection = IKEConnection(
    name: "to-b", remote: [Bench.remote], children: [IKEConnection.Child(name: "net")])

  var bench: Bench
  let establish: VPN.EstablishTunnels
  var random: SeededRandom
  var children: [UInt32: ChildSA] = [:]
  var kernel: Set<UInt32> = []
  var isConnected = true
  var isPeerAlive = true
  /// An initiate waits for the peer.
  var isInitiating = false
  /// A believed child was lost and the agent has seen none come up since. What comes and is taken
  /// down between two lists it cannot know.
  var hasLoss = false
  /// ... nothing else carries packets, and nobody took the child down since.
  var mustComeBack = false
  var attemptAt = -100.0
  var pathDiedAt: Double?
  var revivedAt = -100.0
  var diedBefore = 0.0
  /// When the path was last dead for three seconds.
  var lastDeadAt = -100.0
  var bornAt: [UInt32: Double] = [:]
  /// Whether the agent may initiate because it cleared.
  var hasCleared = false
  var number: UInt32 = 0
  var answered = 0
  var told: [String] = []
  var violation: String?

  init(seed: UInt64) {
    random = SeededRandom(state: seed)
    establish = VPN.EstablishTunnels.allCases.randomElement(using: &random) ?? .immediately
    bench = Bench(establish: establish)
    bench.obeysClears = false
    bench.answering = true
    bench.boot()
    bench.play(.vici(.connected))
  }

  mutating func tell() {
    for _ in 0..<60 where violation == nil {
      happen()
      wait(Bool.random(using: &random) ? 0.3 : Double.random(in: 0...40, using: &random))
    }
    guard violation == nil else { return }
    note("the end: everything works again")
    revive()
    connect()
    setPath(alive: true)
    wait(400)
    if mustComeBack || establish == .immediately, !children.values.contains(where: isWhole) {
      violation = violation ?? "the tunnel did not come back"
    }
  }

  private mutating func happen() {
    switch Int.random(in: 0..<18, using: &random) {
    case 0...3: if children.isEmpty { bringUp() }
    case 4: bringUp()
    case 5, 6: rekey()
    case 7...9: lose(half: nil)
    case 10: lose(half: Bool.random(using: &random))
    case 11: takeDown()
    case 12: expire()
    case 16, 17: setPath(alive: !bench.answering)
    case 13: isConnected ? disconnect() : connect()
    default: isPeerAlive ? (isPeerAlive = false) : revive()
    }
  }

  // MARK: What happens

  private mutating func bringUp() {
    guard isPeerAlive else { return }
    number += 1
    note("up \(number)")
    install(number)
    (mustComeBack, isInitiating) = (false, false)
    if !isConnected { hasLoss = false }
  }

  private mutating func install(_ id: UInt32) {
    // What joins a whole child is a rekey of it: no new set.
    let elders = children.values.filter(isWhole).compactMap { bornAt[$0.childID] }
    bornAt[id] = elders.min() ?? bench.now
    bench.negotiate(id)
    children[id] = .of(id)
    kernel.formUnion([0xc100_0000 + id, 0xc200_0000 + id])
    change()
  }

  private mutating func rekey() {
    guard isPeerAlive, let old = children.values.first(where: isWhole) else { return }
    number += 1
    note("rekey \(old.childID) \(number)")
    children[old.childID]?.state = .other("REKEYED")
    install(number)
    remove(old)
  }

  private mutating func lose(half: Bool?) {
    guard let child = children.values.first(where: isWhole) else { return }
    note("lost \(child.childID) \(half.map { $0 ? "in" : "out" } ?? "both")")
    for (sa, isInbound) in zip(Bench.pair(child.childID), [true, false])
    where half == nil || half == isInbound {
      kernel.remove(sa.key.spi)
      bench.play(.saDeleted(sa.key))
    }
    hasLoss = true
    mustComeBack = !children.values.contains(where: isWhole)
  }

  private mutating func takeDown() {
    note("taken down")
    for child in children.values { remove(child) }
    (mustComeBack, isInitiating) = (false, false)
  }

  private mutating func expire() {
    guard isPeerAlive, let child = children.values.first(where: isWhole) else { return }
    note("expired \(child.childID)")
    for sa in Bench.pair(child.childID) { bench.play(.saExpired(sa.key)) }
    // The daemon hears of it later than the agent.
    wait(0.3)
    remove(child)
    bringUp()
  }

  /// The agent expires SAs: the daemon deletes the child and makes a new one.
  private mutating func expire(_ list: [SecurityAssociation]) {
    note("cleared \(list.map(\.key.spi.hex))")
    // What is expired is owed to the tunnel as what is terminated is.
    if establish != .responderOnly { hasCleared = true }
    let hit = children.values.filter { child in
      list.contains { $0.key.spi == child.spiIn || $0.key.spi == child.spiOut }
    }
    if isConnected, !hit.isEmpty, isPeerAlive {
      violation = "expires what the daemon could terminate"
    }
    for child in hit {
      if isWhole(child), !mayClear(child) { violation = "expires a living child" }
      remove(child)
    }
    for sa in list { bench.play(.saDeleted(sa.key)) }
    if isPeerAlive { bringUp() }
  }

  private mutating func remove(_ child: ChildSA) {
    children[child.childID] = nil
    for sa in Bench.pair(child.childID) where kernel.remove(sa.key.spi) != nil {
      bench.play(.saDeleted(sa.key))
    }
    change()
  }

  private mutating func setPath(alive: Bool) {
    note(alive ? "the path is alive" : "the path is dead")
    bench.answering = alive
    if alive {
      (revivedAt, diedBefore) = (bench.now, pathDiedAt ?? bench.now)
      pathDiedAt = nil
    } else if pathDiedAt == nil {
      // Between two probes nobody sees that it was alive.
      pathDiedAt = bench.now - revivedAt < 1.2 ? diedBefore : bench.now
    }
  }

  /// Whether the agent may take SAs away that are whole: at three seconds of silence, each with
  /// SAs that old, or shortly after the path is back.
  private func mayClear(_ child: ChildSA) -> Bool {
    let isOld = (bornAt[child.childID] ?? 0) + 2.9 < bench.now
    return isOld && lastDeadAt > bench.now - 4
  }

  private mutating func change() {
    if isConnected { bench.play(.vici(.changed)) }
  }

  private mutating func disconnect() {
    note("disconnected")
    isConnected = false
    answered = bench.trace.count
    bench.play(.vici(.disconnected("gone")))
  }

  private mutating func connect() {
    guard !isConnected else { return }
    note("connected")
    isConnected = true
    answered = bench.trace.count
    bench.play(.vici(.connected))
  }

  private mutating func revive() {
    note("the peer is alive")
    isPeerAlive = true
    for child in children.values where child.state == .deleting { remove(child) }
    if isInitiating { bringUp() }
  }

  // MARK: What is asked

  private mutating func wait(_ seconds: Double) {
    let end = bench.now + seconds
    while bench.now < end, violation == nil {
      bench.wait(min(0.05, end - bench.now))
      if let died = pathDiedAt, died + 2.9 < bench.now { lastDeadAt = bench.now }
      while answered < bench.trace.count {
        answered += 1
        switch bench.trace[answered - 1].effect {
        case .vici(let request): answer(request)
        case .clear(_, _, let list): expire(list)
        case .delete: violation = "deletes what was expired"
        default: break
        }
      }
    }
  }

  private mutating func answer(_ request: VICIRequest) {
    guard isConnected else { return violation = "asked for \(request) without a connection" }
    switch request {
    case .listSAs:
      if children.values.contains(where: isWhole) { (hasLoss, hasCleared) = (false, false) }
      bench.play(.vici(.sas([.of(Array(children.values))])))
    case .listConnections: bench.play(.vici(.connections([Self.connection])))
    case .rekeyChild: violation = "rekeys without dead-peer-detection"
    case .terminateChild(let id):
      note("terminate \(id)")
      beginAttempt()
      guard let child = children[id] else { break }
      if isWhole(child) {
        if !mayClear(child) { violation = "terminates a child that is whole and alive" }
        hasCleared = establish != .responderOnly
      }
      if isPeerAlive { remove(child) } else { children[id]?.state = .deleting }
    case .terminateIKE:
      note("terminate IKE")
      if children.values.contains(where: isWhole) { violation = "terminates an IKE SA that lives" }
      for child in children.values { remove(child) }
      isInitiating = false
    case .initiate(let name):
      note("initiate")
      if name != Self.name { violation = "initiates \(name)" }
      if !hasLoss, !hasCleared, establish != .immediately {
        violation = "initiates what nobody lost"
      }
      isInitiating = true
      if isPeerAlive { bringUp() }
    }
    if request != .listSAs, request != .listConnections {
      bench.play(.vici(.finished(request, failure: nil)))
    }
  }

  private mutating func beginAttempt() {
    // One attempt may terminate several instances.
    let pause = bench.now - attemptAt
    let least = 0.7
    if pause > 0.2, pause < least { violation = "attempts \(pause) s apart" }
    attemptAt = bench.now
  }

  private func isWhole(_ child: ChildSA) -> Bool {
    child.state == .installed && kernel.contains(child.spiIn) && kernel.contains(child.spiOut)
  }

  private mutating func note(_ text: String) { told.append("\(bench.now) \(text)") }
}
