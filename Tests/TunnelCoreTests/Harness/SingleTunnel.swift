import TunnelCore

/// A gateway with one VTI to one peer, played by hand: (time, event) in, effects out.
struct SingleTunnel {
  static let local = IPAddress(198, 51, 100, 1)
  static let remote = IPAddress(203, 0, 113, 1)
  static let near = IPAddress(169, 254, 100, 1)
  static let far = IPAddress(169, 254, 100, 2)
  static let far16 = IPPrefix(IPAddress(10, 2, 0, 0), length: 16)

  var core: Core
  private let start = Instant(nanoseconds: 1_000_000_000_000)
  /// Seconds since the start.
  private(set) var now = 0.0
  /// Whether every probe is answered `rtt` seconds later, and by which link.
  var answering = false
  /// The longest IPv4 packet that passes.
  var longest = 65535
  /// Who does not answer all the same.
  var silent: Set<IPAddress> = []
  var replyLink: Int32 = 7
  /// By which way instead, where that is not a link.
  var replyWay: ProbeWay?
  var rtt = 0.01
  /// What the kernel refuses to send a probe with.
  var refusal: Int32?
  /// Users' packets that pass the newest SAs in each interval, besides probes.
  var traffic: (out: UInt64, in: UInt64) = (0, 0)
  /// Whether the peer's IKE daemon answers liveness questions.
  var daemonAnswers = false
  /// The tunnel's link as the kernel has it.
  var link = SingleTunnel.link()
  /// Whether clears take the SAs away as the kernel does.
  var obeysClears = true
  /// Whether an IKE daemon listens to the kernel's EXPIRE.
  var isExpireHeard = true
  /// Packets of ESP without an SA, as the kernel counts them.
  var unknownSPIs: UInt64 = 0
  private(set) var isCapturing = false
  /// Whether a dump of the SAs' counters is answered at once.
  var dumpsCounters = true
  /// What one event led to, at most.
  private(set) var mostEffects = 0
  private var replies: [(at: Double, ProbeReply)] = []
  var sas: [SAKey: SecurityAssociation] = [:]
  private(set) var trace: [(at: Double, effect: Effect)] = []

  init(
    _ monitor: Monitor? = Monitor(interval: .seconds(1), threshold: 3, verifyPath: .init()),
    establish: VPN.EstablishTunnels = .immediately, routes: [IPPrefix] = [],
    record: GateRecord = GateRecord(), linkControl: VPN.LinkControl = .oper,
    link: String? = "vti0", command: [String]? = nil, detection: DeadPeerDetection? = nil,
    addresses: [IPAddress] = [remote], role: Role = .active, respondBadSPI: RespondBadSPI? = nil
  ) {
    let vpn = VPN(
      name: "to-b", gateway: "gw-b", bindInterface: link, establishTunnels: establish,
      linkControl: linkControl, routes: routes, monitor: monitor, renegotiateCommand: command)
    let gateway = Gateway(
      name: "gw-b", addresses: addresses, deadPeerDetection: detection)
    var configuration = Configuration(gateways: ["gw-b": gateway], vpns: [vpn])
    configuration.respondBadSPI = respondBadSPI
    core = Core(
      configuration: configuration, record: record,
      role: role, seed: 1, at: start)
  }

  static func link(
    dormant: Bool = false, adminUp: Bool = true, index: Int32 = 7, name: String = "vti0"
  ) -> Link {
    Link(
      index: index, name: name,
      kind: .vti(local: local, remote: remote, inputKey: 42, outputKey: 42), isAdminUp: adminUp,
      operationalState: dormant ? .dormant : .up, isLinkModeDormant: dormant)
  }

  static let underlay = Link(index: 2, name: "eth0", kind: .other("veth"), operationalState: .up)
  static let addresses = [
    InterfaceAddress(linkIndex: 2, address: local, prefixLength: 30),
    InterfaceAddress(linkIndex: 7, address: near, prefixLength: 30),
  ]
  static let farRoute = Route(
    identity: .init(table: 254, destination: far16), linkIndex: 7, message: [1, 2, 3])

  /// The SAs of one negotiation: inbound, then outbound with VTI's mark, as charon installs them.
  static func pair(_ number: UInt32, reqid: UInt32 = 1) -> [SecurityAssociation] {
    [
      SecurityAssociation(
        key: SAKey(destination: local, spi: 0xc100_0000 + number), source: remote, reqid: reqid),
      SecurityAssociation(
        key: SAKey(
          destination: remote, spi: 0xc200_0000 + number,
          mark: Mark(value: 42, mask: 0xffff_ffff)),
        source: local, reqid: reqid),
    ]
  }

  /// Brings the agent to life on a gateway with these SAs and routes.
  mutating func boot(
    sas: [SecurityAssociation] = [], routes: [Route] = [farRoute], link: Link? = link(),
    more addresses: [InterfaceAddress] = []
  ) {
    for sa in sas { self.sas[sa.key] = sa }
    if let link { self.link = link }
    let links = [Self.underlay] + (link.map { [$0] } ?? [])
    play(
      .snapshot(
        Snapshot(sas: sas, links: links, addresses: Self.addresses + addresses, routes: routes)))
  }

  mutating func negotiate(_ number: UInt32, reqid: UInt32 = 1) {
    negotiate(Self.pair(number, reqid: reqid))
  }

  mutating func negotiate(_ pair: [SecurityAssociation]) {
    install(pair)
    for sa in pair { play(.kernel(.sa(sa))) }
  }

  /// Has these SAs in the kernel, of which the agent has heard or will.
  mutating func install(_ list: [SecurityAssociation]) {
    for sa in list { sas[sa.key] = sa }
  }

  mutating func delete(_ number: UInt32, reqid: UInt32 = 1) {
    delete(Self.pair(number, reqid: reqid))
  }

  mutating func delete(_ pair: [SecurityAssociation]) {
    for sa in pair {
      sas[sa.key] = nil
      play(.kernel(.saDeleted(sa.key)))
    }
  }

  /// Hands one event to the core and lets the kernel do what it asks for, then all that is due.
  mutating func play(_ event: Event) {
    carryOut(core.handle(event, at: instant))
    var turns = 0
    while let due = core.nextDeadline, due <= instant, turns < 100 {
      carryOut(core.handle(.tick, at: instant))
      turns += 1
    }
  }

  /// Hands over several events that were read together, and then does all that is due.
  mutating func read(_ events: [Event]) {
    for event in events.dropLast() { carryOut(core.handle(event, at: instant)) }
    if let last = events.last { play(last) }
  }

  private mutating func carryOut(_ effects: [Effect]) {
    mostEffects = max(mostEffects, effects.count)
    perform(effects)
  }

  /// Lets time pass, waking the core whenever it wants to be woken.
  mutating func wait(_ seconds: Double) {
    pass(until: now + seconds) { _ in false }
  }

  /// Lets time pass until something is asked of the IKE daemon or the kernel's SAs.
  mutating func waitForWork(until end: Double) {
    pass(until: end) { effect in
      switch effect {
      case .daemon, .negotiate: true
      case .sa(let effect): effect.changesSystem
      case .probe, .gate, .peer, .badSPI, .tell: false
      }
    }
  }

  private mutating func pass(until end: Double, or isWork: (Effect) -> Bool) {
    var seen = trace.count
    while true {
      if trace[seen...].contains(where: { isWork($0.effect) }) { return }
      seen = trace.count
      let due = core.nextDeadline.map { $0.since(start).inSeconds } ?? .infinity
      let reply = replies.map(\.at).min() ?? .infinity
      let next = min(due, reply)
      guard next <= end else { break }
      now = max(now, next)
      if reply <= due, let index = replies.firstIndex(where: { $0.at == reply }) {
        play(.reply(replies.remove(at: index).1))
      } else {
        play(.tick)
      }
    }
    now = end
  }

  /// Counts on from zero what has reached 32 bits, as some drivers' counters do.
  mutating func wrapCounters() {
    for key in sas.keys { sas[key]?.packets &= 0xffff_ffff }
  }

  /// Lets time pass in which the agent does not run at all.
  mutating func sleepThrough(_ seconds: Double) { now += seconds }

  var instant: Instant { start.advanced(by: .nanoseconds(Int64((now * 1e9).rounded()))) }

  /// Its tunnels that carry nothing.
  var inactive: [InactiveTunnel] {
    core.tunnelIDs.compactMap { core.inactiveTunnel($0, at: instant) }
  }
  var tunnel: TunnelStatus? { core.status(at: instant).tunnels.first }
  var state: String { "\(tunnel?.state ?? "?")/\(tunnel?.gate ?? "?")/\(tunnel?.mon ?? "?")" }

  private mutating func perform(_ list: [Effect]) {
    for effect in list {
      trace.append((now, effect))
      switch effect {
      case .probe(.send(let probe)) where refusal != nil:
        play(.probeNotSent(probe.monitor, sequence: probe.sequence, errno: refusal ?? 0))
      case .probe(.send(let probe))
      where answering && !silent.contains(probe.destination) && probe.size + 20 <= longest:
        count(out: 1, in: 1)
        let arrival = instant.advanced(by: .nanoseconds(Int64(rtt * 1e9)))
        let reply = ProbeReply(
          monitor: probe.monitor, sequence: probe.sequence, arrivedAt: arrival,
          way: replyWay ?? .link(replyLink))
        replies.append((now + rtt, reply))
      case .sa(.clear(_, _, let list)) where obeysClears: clear(list)
      case .gate(.change(let plan)):
        for step in plan.steps { take(step) }
      case .probe(.readCounters(let id, let keys)):
        count(out: traffic.out, in: traffic.in)
        play(.counters(id, sas.filter { keys.contains($0.key) }.mapValues(\.packets)))
      case .probe(.send): count(out: 1, in: 0)
      case .peer(.readCounters(let id, let keys)):
        count(out: traffic.out, in: traffic.in)
        play(.peerCounters(id, sas.filter { keys.contains($0.key) }.mapValues(\.packets)))
      case .peer(.ping(let target)) where daemonAnswers: play(.ikePingAnswered(target))
      case .sa(.dumpCounters) where dumpsCounters: playCounters()
      case .badSPI(.readUnknownSPIs): play(.unknownSPIs(unknownSPIs))
      case .sa(.readExpireListeners): play(.expireListeners(isHeard: isExpireHeard))
      case .badSPI(.capture): isCapturing = true
      case .badSPI(.endCapture): isCapturing = false
      case .badSPI(.readDecrypted(let gateway, let keys)):
        let packets = sas.filter { keys.contains($0.key) }.values.map(\.packets).reduce(0, +)
        play(.decrypted(gateway: gateway, packets: packets))
      case .probe, .gate, .sa, .daemon, .negotiate, .peer, .tell: break
      }
    }
  }

  /// What the kernel does to the link.
  private mutating func take(_ step: GateStep) {
    switch step {
    case .setDormant(_, let dormant): link.isLinkModeDormant = dormant
    case .setAdmin(_, let up): link.isAdminUp = up
    default: return
    }
    link.operationalState = link.isLinkModeDormant ? .dormant : .up
    if !link.isAdminUp { link.operationalState = .down }
    play(.kernel(.link(link)))
  }

  /// Counts packets on the newest pair, as the kernel does.
  private mutating func count(out: UInt64, in: UInt64) {
    let newest = { (sas: [SecurityAssociation]) in sas.max { $0.key.spi < $1.key.spi }?.key }
    let inbound = newest(sas.values.filter { $0.key.destination == Self.local })
    let outbound = newest(sas.values.filter { $0.key.destination == Self.remote })
    if let inbound { sas[inbound]?.packets += `in` }
    if let outbound { sas[outbound]?.packets += out }
  }

  // MARK: What happened

  /// Times at which probes were sent.
  var probeTimes: [Double] {
    trace.compactMap { if case .probe(.send) = $0.effect { $0.at } else { nil } }
  }
  var probes: [ProbeRequest] {
    trace.compactMap { if case .probe(.send(let probe)) = $0.effect { probe } else { nil } }
  }
  var alarms: [String] {
    trace.compactMap {
      if case .tell(.alarm(let alarm)) = $0.effect { alarm.description } else { nil }
    }
  }
  var lastAlarm: String { alarms.last ?? "" }
  var clearTimes: [Double] {
    trace.compactMap { if case .sa(.clear) = $0.effect { $0.at } else { nil } }
  }
  var steps: [GateStep] { plans.flatMap(\.steps) }
  var plans: [GatePlan] {
    trace.compactMap { if case .gate(.change(let plan)) = $0.effect { plan } else { nil } }
  }
  /// Times and text of transitions: `state was reason`.
  var transitions: [String] {
    trace.compactMap {
      if case .tell(.log(_, "to-b", let text)) = $0.effect, text.hasPrefix("state=") {
        "\(Double(Int(($0.at * 100).rounded())) / 100) \(text)"
      } else {
        nil
      }
    }
  }
  mutating func forgetTrace() { trace.removeAll() }
}
