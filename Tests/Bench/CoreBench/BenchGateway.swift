import TunnelCore

/// A gateway with one XFRM interface a tunnel, and peers that answer each probe after 5 ms.
struct BenchGateway {
  static let local = IPAddress(198, 51, 100, 1)
  private static let tick = Duration.milliseconds(10)

  private var core: Core
  private var configuration: Configuration
  private let tunnels: Int
  private let isMixed: Bool
  private(set) var now = Instant(nanoseconds: 1_000_000_000_000)
  private var replies: [ProbeReply] = []
  private var arrived: [ProbeReply] = []
  private var room: [Effect] = []
  private(set) var probes = 0
  private(set) var effects = 0

  /// - Parameter isMixed: one tunnel in four has no SAs and its link is held, one in four has no link;
  ///   each has a route, peers are watched, unknown SPIs answered.
  init(tunnels: Int, interval: Duration = .seconds(1), isMixed: Bool = false) {
    self.tunnels = tunnels
    self.isMixed = isMixed
    var gateways: [String: Gateway] = [:]
    var vpns: [VPN] = []
    for number in 0..<tunnels {
      let name = "gw\(number)"
      gateways[name] = Gateway(
        name: name, addresses: [Self.peer(number)],
        deadPeerDetection: isMixed ? DeadPeerDetection(transport: .ikePing) : nil)
      let monitor = Monitor(interval: interval, threshold: 3, verifyPath: .init())
      vpns.append(
        VPN(
          name: "vpn\(number)", gateway: name,
          bindInterface: isMixed && Self.isLinkless(number) ? nil : Self.link(number).name,
          establishTunnels: .responderOnly, monitor: monitor))
    }
    var configuration = Configuration(gateways: gateways, vpns: vpns)
    if isMixed { configuration.respondBadSPI = RespondBadSPI() }
    self.configuration = configuration
    core = Core(configuration: configuration, seed: 1, at: now)
  }

  static let underlay = Link(
    index: 2, name: "eth0", kind: .other("ethernet"), operationalState: .up)
  /// A tunnel without SAs, whose link is held.
  var held: Int { 6 }
  /// A tunnel without a link.
  var linkless: Int { 7 }

  private static func isHeld(_ number: Int) -> Bool { number % 4 == 2 && number > 2 }
  private static func isLinkless(_ number: Int) -> Bool { number % 4 == 3 && number > 3 }

  static func address(_ number: Int) -> InterfaceAddress {
    InterfaceAddress(
      linkIndex: Int32(100 + number), address: IPAddress(169, 254, 1, 1), prefixLength: 30)
  }

  /// A route of its own number.
  static func route(_ number: Int, by link: Int32) -> Route {
    let bits = UInt32(number)
    return Route(
      identity: .init(
        table: 254,
        destination: IPPrefix(
          IPAddress(172, UInt8(16 + bits >> 16), UInt8(bits >> 8 & 255), UInt8(bits & 255)),
          length: 32)),
      linkIndex: link, message: [1])
  }

  /// A policy for the SAs of a tunnel.
  static func policy(_ number: Int) -> SecurityPolicy {
    SecurityPolicy(
      index: UInt32(8 * number + 1), source: IPPrefix(local, length: 32),
      destination: IPPrefix(peer(number), length: 32), ifID: UInt32(number + 1),
      template: .init(source: local, destination: peer(number), reqid: UInt32(number + 1)))
  }

  static func peer(_ number: Int) -> IPAddress {
    IPAddress(10, UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255))
  }

  static func link(_ number: Int) -> Link {
    Link(
      index: Int32(100 + number), name: "ipsec\(number)", kind: .xfrm(ifID: UInt32(number + 1)),
      operationalState: .up)
  }

  static func pair(_ number: Int, serial: UInt32 = 0) -> [SecurityAssociation] {
    let spi = UInt32(number + 1) + serial << 24
    return [
      SecurityAssociation(
        key: SAKey(destination: local, spi: 0xc000_0000 ^ spi), source: peer(number),
        reqid: UInt32(number + 1), ifID: UInt32(number + 1)),
      SecurityAssociation(
        key: SAKey(destination: peer(number), spi: 0x4000_0000 ^ spi), source: local,
        reqid: UInt32(number + 1), ifID: UInt32(number + 1)),
    ]
  }

  /// The first snapshot.
  mutating func boot() {
    let numbers = 0..<tunnels
    let alive = numbers.filter { !isMixed || !Self.isHeld($0) }
    let linked = numbers.filter { !isMixed || !Self.isLinkless($0) }
    feed(
      .snapshot(
        Snapshot(
          sas: alive.flatMap { Self.pair($0) },
          policies: isMixed ? numbers.filter(Self.isLinkless).map(Self.policy) : [],
          links: [Self.underlay] + linked.map(Self.link),
          addresses: [InterfaceAddress(linkIndex: 2, address: Self.local, prefixLength: 24)]
            + linked.map(Self.address),
          routes: isMixed ? linked.map { Self.route(1000 + $0, by: Int32(100 + $0)) } : [])))
    guard isMixed else { return }
    feed(.vici(.connected))
    feed(.vici(.connections([])))
    feed(.vici(.sas([])))
  }

  /// Another threshold for each tunnel. Those without SAs are wanted from then on.
  mutating func reload(_ serial: Int) {
    for number in configuration.vpns.indices {
      configuration.vpns[number].monitor?.threshold = 3 + serial % 2
      if Self.isHeld(number) { configuration.vpns[number].establishTunnels = .immediately }
    }
    feed(.command(.reload(configuration), RequestID(rawValue: 3)))
  }

  /// strongSwan lists a child for each tunnel, of two that it could have, those of held ones without SAs
  /// in the kernel.
  mutating func listAll() {
    let numbers = 0..<tunnels
    feed(
      .vici(
        .connections(
          numbers.map {
            IKEConnection(
              name: "gw\($0)", remote: [Self.peer($0)],
              children: [.init(name: "net"), .init(name: "spare")])
          })))
    feed(
      .vici(
        .sas(
          numbers.map { number in
            let pair = Self.pair(number).map(\.key.id)
            let child = ChildSA(
              name: ChildName(connection: "gw\(number)", child: "net"), ikeID: UInt32(number),
              childID: UInt32(number), state: .installed, inbound: pair[0], outbound: pair[1])
            return IKESA(
              connection: "gw\(number)", id: UInt32(number), isInitiator: true,
              local: Self.local, remote: Self.peer(number), children: [child])
          })))
  }

  /// Turns of the loop as the edge makes them: what arrived, then what is due.
  mutating func run(seconds: Int) {
    let end = now.advanced(by: .seconds(seconds))
    while now < end {
      now = now.advanced(by: Self.tick)
      swap(&replies, &arrived)
      for reply in arrived { feed(.reply(reply)) }
      arrived.removeAll(keepingCapacity: true)
      repeat { feed(.drained(at: now)) } while core.nextDeadline.map { $0 <= now } ?? false
    }
  }

  mutating func feed(_ event: Event) {
    core.handle(event, at: now, effects: &room)
    for effect in room {
      effects += 1
      guard case .probe(.send(let probe)) = effect else { continue }
      probes += 1
      replies.append(
        ProbeReply(
          monitor: probe.monitor, sequence: probe.sequence,
          arrivedAt: now.advanced(by: .milliseconds(5)), way: probe.way))
    }
  }
}
