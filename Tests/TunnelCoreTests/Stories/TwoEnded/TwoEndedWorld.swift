@testable import TunnelCore

/// Two gateways with an agent, a kernel and an IKE daemon each, and a network between them. Steps
/// are taken, what comes of them goes its way, and `TwoEndedOracle` looks on.
struct TwoEndedWorld {
  static let start = Instant(nanoseconds: 1_000_000_000_000)

  /// What is to come.
  enum Item {
    case packet(to: Int, Packet)
    /// For this run of the agent, and of the daemon where it is from that.
    case event(Int, epoch: Int, daemonEpoch: Int?, Event)
    case request(Int, daemonEpoch: Int, VICIRequest)
    case repeatRequest(Int, daemonEpoch: Int, sa: UInt32, number: UInt32)
    case startAgent(Int)
    /// A run of the agent's finds the daemon, or not.
    case connect(Int, epoch: Int)
    case startDaemon(Int)
    case loadConnections(Int, daemonEpoch: Int)
    case second
  }

  /// What has happened, for who has to find out why.
  enum Told {
    case step(TwoEndedStep)
    case event(Int, Event)
    case effect(Int, Effect)
    case packet(Int, Packet)
    case text(String)
  }

  let scenario: TwoEndedScenario
  var ends: [End] = []
  var network: Network
  var oracle: TwoEndedOracle
  var now = TwoEndedWorld.start
  var told: [(at: Instant, what: Told)] = []
  /// Breaks promises of both cores; nil: they are as they are.
  var mutant: TwoEndedMutant?
  private var random: SplitMix64
  private var agenda = Timers<UInt64>()
  private var items: [UInt64: Item] = [:]
  private var lastItem: UInt64 = 0

  init(_ scenario: TwoEndedScenario, seed: UInt64) {
    self.scenario = scenario
    random = SplitMix64(state: seed)
    network = Network(random: SplitMix64(state: random.next()))
    oracle = TwoEndedOracle(scenario)
    for number in 0...1 { ends.append(End(number, scenario, random: &random)) }
  }

  private mutating func begin() {
    for number in 0...1 {
      ends[number].daemon.load(at: now)
      startAgent(number)
    }
    put(.second, at: now.advanced(by: .seconds(1)))
  }

  var violation: String? {
    oracle.violation
      ?? ends.compactMap { end in end.kernel.violation.map { "gw-\(end.number): \($0)" } }.first
  }

  /// Brings both ends to life, tells the story, then heals all and waits for both ends to come back.
  mutating func tell(_ story: [TwoEndedStep]) -> String? {
    begin()
    settle()
    for step in story where violation == nil {
      note(.step(step))
      take(step)
      settle()
    }
    guard violation == nil else { return violation }
    heal()
    pass(scenario.longestBackoff + .seconds(10))
    if violation == nil { oracle.checkRecovered(ends, at: now) }
    return violation
  }

  mutating func heal() {
    note(.text("the end: everything works again"))
    network.heal()
    for end in 0...1 {
      ends[end].kernel.stepsToFail = 0
      ends[end].kernel.recordsToFail = 0
      ends[end].kernel.stepsToDeath = nil
      ends[end].lag = .zero
      ends[end].refusal = nil
      ends[end].dumpsToFail = 0
      ends[end].restoreLinks()
      startDaemon(end)
      ends[end].daemon.load(at: now)
      if ends[end].core == nil { startAgent(end) }
      setRole(end, .active)
      reload(end, ends[end].configuration)
    }
    settle()
  }

  mutating func note(_ what: Told) {
    told.append((now, what))
    if told.count > 1200 { told.removeFirst(600) }
  }

  // MARK: Time

  mutating func put(_ item: Item, at: Instant) {
    lastItem += 1
    items[lastItem] = item
    agenda.set(lastItem, to: at)
  }

  mutating func pass(_ duration: Duration) {
    let end = now.advanced(by: duration)
    while violation == nil {
      let wakes = nextWake
      if let due = agenda.next, due <= min(wakes?.at ?? end, end) {
        now = max(now, due)
        if let key = agenda.popDue(at: now), let item = items.removeValue(forKey: key) {
          happen(item)
        }
      } else if let wakes, wakes.at <= end {
        now = wakes.at
        feed(wakes.number, .tick)
      } else {
        break
      }
      settle()
    }
    now = max(now, end)
  }

  /// Which agent wants to be called next, and when.
  private var nextWake: (at: Instant, number: Int)? {
    var first: (at: Instant, number: Int)?
    for var end in ends {
      guard let due = end.core?.nextDeadline else { continue }
      if first.map({ due < $0.at }) ?? true { first = (max(due, now), end.number) }
    }
    return first
  }

  private mutating func happen(_ item: Item) {
    switch item {
    case .packet(let end, let packet):
      note(.packet(end, packet))
      receive(packet, at: end)
    case .event(let end, let epoch, let daemonEpoch, let event):
      guard epoch == ends[end].epoch, daemonEpoch ?? ends[end].daemonEpoch == ends[end].daemonEpoch
      else { return }
      feed(end, event)
    case .request(let end, let epoch, let request):
      guard epoch == ends[end].daemonEpoch, ends[end].daemon.isRunning else { return }
      let answer = ends[end].daemon.obey(request, at: now)
      put(
        .event(end, epoch: ends[end].epoch, daemonEpoch: epoch, .vici(answer)),
        at: now.advanced(by: ends[end].daemonDelay))
    case .repeatRequest(let end, let epoch, let sa, let number):
      guard epoch == ends[end].daemonEpoch else { return }
      ends[end].daemon.repeatRequest(sa, number, at: now)
    case .startAgent(let end): if ends[end].core == nil { startAgent(end) }
    case .connect(let end, let epoch):
      let isFirst = epoch == ends[end].epoch && !ends[end].isConnected
      if isFirst { setConnected(end, ends[end].daemon.isRunning) }
    case .startDaemon(let end): startDaemon(end)
    case .loadConnections(let end, let epoch):
      if epoch == ends[end].daemonEpoch { ends[end].daemon.load(at: now) }
    case .second:
      put(.second, at: now.advanced(by: .seconds(1)))
      for end in 0...1 {
        ends[end].daemon.askWhenIdle(at: now)
        if scenario.hasTraffic { sendTraffic(from: end) }
      }
    }
  }

  // MARK: Agents

  mutating func startAgent(_ end: Int) {
    ends[end].epoch += 1
    ends[end].kernel.queue = []
    ends[end].core = Core(
      configuration: ends[end].configuration, record: ends[end].kernel.found,
      role: ends[end].role, seed: random.next(), at: now)
    oracle.begin(end)
    feed(end, .snapshot(ends[end].kernel.snapshot))
    if ends[end].core != nil { oracle.noteStarted(&ends[end], at: now) }
    ends[end].isConnected = false
    put(.connect(end, epoch: ends[end].epoch), at: now.advanced(by: .milliseconds(10)))
  }

  private mutating func setConnected(_ end: Int, _ isConnected: Bool) {
    ends[end].isConnected = isConnected
    feed(end, .vici(isConnected ? .connected : .disconnected("PATH: no such file")))
  }

  mutating func killAgent(_ end: Int) {
    ends[end].core = nil
    ends[end].epoch += 1
    ends[end].kernel.stepsToDeath = nil
    ends[end].kernel.queue = []
    note(.text("gw-\(end): the agent is dead"))
  }

  mutating func setRole(_ end: Int, _ role: Role) {
    ends[end].role = role
    feed(end, .role(role))
  }

  mutating func reload(_ end: Int, _ new: Configuration) {
    ends[end].configuration = new
    feed(end, .command(.reload(new), nil))
  }

  /// The daemon is gone: what it was asked for is never answered.
  mutating func endDaemon(_ end: Int) {
    ends[end].daemonEpoch += 1
    if ends[end].isConnected { setConnected(end, false) }
  }

  mutating func startDaemon(_ end: Int) {
    guard !ends[end].daemon.isRunning else { return }
    ends[end].daemonEpoch += 1
    ends[end].daemon.start()
    put(.connect(end, epoch: ends[end].epoch), at: now.advanced(by: .milliseconds(10)))
    put(
      .loadConnections(end, daemonEpoch: ends[end].daemonEpoch),
      at: now.advanced(by: .milliseconds(300)))
  }

  /// One event, and at once what the edge gives back about its effects.
  mutating func feed(_ end: Int, _ event: Event) {
    var events = [event]
    while !events.isEmpty, violation == nil {
      var failures: [Event] = []
      for event in events where ends[end].core != nil {
        note(.event(end, event))
        oracle.check(event, ends[end], at: now)
        var effects = ends[end].core?.handle(event, at: now) ?? []
        if let mutant { effects = mutant.spoil(effects, after: event, of: ends[end]) }
        oracle.check(effects, after: event, ends[end], at: now)
        for effect in effects where ends[end].core != nil {
          note(.effect(end, effect))
          oracle.check(effect, ends[end], at: now)
          failures += perform(effect, at: end)
          oracle.checkLeak(ends[end])
        }
      }
      events = failures
    }
  }

  /// What kernels and daemons have to say goes on its way.
  mutating func settle() {
    for end in 0...1 {
      perform(end)
      for event in ends[end].kernel.queue where ends[end].core != nil {
        put(
          .event(end, epoch: ends[end].epoch, daemonEpoch: nil, event),
          at: now.advanced(by: ends[end].lag))
      }
      ends[end].kernel.queue = []
      oracle.checkLeak(ends[end])
    }
  }

  private mutating func perform(_ end: Int) {
    let epoch = ends[end].daemonEpoch
    for act in ends[end].daemon.takeActs() {
      switch act {
      case .send(let message): send(.ike(message), from: end)
      case .install(let child): ends[end].install(child)
      case .uninstall(let child): ends[end].uninstall(child)
      case .say(let event):
        guard ends[end].isConnected else { continue }
        put(
          .event(end, epoch: ends[end].epoch, daemonEpoch: epoch, .vici(event)),
          at: now.advanced(by: max(ends[end].lag, .milliseconds(1))))
      case .repeatLater(let sa, let number, let wait):
        put(
          .repeatRequest(end, daemonEpoch: epoch, sa: sa, number: number),
          at: now.advanced(by: wait))
      }
    }
  }
}
