@testable import TunnelCore

/// A random story about links of every kind under every name: made, renamed, deleted, made again as
/// something else, with SAs, routes and records that may or may not fit.
///
/// Promise: no step of a gate names a link that is no tunnel of the VPN's peer.
struct LinkStory {
  static let local = IPAddress(198, 51, 100, 1)
  static let names = ["vti0", "vti1", "xfrm0", "eth0", "br0", "lo", "spare0", "vpa2a"]
  private static let start = Instant(nanoseconds: 1_000_000_000_000)

  private(set) var core: Core
  var kernel = ModelKernel()
  private(set) var violation: String?
  /// Every event and step, if `isTold`.
  private(set) var told: [String] = []
  var isTold = false
  /// Steps that changed a link which may be changed: a story without any proves little.
  private(set) var changes = 0
  var random: SplitMix64
  var now = start
  var lastIndex: Int32 = 1
  var spi: UInt32 = 0
  /// Links from which the record of an earlier run says that routes were taken.
  let restorable: Set<Int32>
  let vpns: [VPN]

  static func remote(_ number: Int) -> IPAddress { IPAddress(203, 0, 113, 1 + UInt8(number)) }

  init(seed: UInt64) {
    var random = SplitMix64(state: seed)
    let links = Self.names.dropLast().shuffled(using: &random)
    vpns = (0..<3).map { Self.vpn($0, links[$0], using: &random) }
    let gateways = vpns.indices.map { Gateway(name: "g\($0)", addresses: [Self.remote($0)]) }
    let configuration = Configuration(
      gateways: Dictionary(uniqueKeysWithValues: gateways.map { ($0.name, $0) }), vpns: vpns)
    let record = Self.record(using: &random)
    restorable = Set(record.links.flatMap(\.withdrawn).compactMap(\.linkIndex))
    core = Core(
      configuration: configuration, record: record,
      role: random.oneIn(4) ? .standby : .active, seed: seed, at: Self.start)
    kernel.record = record
    self.random = random
  }

  private static func vpn(
    _ number: Int, _ link: String, using random: inout SplitMix64
  ) -> VPN {
    let any = IPPrefix.any(.ipv4)
    let routes =
      random.oneIn(4) ? [any] : [IPPrefix(IPAddress(10, UInt8(number), 0, 0), length: 16)]
    return VPN(
      name: "t\(number)", gateway: "g\(number)", bindInterface: link,
      establishTunnels: VPN.EstablishTunnels.allCases.randomElement(using: &random) ?? .immediately,
      linkControl: VPN.LinkControl.allCases.randomElement(using: &random) ?? .oper,
      routes: random.oneIn(2) && (number == 0 || routes != [any]) ? routes : [],
      monitor: Monitor(interval: .seconds(1), threshold: 3, verifyPath: .init()))
  }

  /// What an earlier run may have left: of links that were, or are something else now.
  private static func record(using random: inout SplitMix64) -> GateRecord {
    guard random.oneIn(2) else { return GateRecord() }
    let links = names.prefix(6).filter { _ in random.oneIn(3) }.sorted()
    return GateRecord(
      links: links.enumerated().map { number, name in
        let index = Int32.random(in: 2...9, using: &random)
        let route = Route(
          identity: .init(
            table: 254, destination: IPPrefix(IPAddress(10, 200 + UInt8(number), 0, 0), length: 16)),
          linkIndex: index, message: [1])
        return .init(
          name: name, withdrawn: random.oneIn(2) ? [route] : [],
          down: random.oneIn(3) ? .init(addresses: [], nexthops: []) : nil)
      })
  }

  // MARK: Telling

  mutating func tell() {
    for _ in 0..<Int.random(in: 0...5, using: &random) { makeLink() }
    if random.oneIn(2) { negotiate() }
    kernel.queue = []
    feed(.snapshot(kernel.snapshot))
    for _ in 0..<Int.random(in: 5...60, using: &random) where violation == nil {
      happen()
      settle()
    }
    feed(.shutdown(release: random.oneIn(2)))
  }

  private mutating func happen() {
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<5: makeLink()
    case 5..<7: renameLink()
    case 7..<9: if let link = anyLink() { kernel.deleteLink(link.index) }
    case 9..<12: negotiate()
    case 12: if let key = kernel.sas.keys.min(by: { $0.spi < $1.spi }) { kernel.delete(key) }
    case 13..<15: addRoute()
    case 15: if let id = kernel.table.keys.min(by: { $0.text < $1.text }) { kernel.remove(id) }
    case 16: feed(.role(core.role == .active ? .standby : .active))
    case 17: if let link = anyLink() { kernel.setAdmin(link.index, up: !link.isAdminUp) }
    case 18:
      kernel.queue = []
      feed(.snapshot(kernel.snapshot))
    default: pass(.milliseconds(Int.random(in: 10...20_000, using: &random)))
    }
  }

  private mutating func pass(_ duration: Duration) {
    let end = now.advanced(by: duration)
    while violation == nil, let due = core.nextDeadline, due <= end {
      now = max(now, due)
      feed(.tick)
      settle()
    }
    now = max(now, end)
  }

  private mutating func settle() {
    var rounds = 0
    while !kernel.queue.isEmpty, violation == nil {
      feed(kernel.queue.removeFirst())
      rounds += 1
      if rounds > 400 { violation = "core and kernel never come to rest" }
    }
  }

  mutating func feed(_ event: Event) {
    var events = [event]
    while !events.isEmpty, violation == nil {
      let event = events.removeFirst()
      if isTold { told.append("\(event)") }
      for effect in core.handle(event, at: now) {
        switch effect {
        case .gate(.change(let plan)):
          check(plan)
          events += kernel.perform(plan).map { .gateFailed($0) }
        case .probe(.send(let probe)) where random.oneIn(2):
          events.append(
            .reply(
              ProbeReply(
                monitor: probe.monitor, sequence: probe.sequence, arrivedAt: now, way: probe.way)))
        case .probe(.send(let probe)) where random.oneIn(3):
          let errno = [1, 11, 99, 101, 105].randomElement(using: &random) ?? 1
          events.append(.probeNotSent(probe.monitor, sequence: probe.sequence, errno: Int32(errno)))
        case .gate(.readRoutes) where random.oneIn(4): events.append(.routesNotRead("busy"))
        case .gate(.readRoutes):
          let interest = core.routeInterest(nexthops: kernel.nexthops)
          events.append(
            .routes(interest.dump(kernel.routes, kernel.nexthops), kernel.nexthops))
        default: break
        }
      }
    }
  }

  // MARK: The promise

  private mutating func check(_ plan: GatePlan) {
    for step in plan.steps {
      if isTold { told.append("  \(plan.link): \(step)") }
      if let link = kernel.link(named: plan.link), !step.restores, step.changesHost, !fits(link) {
        violation = "\(step) for \(plan.link), which is \(link.kind)"
      }
      for link in kernel.links.values where step.names(link.index) && !step.isOfOurs {
        changes += 1
        let isGivenBack = step.restores && (isTunnel(link) || restorable.contains(link.index))
        if !fits(link), !isGivenBack {
          violation = "\(step) names \(link.name), which is \(link.kind)"
        }
      }
    }
  }

  /// Said again, and not with the core's own words.
  private func isTunnel(_ link: Link) -> Bool {
    switch link.kind {
    case .other: false
    case .xfrm, .vti: true
    }
  }

  /// Whether it may be the tunnel of the VPN that names it.
  private func fits(_ link: Link) -> Bool {
    if link.hasSAsElsewhere { return false }
    switch link.kind {
    case .other: return false
    case .xfrm(let ifID): return ifID != 0
    case .vti(_, let remote, _, _):
      return vpns.indices.contains {
        vpns[$0].bindInterface == link.name && Self.remote($0) == remote
      }
    }
  }
}

extension ModelKernel {
  fileprivate var nexthops: [Nexthop] { [] }
}

extension GateStep {
  /// Whether it takes something from the host or gives it something.
  fileprivate var changesHost: Bool {
    switch self {
    case .deleteRoute, .replaceRoute, .replaceGroup, .addUnreachable, .addLinkRoute, .addRule,
      .setAdmin, .setDormant, .addAddress, .addRoute, .addNexthop:
      true
    case .deleteUnreachable, .deleteLinkRoute, .deleteRule: false
    }
  }

  /// Whether it removes something of the agent's own.
  fileprivate var isOfOurs: Bool {
    switch self {
    case .deleteUnreachable, .deleteLinkRoute, .deleteRule: true
    case .deleteRoute, .replaceRoute, .replaceGroup, .addUnreachable, .addLinkRoute, .addRule,
      .setAdmin, .setDormant, .addAddress, .addRoute, .addNexthop:
      false
    }
  }

  /// Whether it gives back what an earlier run took.
  fileprivate var restores: Bool {
    if case .setDormant(_, false) = self { true } else { putsBack }
  }
}
