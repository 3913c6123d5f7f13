import Testing

@testable import TunnelCore

/// Routes of one prefix and metric side by side, of every kind: no dump asks for another one, and
/// what was withdrawn comes back.
@Suite struct SideBySideTests {
  private static let default6 = IPPrefix(IPAddress(family: .ipv6, bits: 0), length: 0)
  private static let id = Route.Identity(table: 254, destination: default6, metric: 1024)
  private static func gateway(_ number: UInt128) -> IPAddress {
    IPAddress(family: .ipv6, bits: 0x2001_0db8 << 96 | number)
  }
  private static let multipath = Route(
    identity: id,
    legs: [.init(linkIndex: 2, gateway: gateway(1)), .init(linkIndex: 7, gateway: gateway(2))],
    message: [1])
  private static let device = Route(identity: id, linkIndex: 8, message: [2])
  private static let byObject = Route(
    identity: id, legs: [.init(linkIndex: 7)], nexthopID: 3, message: [3])

  @Test(arguments: [[multipath, device], [byObject, device], [device, multipath]])
  func aDumpNeverAsksForTheNext(routes: [Route]) {
    var host = RouteHost(routes, nexthops: [Nexthop(id: 3, linkIndex: 7, message: [4])])
    host.boot()
    host.wait(10)
    #expect(host.reads.count <= 1)
    host.play(.shutdown(release: true))
    #expect(host.kernel.isSame(as: routes))
  }

  @Test func eachLeavesAndReturnsForItself() {
    var host = RouteHost([Self.multipath, Self.device])
    host.boot()
    host.wait(1)
    let left = Route(identity: Self.id, legs: [Self.multipath.legs[0]], message: [1])
    var worst = Self.id
    worst.metric = .max
    let standIn = Route(
      identity: worst, kind: .unreachable, routeProtocol: Route.agentProtocol, linkIndex: nil)
    #expect(
      host.kernel.isSame(as: [left, standIn]), "one leg by eth0 stays: \(host.kernel.summary)")
    host.play(.shutdown(release: true))
    #expect(host.kernel.isSame(as: [Self.multipath, Self.device]))
  }

  @Test(arguments: 0..<300) func randomTablesAreReadAFewTimesAndComeBack(seed: Int) {
    var random = SplitMix64(state: UInt64(seed))
    var host = RouteHost([], nexthops: RandomRoutes.nexthops)
    for _ in 0..<Int.random(in: 1...9, using: &random) {
      _ = host.kernel.insert(RandomRoutes.route(using: &random))
    }
    var wanted = host.kernel.routes
    host.boot()
    for _ in 0..<Int.random(in: 0...12, using: &random) {
      host.refuses = random.oneIn(3)
      host.wait(Double(Int.random(in: 0...20, using: &random)) / 10)
      let route = RandomRoutes.route(using: &random)
      // What is withdrawn is no neighbour of what comes: whether its maker wants both is not known.
      let isNew = !wanted.contains { $0.identity.by(nil) == route.identity.by(nil) }
      guard isNew, let event = host.kernel.insert(route) else { continue }
      wanted.append(route)
      host.play(event)
    }
    host.refuses = false
    host.wait(90)
    for (one, next) in zip(host.reads, host.reads.dropFirst()) {
      #expect(next - one > 0.099, "dumps at \(host.reads)")
    }
    host.play(.shutdown(release: true))
    #expect(
      host.kernel.isSame(as: wanted),
      "\(host.kernel.summary) instead of \(RouteListKernel(routes: wanted).summary)")
  }

  @Test func aDumpThatFailsIsTriedAgainAtLeisure() {
    var host = RouteHost([Self.device])
    host.boot()
    host.refuses = true
    host.play(.kernel(.nexthop(Nexthop(id: 5, linkIndex: 2))))
    host.play(.kernel(.nexthop(Nexthop(id: 5, linkIndex: 7))))
    host.wait(200)
    #expect(host.reads.count > 5 && host.reads.count < 16, "dumps at \(host.reads)")
    host.refuses = false
    host.wait(61)
    let count = host.reads.count
    host.wait(300)
    #expect(host.reads.count == count)
  }
}

/// Two tunnels without SAs, their links held, and what the kernel has of routes.
struct RouteHost {
  var kernel: RouteListKernel
  /// Seconds at which routes were dumped.
  private(set) var reads: [Double] = []
  var refuses = false
  private var core: Core
  private var now = 0.0
  private let start = Instant(nanoseconds: 1_000_000_000_000)

  init(_ routes: [Route], nexthops: [Nexthop] = []) {
    kernel = RouteListKernel(routes: routes, nexthops: nexthops)
    let vpns = [0, 1].map { number in
      VPN(
        name: "t\(number)", gateway: "g", bindInterface: "vti\(number)",
        establishTunnels: .immediately, monitor: Monitor(verifyPath: .init()))
    }
    let gateway = Gateway(name: "g", addresses: [SingleTunnel.remote])
    core = Core(
      configuration: Configuration(gateways: ["g": gateway], vpns: vpns), seed: 1, at: start)
  }

  private var instant: Instant { start.advanced(by: .nanoseconds(Int64((now * 1e9).rounded()))) }

  mutating func boot() {
    play(
      .snapshot(
        Snapshot(
          links: [
            SingleTunnel.underlay, SingleTunnel.link(), SingleTunnel.link(index: 8, name: "vti1"),
          ],
          routes: kernel.routes, nexthops: kernel.nexthops)))
  }

  mutating func play(_ event: Event) {
    for effect in core.handle(event, at: instant) {
      switch effect {
      case .gate(.readRoutes):
        reads.append(now)
        // What begins an endless loop is not waited for.
        guard reads.count < 500 else { continue }
        let interest = core.routeInterest(nexthops: kernel.nexthops)
        let read = interest.dump(kernel.routes, kernel.nexthops)
        play(refuses ? .routesNotRead("busy") : .routes(read, kernel.nexthops))
      case .gate(.change(let plan)):
        for step in plan.steps { for event in kernel.take(step) { play(event) } }
      default: break
      }
    }
  }

  mutating func wait(_ seconds: Double) {
    let end = now + seconds
    while let due = core.nextDeadline, due.since(start).inSeconds <= end {
      now = max(now, due.since(start).inSeconds)
      play(.tick)
    }
    now = end
  }
}
