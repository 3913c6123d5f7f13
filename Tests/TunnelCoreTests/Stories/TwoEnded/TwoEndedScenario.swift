@testable import TunnelCore

/// What a story of two ends is about: its tunnels, and what each end's agent and daemon are told.
struct TwoEndedScenario: CustomStringConvertible {
  struct Tunnel: Hashable {
    /// At each end.
    var establish: [VPN.EstablishTunnels]
    var monitors: [Monitor]
    var ownsRoute: Bool
  }

  var tunnels: [Tunnel] = []
  var isVTI = false
  var detection: DeadPeerDetection?
  var startsChildren = false
  var hasTraps = false
  var closeAction = "none"
  var dpdAction = "none"
  var dpdDelay: UInt32 = 0
  var hasTraffic = false
  var longestBackoff = Duration.seconds(20)

  init(using random: inout SplitMix64) {
    longestBackoff = .seconds(random.oneIn(3) ? 40 : 20)
    isVTI = random.oneIn(3)
    if random.oneIn(3) {
      detection = DeadPeerDetection(
        mode: .allCases.randomElement(using: &random) ?? .optimized, interval: 3, threshold: 3)
    }
    startsChildren = random.oneIn(3)
    hasTraffic = random.oneIn(3)
    if random.oneIn(4) { closeAction = "start" }
    if random.oneIn(3) { (dpdDelay, dpdAction) = (30, random.oneIn(2) ? "start" : "none") }
    for _ in 0..<(isVTI || random.oneIn(2) ? 1 : 2) {
      tunnels.append(tunnel(using: &random))
    }
    // Traffic must be able to bring back what nobody else does.
    if tunnels.contains(where: { !$0.establish.contains(.immediately) }) {
      (hasTraps, hasTraffic) = (true, true)
    }
    // Nobody looks at an idle path but who asks the peer all the same.
    let isWatched = detection.map { $0.mode != .optimized } ?? false
    let isIdleUnseen = tunnels.contains { $0.monitors.contains { $0.mode == .optimized } }
    if isIdleUnseen, !isWatched { hasTraffic = true }
  }

  private func tunnel(using random: inout SplitMix64) -> Tunnel {
    let other = VPN.EstablishTunnels.allCases.randomElement(using: &random) ?? .immediately
    let first: VPN.EstablishTunnels =
      other != .responderOnly && random.oneIn(4) ? .onTraffic : .immediately
    return Tunnel(
      establish: random.oneIn(2) ? [first, other] : [other, first],
      monitors: [monitor(using: &random), monitor(using: &random)], ownsRoute: random.oneIn(3))
  }

  private func monitor(using random: inout SplitMix64) -> Monitor {
    var monitor = Monitor(
      mode: random.oneIn(4) ? .optimized : .alwaysSend,
      interval: .seconds(random.oneIn(3) ? 2 : 1), threshold: Int.random(in: 2...4, using: &random))
    if !random.oneIn(4) { monitor.verifyPath = .init() }
    if random.oneIn(3) { monitor.neverAnswered = .clear }
    monitor.renegotiateBackoff = .init(
      initial: random.oneIn(2) ? .seconds(4) : nil, maximum: longestBackoff)
    return monitor
  }

  func configuration(of end: Int) -> Configuration {
    let gateway = Gateway(
      name: "peer", addresses: [address(of: 1 - end)], deadPeerDetection: detection)
    let vpns = tunnels.enumerated().map { number, tunnel in
      VPN(
        name: "t\(number)", gateway: "peer", bindInterface: linkName(number),
        establishTunnels: tunnel.establish[end],
        routes: tunnel.ownsRoute ? [ownPrefix(number)] : [], monitor: tunnel.monitors[end],
        ikeChild: tunnels.count > 1 ? Self.childName(number) : nil)
    }
    return Configuration(gateways: ["peer": gateway], vpns: vpns)
  }

  // MARK: Names and addresses

  static func childName(_ tunnel: Int) -> String { "net\(tunnel)" }
  func tunnel(named name: String) -> Int? {
    tunnels.indices.first { Self.childName($0) == name }
  }
  func tunnel(reqid: UInt32) -> Int? { tunnels.indices.first { self.reqid($0) == reqid } }
  func tunnel(onLink index: Int32) -> Int? { tunnels.indices.first { self.index($0) == index } }
  func address(of end: Int) -> IPAddress {
    end == 0 ? IPAddress(198, 51, 100, 1) : IPAddress(203, 0, 113, 1)
  }
  func index(_ tunnel: Int) -> Int32 { Int32(10 + tunnel) }
  func reqid(_ tunnel: Int) -> UInt32 { UInt32(1 + tunnel) }
  func linkName(_ tunnel: Int) -> String { isVTI ? "vti\(tunnel)" : "ipsec\(tunnel)" }
  /// What a tunnel's link is called for a while.
  func otherName(_ tunnel: Int) -> String { "other\(tunnel)" }

  func link(_ tunnel: Int, at end: Int) -> Link {
    let kind: Link.Kind =
      isVTI
      ? .vti(
        local: address(of: end), remote: address(of: 1 - end), inputKey: 42, outputKey: 42)
      : .xfrm(ifID: UInt32(42 + tunnel))
    return Link(
      index: index(tunnel), name: linkName(tunnel), kind: kind, operationalState: .unknown)
  }

  func linkAddress(_ tunnel: Int, at end: Int) -> InterfaceAddress {
    InterfaceAddress(
      linkIndex: index(tunnel), address: IPAddress(169, 254, UInt8(tunnel), UInt8(1 + end)),
      prefixLength: 30)
  }

  func route(_ tunnel: Int) -> Route {
    let net = IPPrefix(IPAddress(10, UInt8(1 + tunnel), 0, 0), length: 16)
    return Route(
      identity: .init(table: 254, destination: net), linkIndex: index(tunnel),
      message: [UInt8(tunnel)])
  }

  func ownPrefix(_ tunnel: Int) -> IPPrefix {
    IPPrefix(IPAddress(10, UInt8(101 + tunnel), 0, 0), length: 16)
  }

  /// All that users send into a tunnel.
  func prefixes(_ tunnel: Int) -> [IPPrefix] {
    [route(tunnel).identity.destination] + (tunnels[tunnel].ownsRoute ? [ownPrefix(tunnel)] : [])
  }

  /// The SAs of a child: inbound, outbound, as charon installs them.
  func pair(_ tunnel: Int, _ child: ModelDaemon.Child, at end: Int) -> [SecurityAssociation] {
    let (local, remote) = (address(of: end), address(of: 1 - end))
    let ifID = isVTI ? 0 : UInt32(42 + tunnel)
    var pair = [
      SecurityAssociation(
        key: SAKey(destination: local, spi: child.spiIn), source: remote, reqid: reqid(tunnel),
        ifID: ifID),
      SecurityAssociation(
        key: SAKey(
          destination: remote, spi: child.spiOut,
          mark: isVTI ? Mark(value: 42, mask: .max) : nil),
        source: local, reqid: reqid(tunnel), ifID: ifID),
    ]
    for index in pair.indices { pair[index].lifetime.hardSeconds = 3960 }
    return pair
  }

  var description: String {
    var lines = [
      "\(isVTI ? "vti" : "xfrm") backoff<=\(longestBackoff) traffic=\(hasTraffic) "
        + "traps=\(hasTraps) start=\(startsChildren) close=\(closeAction) "
        + "charon-dpd=\(dpdDelay)/\(dpdAction) "
        + "dpd=\(detection.map { "\($0.mode.rawValue)" } ?? "-")"
    ]
    for (number, tunnel) in tunnels.enumerated() {
      for end in 0...1 {
        let monitor = tunnel.monitors[end]
        lines.append(
          "gw-\(end) t\(number) \(tunnel.establish[end].rawValue) \(monitor.mode.rawValue) "
            + "\(monitor.interval)x\(monitor.threshold) verify=\(monitor.verifyPath != nil) "
            + "never=\(monitor.neverAnswered.rawValue) owns=\(tunnel.ownsRoute)")
      }
    }
    return lines.joined(separator: "\n  ")
  }
}
