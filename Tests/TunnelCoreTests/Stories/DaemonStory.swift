@testable import TunnelCore

/// One tunnel, one connection with one child, of which there may be several instances. What happens
/// to them is random; `DaemonStory+Checks` says what the agent may ask for.
struct DaemonStory {
  static let name = ChildName(connection: "to-b", child: "net")
  static let connection = IKEConnection(
    name: "to-b", remote: [SingleTunnel.remote], children: [IKEConnection.Child(name: "net")])
  static let detection = DeadPeerDetection(mode: .alwaysSend, interval: 2, threshold: 3)

  var bench: SingleTunnel
  var random: SplitMix64
  var children: [UInt32: ChildSA] = [:]
  var kernel: Set<SAID> = []
  var isConnected = true
  var isPeerAlive = true
  var hasIKE = false
  /// An initiate waits for the peer.
  var isInitiating = false
  var isCommandRunning = false
  var isStandby = false
  var number: UInt32 = 0
  /// Effects that were answered.
  var answered = 0
  /// A daemon with other tunnels, whose lists take their time and are never the last word.
  let isBusy: Bool
  /// Whether a trap policy waits for packets.
  let hasTrap: Bool
  /// The list that it is making, of how things were when it was asked.
  var listing: (at: Double, askedAt: Double, list: [IKESA])?
  /// What the daemon listed last, and when it was asked for that.
  var listed: Set<UInt32> = []
  var listedIKE = false
  var listedAt = -1.0
  var account = StoryAccount()
  /// When the last set was cleared.
  var lastClear = -100.0
  /// Clears, terminations, initiations, commands.
  var acts = 0
  var told: [String] = []
  var violation: String? { didSet { if oldValue != nil { violation = oldValue } } }

  init(seed: UInt64) {
    random = SplitMix64(state: seed)
    isBusy = random.oneIn(3)
    var monitor = Monitor(interval: .seconds(1), threshold: 3)
    if !random.oneIn(4) { monitor.verifyPath = .init() }
    if random.oneIn(3) { monitor.timeout = .milliseconds(300) }
    if random.oneIn(6) { monitor.action = random.oneIn(2) ? .hold : .warn }
    monitor.neverAnswered = .clear
    monitor.renegotiateBackoff = .init(
      initial: random.oneIn(2) ? .seconds(4) : nil, maximum: .seconds(40))
    bench = SingleTunnel(
      monitor,
      establish: VPN.EstablishTunnels.allCases.randomElement(using: &random) ?? .immediately,
      command: random.oneIn(3) ? ["up"] : nil,
      detection: random.oneIn(2) ? Self.detection : nil)
    bench.obeysClears = false
    bench.answering = true
    bench.daemonAnswers = true
    bench.boot()
    let cap = random.oneIn(2) ? Int.random(in: 1...3, using: &random) : 60
    bench.reload { $0.maxClearsPerMinute = cap }
    account.note(cap: cap, at: 0)
    hasTrap = random.oneIn(2)
    if hasTrap { bench.play(.kernel(.policy(TriggerTests.trap))) }
    bench.play(.vici(.connected))
  }

  var settings: String { "\(bench.core.configuration)" }
  var configuration: Configuration { bench.core.configuration }
  var vpn: VPN { configuration.vpns[0] }
  var detection: DeadPeerDetection? { configuration.gateways["gw-b"]?.deadPeerDetection }

  mutating func tell() {
    for _ in 0..<45 where violation == nil {
      Int.random(in: 0..<5, using: &random) == 0 ? obey() : happen()
      wait(Bool.random(using: &random) ? 0.3 : Double.random(in: 0...30, using: &random))
    }
    guard violation == nil else { return }
    note("the end: everything works again")
    (isStandby, bench.traffic) = (false, (5, 5))
    bench.play(.role(.active))
    revive()
    connect()
    setPath(alive: true)
    // The longest back-off and ten seconds; else the cap's minute too.
    wait(configuration.maxClearsPerMinute < 60 ? 130 : 50)
    let isHeld = hasTrap && vpn.establishTunnels == .onTraffic && bench.tunnel?.state == "down"
    let isDue = account.mustComeBack || vpn.establishTunnels == .immediately || isHeld
    if isDue, !children.values.contains(where: isWhole) {
      violation = "the tunnel did not come back (\(bench.state))"
    }
    if bench.mostEffects > 40 { violation = "\(bench.mostEffects) effects of one event" }
  }

  private mutating func happen() {
    switch Int.random(in: 0..<20, using: &random) {
    case 0...3: if children.isEmpty { bringUp() }
    case 4: bringUp()
    case 5, 6: rekey()
    case 7, 8: lose(half: nil)
    case 9: lose(half: Bool.random(using: &random))
    case 10: takeDown()
    case 11: expire()
    case 12: isConnected ? disconnect() : connect()
    case 13...16: setPath(alive: !bench.answering)
    default: isPeerAlive ? die() : revive()
    }
  }

  // MARK: SAs

  mutating func bringUp() {
    guard isPeerAlive else { return }
    number += 1
    note("up \(number)")
    install(number)
    (account.mustComeBack, isInitiating) = (false, false)
    if !isConnected { account.hasLoss = false }
  }

  private mutating func install(_ id: UInt32, insteadOf old: ChildSA? = nil) {
    // What joins a whole child is a rekey of it: no new set, unless it could not be verified, nor
    // continue a set that no probe was lost of.
    let elders = (children.values.filter(isWhole) + [old].compactMap(\.self)).map(\.childID)
      .filter { vpn.monitor?.verifyPath == nil || account.isBelieved($0) }
    account.noteBorn(id, of: elders, at: bench.now)
    (children[id], hasIKE) = (.of(id), true)
    kernel.formUnion(SingleTunnel.pair(id).map(\.key.id))
    bench.negotiate(id)
    change()
  }

  mutating func rekey() {
    guard isPeerAlive, let old = children.values.first(where: isWhole) else { return }
    number += 1
    note("rekey \(old.childID) \(number)")
    children[old.childID]?.state = .other("REKEYED")
    install(number, insteadOf: old)
    remove(old)
  }

  private mutating func lose(half: Bool?) {
    guard let child = children.values.first(where: isWhole) else { return }
    account.wholeAt = bench.now
    note("lost \(child.childID) \(half.map { $0 ? "in" : "out" } ?? "both")")
    for (sa, isInbound) in zip(SingleTunnel.pair(child.childID), [true, false])
    where half == nil || half == isInbound {
      kernel.remove(sa.key.id)
      bench.play(.kernel(.saDeleted(sa.key)))
    }
    account.hasLoss = true
    account.mustComeBack = !children.values.contains(where: isWhole)
    disturb()
  }

  private mutating func takeDown() {
    note("taken down")
    for child in children.values { remove(child) }
    (account.mustComeBack, isInitiating) = (false, false)
  }

  private mutating func expire() {
    guard isPeerAlive, let child = children.values.first(where: isWhole) else { return }
    note("expired \(child.childID)")
    for sa in SingleTunnel.pair(child.childID) { bench.play(.kernel(.saExpired(sa.key))) }
    // The daemon hears of it later than the agent.
    wait(0.3)
    remove(child)
    bringUp()
  }

  mutating func remove(_ child: ChildSA) {
    if children.values.contains(where: isWhole) { account.wholeAt = bench.now }
    children[child.childID] = nil
    for sa in SingleTunnel.pair(child.childID) where kernel.remove(sa.key.id) != nil {
      bench.play(.kernel(.saDeleted(sa.key)))
    }
    change()
  }

  func isWhole(_ child: ChildSA) -> Bool {
    child.state == .installed && kernel.isSuperset(of: child.sas)
  }

  // MARK: The peer and the daemon

  private mutating func setPath(alive: Bool) {
    note(alive ? "the path is alive" : "the path is dead")
    let traffic: UInt64 = random.oneIn(2) ? 5 : 0
    bench.answering = alive
    bench.traffic = (traffic, alive ? traffic : 0)
    account.note(path: alive, at: bench.now)
    account.note(peer: alive && isPeerAlive, at: bench.now)
    disturb()
  }

  private mutating func die() {
    note("the peer is dead")
    (isPeerAlive, bench.daemonAnswers) = (false, false)
    account.note(peer: false, at: bench.now)
    disturb()
  }

  private mutating func revive() {
    note("the peer is alive")
    (isPeerAlive, bench.daemonAnswers) = (true, true)
    account.note(peer: bench.answering, at: bench.now)
    disturb()
    for child in children.values where child.state == .deleting { remove(child) }
    if isInitiating { bringUp() }
  }

  private mutating func change() {
    disturb()
    if isConnected { bench.play(.vici(.changed)) }
  }

  private mutating func disconnect() {
    note("disconnected")
    isConnected = false
    listing = nil
    answered = bench.trace.count
    bench.play(.vici(.disconnected("gone")))
    disturb()
  }

  private mutating func connect() {
    guard !isConnected else { return }
    note("connected")
    isConnected = true
    answered = bench.trace.count
    bench.play(.vici(.connected))
  }

  // MARK: The operator

  private mutating func obey() {
    disturb()
    switch Int.random(in: 0..<8, using: &random) {
    case 0:
      account.noteVerification()
      bench.play(.command(.verify(tunnel: "to-b"), nil))
    case 1:
      note("clear")
      account.clearedByOperatorAt = bench.now
      account.clearedByOperator = Set(children.keys)
      if !isStandby, !kernel.isEmpty { account.hasCleared = true }
      bench.play(.command(.clear(tunnel: "to-b"), nil))
    case 2:
      isStandby.toggle()
      note(isStandby ? "standby" : "active")
      if isStandby {
        // What is not believed in any more is left to the other gateway, or to traffic.
        let isBelieved = children.values.contains { $0.state == .installed }
        account.mustComeBack = account.mustComeBack && isBelieved
        account.hasLoss = account.hasLoss && isBelieved
        account.hasCleared = false
      }
      bench.play(.role(isStandby ? .standby : .active))
    default: reload()
    }
  }

  private mutating func reload() {
    var new = configuration
    switch Int.random(in: 0..<6, using: &random) {
    case 0: new.vpns[0].establishTunnels = .allCases.randomElement(using: &random) ?? .immediately
    case 1: new.maxClearsPerMinute = Int.random(in: 1...4, using: &random)
    case 2: new.vpns[0].monitor?.action = .allCases.randomElement(using: &random) ?? .clear
    case 3: new.vpns[0].monitor?.verifyPath = random.oneIn(2) ? .init() : nil
    case 4: new.gateways["gw-b"]?.deadPeerDetection = random.oneIn(2) ? Self.detection : nil
    default:
      new.vpns[0].renegotiateCommand = random.oneIn(2) ? ["up", "again"] : nil
      new.vpns[0].monitor?.renegotiateBackoff.maximum = .seconds(random.oneIn(2) ? 20 : 40)
    }
    note("reload \(ConfigurationChange(from: configuration, to: new).lines)")
    account.note(cap: new.maxClearsPerMinute, at: bench.now)
    if new.vpns[0].monitor?.action != .clear { account.clearableUntil = bench.now + 1.5 }
    if new.gateways["gw-b"]?.deadPeerDetection == nil { account.detectedUntil = bench.now + 1.5 }
    bench.play(.command(.reload(new), nil))
  }

  /// For a while the agent may have to find its way.
  mutating func disturb() { account.calmSince = bench.now }

  mutating func note(_ text: String) { told.append("\(bench.now) \(text)") }
}
