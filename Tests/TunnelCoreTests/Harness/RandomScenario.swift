@testable import TunnelCore

/// Tells one story: happenings become the model kernel's events, the core's effects are performed,
/// what comes of them is fed back, and `Oracle` looks at the outcome after each event.
struct RandomScenario {
  static let start = Instant(nanoseconds: 1_000_000_000_000)
  static let underlay: Int32 = 2
  static let none = IPAddress(family: .ipv4, bits: 0)

  let scenario: Scenario
  var core: Core
  var kernel = ModelKernel()
  var oracle: Oracle
  var now = RandomScenario.start
  var trace: [Effect] = []
  /// Leaves out replies that must not matter.
  var dropsDuplicates = false
  var answers: [Answers]
  var replies: [(at: Instant, reply: ProbeReply, matters: Bool)] = []
  var numbers: UInt32 = 0
  var lastIndex: Int32 = 20
  var losesEvents = false
  /// The kernel's events wait until some time has passed.
  var isLagging = false

  init(_ scenario: Scenario) {
    self.scenario = scenario
    core = Core(configuration: scenario.configuration, seed: 7, at: now)
    oracle = Oracle(scenario)
    answers = scenario.vpns.map { _ in .inTime }
    let out = Link(index: Self.underlay, name: "eth0", kind: .other("veth"), operationalState: .up)
    kernel.links[out.index] = out
    kernel.addresses = [
      InterfaceAddress(linkIndex: out.index, address: scenario.local, prefixLength: 24)
    ]
    for tunnel in scenario.vpns.indices { happen(.createLink(tunnel)) }
    if scenario.startsWithSAs {
      for tunnel in scenario.vpns.indices { happen(.negotiate(tunnel, slot: 0)) }
    }
    for tunnel in scenario.vpns.indices { happen(.addRoute(tunnel, 0)) }
    kernel.queue = []
  }

  /// Tells the whole story; returns what was broken first, or nil.
  mutating func tell(_ story: [Happening], releases: Bool) -> String? {
    feed(.snapshot(kernel.snapshot))
    oracle.adopt(kernel)
    pump()
    for happening in story where violation == nil {
      happen(happening)
      if !losesEvents { pump() }
    }
    guard violation == nil else { return violation }
    happen(.resync)
    pump()
    (kernel.stepsToFail, kernel.recordsToFail) = (0, 0)
    pass(until: now.advanced(by: .seconds(70)))
    if violation == nil, releases { release() }
    return violation
  }

  var violation: String? { kernel.violation ?? oracle.violation }

  // MARK: Time and events

  /// Feeds the core all that the kernel has to say until it has no more.
  mutating func pump() {
    var rounds = 0
    guard !isLagging else { return }
    while !kernel.queue.isEmpty, violation == nil {
      feed(kernel.queue.removeFirst())
      rounds += 1
      if rounds > 400 { oracle.violation = "core and kernel never come to rest" }
    }
    if violation == nil, !losesEvents { oracle.checkAtRest(core, kernel, now) }
  }

  /// One event, and at once what the edge gives back about its effects.
  mutating func feed(_ event: Event) {
    var events = [event]
    var rounds = 0
    func isDue() -> Bool { core.nextDeadline.map { $0 <= now } ?? false }
    while !events.isEmpty || isDue(), violation == nil {
      // What is due is done when all that was read is fed.
      let next = events.isEmpty ? .tick : events.removeFirst()
      oracle.noteCall(core.nextDeadline, now)
      let effects = core.handle(next, at: now)
      trace += effects
      oracle.check(next, effects, core, kernel, now)
      for effect in effects { events += perform(effect) }
      oracle.note(core, kernel, now)
      if case .routes = next, effects.contains(.gate(.readRoutes)) {
        oracle.violation = "a dump asks for a dump"
      }
      rounds += 1
      if rounds > 50 || effects.count > 100 { oracle.violation = "effects without end" }
    }
    if losesEvents { kernel.queue = [] }
  }

  mutating func pass(until end: Instant) {
    while violation == nil {
      let reply = replies.indices.min { replies[$0].at < replies[$1].at }
      let due = core.nextDeadline ?? end
      if let reply, replies[reply].at <= min(due, end) {
        now = max(now, replies[reply].at)
        deliver(replies.remove(at: reply))
      } else if due <= end, core.nextDeadline != nil {
        now = max(now, due)
        feed(.tick)
      } else {
        break
      }
      if !losesEvents { pump() }
    }
    now = max(now, end)
  }

  mutating func deliver(_ item: (at: Instant, reply: ProbeReply, matters: Bool)) {
    if !item.matters, dropsDuplicates { return }
    oracle.noteReply(item.reply, core, kernel, now)
    feed(.reply(item.reply))
  }

  private mutating func release() {
    feed(.shutdown(release: true))
    if violation == nil { oracle.checkReleased(kernel) }
  }

  // MARK: Effects

  private mutating func perform(_ effect: Effect) -> [Event] {
    switch effect {
    case .probe(.send(let probe)): return send(probe)
    case .gate(.change(let plan)): return kernel.perform(plan).map { .gateFailed($0) }
    case .sa(.clear(_, _, let list)):
      for sa in list { kernel.expire(sa, charonListens: scenario.charonListens) }
      return []
    case .gate(.readRoutes):
      return losesEvents ? [] : [.routes(core.routeInterest(nexthops: []).dump(kernel.routes))]
    case .sa(.readExpireListeners): return [.expireListeners(isHeard: scenario.charonListens)]
    case .probe, .gate, .sa, .daemon, .negotiate, .peer, .badSPI, .tell: return []
    }
  }

  private mutating func send(_ probe: ProbeRequest) -> [Event] {
    guard case .link(let index) = probe.way, let tunnel = self.tunnel(onLink: index),
      answers[tunnel] != .refused
    else {
      return [.probeNotSent(probe.monitor, sequence: probe.sequence, errno: 11)]
    }
    let isLate = answers[tunnel] == .late
    let roundTrip = isLate ? Duration.milliseconds(3500) : .milliseconds(10)
    let arrival = now.advanced(by: roundTrip)
    let link = answers[tunnel] == .inClear ? Self.underlay : index
    let reply = ProbeReply(
      monitor: probe.monitor, sequence: probe.sequence, arrivedAt: arrival, way: .link(link))
    if answers[tunnel] != .none { replies.append((arrival, reply, true)) }
    if answers[tunnel] == .twice {
      replies.append((now.advanced(by: .milliseconds(900)), reply, false))
    }
    return []
  }
}
