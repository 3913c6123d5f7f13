import TunnelCore

/// A gateway with many XFRM interfaces, one peer each, and templates: (time, event) in, effects
/// out. Spoke `n` has if_id `n`, the link `ipsec<n>` with index 100 + n, and the peer 10.0.0.0 + n.
struct ManyTunnels {
  static let local = IPAddress(198, 51, 100, 1)

  var core: Core
  /// Whether probes are answered through the tunnel, 10 ms later.
  var answering = true
  /// Spokes that do not answer all the same.
  var silent: Set<Int> = []
  /// Packets of users' that pass each SA from one reading of the counters to the next.
  var traffic: UInt64 = 5
  private var packets: [SAKey: UInt64] = [:]
  private let start = Instant(nanoseconds: 1_000_000_000_000)
  private(set) var now = 0.0
  private var links: [Int32: Link] = [:]
  private var replies: [(at: Double, ProbeReply)] = []
  private(set) var effects: [Effect] = []
  /// When each of them was asked for.
  private(set) var times: [Double] = []

  init(
    _ templates: [Template], vpns: [VPN] = [], record: GateRecord = GateRecord(),
    _ change: (inout Configuration) -> Void = { _ in }
  ) {
    let gateways = vpns.map { Gateway(name: $0.gateway, addresses: [ManyTunnels.peer(1)]) }
    var configuration = Configuration(
      gateways: Dictionary(gateways.map { ($0.name, $0) }) { $1 }, vpns: vpns,
      templates: templates)
    change(&configuration)
    core = Core(configuration: configuration, record: record, seed: 1, at: start)
  }

  static func template(
    _ match: Template.Match, _ name: String = "branches",
    establish: VPN.EstablishTunnels = .immediately, isMonitored: Bool = true,
    isVerified: Bool = true
  ) -> Template {
    let monitor = Monitor(
      interval: .seconds(1), threshold: 3, verifyPath: isVerified ? .init() : nil)
    return Template(
      name: name, match: match,
      settings: VPN(
        name: name, gateway: "", establishTunnels: establish,
        monitor: isMonitored ? monitor : nil))
  }

  static func peer(_ number: Int) -> IPAddress {
    IPAddress(10, UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255))
  }

  static func link(_ number: Int, _ name: String? = nil) -> Link {
    Link(
      index: Int32(100 + number), name: name ?? "ipsec\(number)", kind: .xfrm(ifID: UInt32(number)),
      operationalState: .up)
  }

  static func address(_ number: Int) -> InterfaceAddress {
    InterfaceAddress(
      linkIndex: Int32(100 + number), address: IPAddress(169, 254, 1, 1), prefixLength: 30)
  }

  static func pair(_ number: Int, peer: Int? = nil, serial: UInt32 = 0) -> [SecurityAssociation] {
    let (peer, spi) = (ManyTunnels.peer(peer ?? number), UInt32(number) + serial << 24)
    return [
      SecurityAssociation(
        key: SAKey(destination: local, spi: 0xc100_0000 + spi), source: peer,
        reqid: UInt32(number), ifID: UInt32(number)),
      SecurityAssociation(
        key: SAKey(destination: peer, spi: 0x4100_0000 + spi), source: local,
        reqid: UInt32(number), ifID: UInt32(number)),
    ]
  }

  static func route(_ number: Int) -> Route {
    Route(
      identity: .init(
        table: 254,
        destination: IPPrefix(
          IPAddress(172, 16, UInt8(number >> 8), UInt8(number & 255)), length: 32)),
      linkIndex: Int32(100 + number), message: [1])
  }

  mutating func boot(
    links: [Link] = [], sas: [SecurityAssociation] = [], routes: [Route] = []
  ) {
    let underlay = InterfaceAddress(linkIndex: 2, address: Self.local, prefixLength: 24)
    for link in links { self.links[link.index] = link }
    play(
      .snapshot(
        Snapshot(
          sas: sas, links: [SingleTunnel.underlay] + links,
          addresses: [underlay] + links.map { Self.address(Int($0.index) - 100) }, routes: routes)))
  }

  mutating func addLink(_ number: Int, _ name: String? = nil) {
    put(Self.link(number, name))
    play(.kernel(.address(Self.address(number))))
  }

  mutating func put(_ link: Link) {
    links[link.index] = link
    play(.kernel(.link(link)))
  }

  mutating func rename(_ number: Int, to name: String) {
    guard var link = links[Int32(100 + number)] else { return }
    link.name = name
    put(link)
  }

  mutating func deleteLink(_ number: Int) {
    links[Int32(100 + number)] = nil
    play(.kernel(.linkDeleted(index: Int32(100 + number))))
  }

  mutating func negotiate(_ number: Int, peer: Int? = nil, serial: UInt32 = 0) {
    for sa in Self.pair(number, peer: peer, serial: serial) { play(.kernel(.sa(sa))) }
  }

  mutating func delete(_ number: Int, peer: Int? = nil, serial: UInt32 = 0) {
    for sa in Self.pair(number, peer: peer, serial: serial) { play(.kernel(.saDeleted(sa.key))) }
  }

  /// Hands one event to the core, then has it do all that is due.
  mutating func play(_ event: Event) {
    perform(core.handle(event, at: instant))
    var turns = 0
    while let due = core.nextDeadline, due <= instant, turns < 100 {
      perform(core.handle(.tick, at: instant))
      turns += 1
    }
  }

  private mutating func perform(_ list: [Effect]) {
    for effect in list {
      effects.append(effect)
      times.append(now)
      switch effect {
      case .probe(.send(let probe)) where answering && !isSilent(probe.way):
        let reply = ProbeReply(
          monitor: probe.monitor, sequence: probe.sequence,
          arrivedAt: instant.advanced(by: .milliseconds(10)), way: probe.way)
        replies.append((now + 0.01, reply))
      case .sa(.clear(_, _, let sas)):
        for sa in sas {
          play(.kernel(.saDeleted(sa.key)))
          let pair = Self.pair(Int(sa.ifID)).map(\.key)
          for key in pair where pair.contains(sa.key) { play(.kernel(.saDeleted(key))) }
        }
      case .gate(.change(let plan)):
        for case .setDormant(let index, let dormant) in plan.steps {
          guard var link = links[index] else { continue }
          link.operationalState = dormant ? .dormant : .up
          link.isLinkModeDormant = dormant
          put(link)
        }
      case .peer(.ping(let target)) where answering && !isSilent(target.remote):
        play(.ikePingAnswered(target))
      case .sa(.readExpireListeners): play(.expireListeners(isHeard: true))
      case .peer(.readCounters(let id, let keys)): play(.peerCounters(id, count(keys)))
      case .probe, .gate, .sa, .daemon, .negotiate, .peer, .badSPI, .tell: break
      }
    }
  }

  private func isSilent(_ peer: IPAddress) -> Bool { silent.contains { Self.peer($0) == peer } }

  /// Users' packets go out through each SA, and come in from those that answer.
  private mutating func count(_ keys: [SAKey]) -> [SAKey: UInt64] {
    for key in keys {
      let number = Int(key.spi & 0xff_ffff)
      let isDead = !answering || silent.contains(number)
      if key.destination != Self.local || !isDead { packets[key, default: 0] += traffic }
    }
    return packets.filter { keys.contains($0.key) }
  }

  private func isSilent(_ way: ProbeWay) -> Bool {
    if case .link(let index) = way { silent.contains(Int(index) - 100) } else { false }
  }

  mutating func wait(_ seconds: Double) {
    let end = now + seconds
    while true {
      let due = core.nextDeadline.map { $0.since(start).inSeconds } ?? .infinity
      let reply = replies.first?.at ?? .infinity
      guard min(due, reply) <= end else { break }
      now = max(now, min(due, reply))
      play(reply <= due ? .reply(replies.removeFirst().1) : .tick)
    }
    now = end
  }

  var instant: Instant { start.advanced(by: .nanoseconds(Int64((now * 1e9).rounded()))) }

  // MARK: What there is

  var tunnels: [TunnelStatus] { core.status(at: instant).tunnels }

  /// `NAME TEMPLATE STATE/GATE` of every tunnel.
  var summary: [String] {
    tunnels.map { "\($0.name) \($0.template ?? "-") \($0.state)/\($0.gate)" }
  }

  var alarms: [String] {
    effects.compactMap { if case .tell(.alarm(let alarm)) = $0 { "\(alarm)" } else { nil } }
  }

  var steps: [GateStep] {
    effects.flatMap { (effect) -> [GateStep] in
      if case .gate(.change(let plan)) = effect { plan.steps } else { [] }
    }
  }

  /// The record as it would be on disk.
  var record: GateRecord? {
    effects.reduce(nil) { (last: GateRecord?, effect) in
      guard case .gate(.change(let plan)) = effect else { return last }
      return plan.recordAfter ?? plan.recordBefore ?? last
    }
  }

  mutating func forgetEffects() { (effects, times) = ([], []) }
}
