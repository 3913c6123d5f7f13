import Testing
import TunnelCore

/// Random stories of a charon, a kernel and an operator, watched for what must never be asked.
@Suite struct RecoveryPropertyTests {
  @Test func promisesHoldWhateverHappens() {
    for seed in 1...150 as ClosedRange<UInt64> {
      var story = DaemonStory(seed: seed)
      story.tell()
      if let violation = story.violation {
        Issue.record("seed \(seed): \(violation)\n\(story.told.suffix(30).joined(separator: "\n"))")
        return
      }
    }
  }
}

/// One tunnel, one connection with one child, of which there may be several instances.
private struct DaemonStory {
  static let name = ChildName(connection: "to-b", child: "net")

  var bench = Bench()
  var random: SeededRandom
  var children: [UInt32: ChildSA] = [:]
  var kernel: Set<UInt32> = []
  var isConnected = true
  var isPeerAlive = true
  /// An initiate waits for the peer.
  var isInitiating = false
  /// A believed child was lost and none has come up since.
  var hasLoss = false
  /// ... nothing else carries packets, and nobody took the child down since.
  var mustComeBack = false
  var attemptAt = -100.0
  var number: UInt32 = 0
  var answered = 0
  var told: [String] = []
  var violation: String?

  init(seed: UInt64) {
    random = SeededRandom(state: seed)
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
    wait(400)
    if mustComeBack, !children.values.contains(where: isWhole) {
      violation = violation ?? "the tunnel did not come back"
    }
  }

  private mutating func happen() {
    switch Int.random(in: 0..<16, using: &random) {
    case 0...3: if children.isEmpty { bringUp() }
    case 4: bringUp()
    case 5, 6: rekey()
    case 7...9: lose(half: nil)
    case 10: lose(half: Bool.random(using: &random))
    case 11: takeDown()
    case 12: expire()
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
    (hasLoss, mustComeBack, isInitiating) = (false, false, false)
  }

  private mutating func install(_ id: UInt32) {
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

  private mutating func remove(_ child: ChildSA) {
    children[child.childID] = nil
    for sa in Bench.pair(child.childID) where kernel.remove(sa.key.spi) != nil {
      bench.play(.saDeleted(sa.key))
    }
    change()
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
      while answered < bench.trace.count {
        answered += 1
        if case .vici(let request) = bench.trace[answered - 1].effect { answer(request) }
      }
    }
  }

  private mutating func answer(_ request: VICIRequest) {
    guard isConnected else { return violation = "asked for \(request) without a connection" }
    switch request {
    case .listChildren: bench.play(.vici(.children(Array(children.values))))
    case .terminateChild(let id):
      note("terminate \(id)")
      beginAttempt()
      guard let child = children[id] else { break }
      if isWhole(child) { violation = "terminates a child that is whole" }
      if isPeerAlive { remove(child) } else { children[id]?.state = .deleting }
    case .terminateIKE:
      note("terminate IKE")
      if children.values.contains(where: isWhole) { violation = "terminates an IKE SA that lives" }
      for child in children.values { remove(child) }
      isInitiating = false
    case .initiate(let name):
      note("initiate")
      if name != Self.name { violation = "initiates \(name)" }
      // Between terminating and the next list nobody can tell who took a child down.
      if !hasLoss, bench.now - attemptAt > 2 { violation = "initiates what nobody lost" }
      isInitiating = true
      if isPeerAlive { bringUp() }
    }
    if request != .listChildren { bench.play(.vici(.finished(request, failure: nil))) }
  }

  private mutating func beginAttempt() {
    if bench.now - attemptAt < 9.9 { violation = "attempts \(bench.now - attemptAt) s apart" }
    attemptAt = bench.now
  }

  private func isWhole(_ child: ChildSA) -> Bool {
    child.state == .installed && kernel.contains(child.spiIn) && kernel.contains(child.spiOut)
  }

  private mutating func note(_ text: String) { told.append("\(bench.now) \(text)") }
}
