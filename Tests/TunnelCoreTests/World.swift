@testable import TunnelCore

/// Tells one story: happenings become the model kernel's events, the core's effects are performed,
/// what comes of them is fed back, and `Oracle` looks at the outcome after each event.
struct World {
  static let start = Instant(nanoseconds: 1_000_000_000_000)
  static let underlay: Int32 = 2
  static let none = IPAddress(family: .ipv4, bits: 0)

  let scenario: Scenario
  var core: Core
  var kernel = ModelKernel()
  var oracle: Oracle
  var now = World.start
  var trace: [Effect] = []
  /// Leaves out replies that must not matter.
  var dropsLateReplies = false
  private var answers: [Answers]
  private var replies: [(at: Instant, reply: ProbeReply, matters: Bool)] = []
  private var numbers: UInt32 = 0
  private var lastIndex: Int32 = 20
  private var losesEvents = false
  /// The kernel's events wait until some time has passed.
  private var isLagging = false

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
  private mutating func pump() {
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
  private mutating func feed(_ event: Event) {
    var events = [event]
    var rounds = 0
    while !events.isEmpty, violation == nil {
      let next = events.removeFirst()
      oracle.noteCall(core.nextDeadline, now)
      let effects = core.handle(next, at: now)
      trace += effects
      oracle.check(next, effects, core, kernel, now)
      for effect in effects { events += perform(effect) }
      oracle.note(core, kernel, now)
      rounds += 1
      if rounds > 50 || effects.count > 100 { oracle.violation = "effects without end" }
    }
    if losesEvents { kernel.queue = [] }
  }

  private mutating func pass(until end: Instant) {
    while violation == nil {
      let reply = replies.indices.min { replies[$0].at < replies[$1].at }
      let due = core.nextDeadline ?? end
      if let reply, replies[reply].at <= min(due, end) {
        now = max(now, replies[reply].at)
        deliver(replies.remove(at: reply))
      } else if due <= end, core.nextDeadline != nil {
        now = max(now, due)
        feed(.tick)
        if let next = core.nextDeadline, next <= now {
          oracle.violation = "after a tick something is due in the past"
        }
      } else {
        break
      }
      if !losesEvents { pump() }
    }
    now = max(now, end)
  }

  private mutating func deliver(_ item: (at: Instant, reply: ProbeReply, matters: Bool)) {
    if !item.matters, dropsLateReplies { return }
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
    case .sendProbe(let probe): return send(probe)
    case .changeGate(let plan): return kernel.perform(plan).map { .gateFailed($0) }
    case .clear(_, _, let list):
      for sa in list { kernel.expire(sa, charonListens: scenario.charonListens) }
      return []
    case .readRoutes: return losesEvents ? [] : [.routes(kernel.routes)]
    case .readCounters, .alarm, .log: return []
    }
  }

  private mutating func send(_ probe: ProbeRequest) -> [Event] {
    guard let tunnel = self.tunnel(onLink: probe.linkIndex), answers[tunnel] != .refused else {
      return [.probeNotSent(probe.monitor, sequence: probe.sequence, errno: 11)]
    }
    let isLate = answers[tunnel] == .late
    let roundTrip = isLate ? Duration.milliseconds(3500) : .milliseconds(10)
    let arrival = now.advanced(by: roundTrip)
    let link = answers[tunnel] == .inClear ? Self.underlay : probe.linkIndex
    let reply = ProbeReply(
      monitor: probe.monitor, sequence: probe.sequence, arrivedAt: arrival, linkIndex: link)
    if answers[tunnel] != .none { replies.append((arrival, reply, !isLate)) }
    if answers[tunnel] == .twice {
      replies.append((now.advanced(by: .milliseconds(900)), reply, false))
    }
    return []
  }

  // MARK: Happenings

  private func index(of tunnel: Int) -> Int32? {
    let key = UInt32(42 + tunnel)
    return kernel.links.values.first {
      if case .vti(_, _, key, _) = $0.kind { true } else { false }
    }?.index
  }

  private func tunnel(onLink index: Int32) -> Int? {
    scenario.vpns.indices.first { self.index(of: $0) == index }
  }

  private mutating func happen(_ happening: Happening) {
    switch happening {
    case .negotiate(let tunnel, let slot): negotiate(tunnel, slot)
    case .rekey(let tunnel, let slot):
      negotiate(tunnel, slot)
      if !losesEvents { pump() }
      if kernel.sas.count > 2 { deleteOldest(tunnel, slot) }
    case .delete(let tunnel, let slot): deleteOldest(tunnel, slot)
    case .deleteHalf(let tunnel, let slot, let inbound):
      if let half = pairs(tunnel, slot).first(where: { isInbound($0) == inbound }) {
        kernel.delete(half)
      }
    case .flush:
      kernel.sas = [:]
      kernel.queue.append(.saFlushed(ipProtocol: 0))
    case .answers(let tunnel, let how): answers[tunnel] = how
    case .failSteps(let count): kernel.stepsToFail = count
    case .failRecords(let count): kernel.recordsToFail = count
    case .wait(let milliseconds):
      pass(until: now.advanced(by: .milliseconds(milliseconds)))
      catchUp()
    case .lag: (isLagging, oracle.hasLagged, oracle.isBlind) = (true, true, true)
    case .waitMicroseconds(let count): pass(until: now.advanced(by: .microseconds(count)))
    case .stall(let milliseconds): stall(.milliseconds(milliseconds))
    case .loseEvents:
      (losesEvents, oracle.hasLagged, oracle.isBlind) = (true, true, true)
    case .resync: resync()
    default: happenToLink(happening)
    }
    if losesEvents { kernel.queue = [] }
  }

  private mutating func happenToLink(_ happening: Happening) {
    switch happening {
    case .createLink(let tunnel): createLink(tunnel)
    case .admin(let tunnel, let up):
      if let index = index(of: tunnel) { kernel.setAdmin(index, up: up) }
    case .deleteLink(let tunnel): if let index = index(of: tunnel) { kernel.deleteLink(index) }
    case .rename(let tunnel): rename(tunnel)
    case .operstate(let tunnel, let dormant):
      guard var link = index(of: tunnel).flatMap({ kernel.links[$0] }), link.isAdminUp else {
        break
      }
      link.operationalState = dormant ? .dormant : .up
      oracle.noteForeignOperstate(link.name)
      kernel.put(link)
    case .address(let tunnel, let present): setAddress(tunnel, present)
    case .addRoute(let tunnel, let number):
      guard let index = index(of: tunnel) else { break }
      let route = scenario.route(tunnel, number, index: index)
      if kernel.table[route.identity] == nil, kernel.add(route) {
        kernel.outside[route.identity] = route
        oracle.noteAdded(route)
      }
    case .removeRoute(let tunnel, let number):
      let id = scenario.route(tunnel, number, index: 0).identity
      guard kernel.table[id] != nil else { break }
      kernel.remove(id)
      kernel.outside[id] = nil
    default: break
    }
  }

  private func isInbound(_ key: SAKey) -> Bool { key.destination == scenario.local }

  private func pairs(_ tunnel: Int, _ slot: Int) -> [SAKey] {
    let reqid = scenario.pair(tunnel, slot: slot, number: 0)[0].reqid
    return kernel.sas.values.filter { $0.reqid == reqid }.map(\.key)
      .sorted { $0.spi & 0xffffff < $1.spi & 0xffffff }
  }

  private mutating func negotiate(_ tunnel: Int, _ slot: Int) {
    numbers += 1
    for sa in scenario.pair(tunnel, slot: slot, number: numbers) { kernel.install(sa) }
  }

  private mutating func deleteOldest(_ tunnel: Int, _ slot: Int) {
    let keys = pairs(tunnel, slot)
    for key in keys where key.spi & 0xffffff == keys[0].spi & 0xffffff { kernel.delete(key) }
  }

  private mutating func createLink(_ tunnel: Int) {
    guard index(of: tunnel) == nil else { return }
    lastIndex += 1
    kernel.put(scenario.link(tunnel, index: lastIndex))
    setAddress(tunnel, true)
  }

  private mutating func rename(_ tunnel: Int) {
    guard var link = index(of: tunnel).flatMap({ kernel.links[$0] }) else { return }
    link.name = link.name.hasPrefix("x") ? "vti\(tunnel)" : "x\(tunnel)"
    oracle.noteForeignOperstate(link.name)
    kernel.put(link)
  }

  private mutating func setAddress(_ tunnel: Int, _ present: Bool) {
    guard let index = index(of: tunnel) else { return }
    let address = scenario.address(tunnel, index: index)
    let isThere = kernel.addresses.contains(address)
    guard isThere != present else { return }
    if present {
      kernel.addresses.append(address)
    } else {
      kernel.addresses.removeAll { $0 == address }
    }
    kernel.queue.append(present ? .address(address) : .addressDeleted(address))
  }

  private mutating func stall(_ duration: Duration) {
    now = now.advanced(by: duration)
    // What came in meanwhile is read first, as the edge does.
    for item in replies.filter({ $0.at <= now }) where violation == nil { deliver(item) }
    replies.removeAll { $0.at <= now }
    pass(until: now)
  }

  private mutating func catchUp() {
    isLagging = false
    oracle.isBlind = losesEvents
  }

  private mutating func resync() {
    losesEvents = false
    isLagging = false
    oracle.isBlind = false
    kernel.queue = []
    feed(.snapshot(kernel.snapshot))
  }
}
