import TunnelCore

/// A gateway with one XFRM interface a tunnel, and peers that answer each probe after 5 ms.
struct BenchGateway {
  private static let local = IPAddress(198, 51, 100, 1)
  private static let tick = Duration.milliseconds(10)

  private var core: Core
  private let tunnels: Int
  private var now = Instant(nanoseconds: 1_000_000_000_000)
  private var replies: [ProbeReply] = []
  private var arrived: [ProbeReply] = []
  private var room: [Effect] = []
  private(set) var probes = 0
  private(set) var effects = 0

  init(tunnels: Int) {
    self.tunnels = tunnels
    var gateways: [String: Gateway] = [:]
    var vpns: [VPN] = []
    for number in 0..<tunnels {
      let name = "gw\(number)"
      gateways[name] = Gateway(name: name, addresses: [Self.peer(number)])
      let monitor = Monitor(interval: .seconds(1), threshold: 3, verifyPath: .init())
      vpns.append(
        VPN(
          name: "vpn\(number)", gateway: name, bindInterface: Self.link(number).name,
          establishTunnels: .responderOnly, monitor: monitor))
    }
    core = Core(
      configuration: Configuration(gateways: gateways, vpns: vpns), seed: 1, at: now)
  }

  private static func peer(_ number: Int) -> IPAddress {
    IPAddress(10, UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255))
  }

  private static func link(_ number: Int) -> Link {
    Link(
      index: Int32(100 + number), name: "ipsec\(number)", kind: .xfrm(ifID: UInt32(number + 1)),
      operationalState: .up)
  }

  private static func pair(_ number: Int, serial: UInt32 = 0) -> [SecurityAssociation] {
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
    let underlay = Link(index: 2, name: "eth0", kind: .other("ethernet"), operationalState: .up)
    let numbers = 0..<tunnels
    feed(
      .snapshot(
        Snapshot(
          sas: numbers.flatMap { Self.pair($0) }, links: [underlay] + numbers.map(Self.link),
          addresses: [InterfaceAddress(linkIndex: 2, address: Self.local, prefixLength: 24)]
            + numbers.map {
              InterfaceAddress(
                linkIndex: Int32(100 + $0), address: IPAddress(169, 254, 1, 1), prefixLength: 30)
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

  /// An SA is added to a tunnel, and deleted again.
  mutating func renew(_ number: Int) {
    let sa = Self.pair(number, serial: 1)[0]
    feed(.kernel(.sa(sa)))
    feed(.kernel(.saDeleted(sa.key)))
  }

  private mutating func feed(_ event: Event) {
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
