@testable import TunnelCore

/// What a random story is about: how many tunnels, and what is asked of each.
struct Scenario: CustomStringConvertible {
  static let prefixesPerLink = 4

  var vpns: [VPN] = []
  var local = IPAddress(198, 51, 100, 1)
  /// Whether charon takes the other half of an expired pair down.
  var charonListens = true
  /// Whether the SAs of the first steps are there before the agent.
  var startsWithSAs = false
  var maxClearsPerMinute = 60

  init(using random: inout SplitMix64) {
    // One end of a pair has the higher address and waits longer.
    if Bool.random(using: &random) { local = IPAddress(205, 0, 0, 1) }
    charonListens = random.oneIn(4) == false
    startsWithSAs = random.oneIn(3)
    if random.oneIn(3) { maxClearsPerMinute = Int.random(in: 1...3, using: &random) }
    let count = Bool.random(using: &random) ? 1 : 3
    for number in 0..<count {
      vpns.append(Self.vpn(number, isPlain: number == 0, using: &random))
    }
  }

  private static func vpn(_ number: Int, isPlain: Bool, using random: inout SplitMix64) -> VPN {
    var monitor: Monitor? = Monitor(interval: .seconds(1), threshold: 3)
    if !random.oneIn(4) { monitor?.verifyPath = .init() }
    if random.oneIn(3) {
      monitor?.timeout = .milliseconds(Int.random(in: 1...20, using: &random) * 100)
    }
    monitor.map { monitor = reacting($0, using: &random) }
    if !isPlain, random.oneIn(3) { monitor = nil }
    // Without bind-interface its VTI is used while it is there, and never touched.
    let isBound = isPlain || !random.oneIn(4)
    return VPN(
      name: "t\(number)", gateway: "g\(number)",
      bindInterface: isBound ? linkName(number) : nil,
      establishTunnels: VPN.EstablishTunnels.allCases.randomElement(using: &random) ?? .onTraffic,
      linkControl: random.oneIn(isPlain ? 12 : 3) ? .none : .oper,
      routes: isBound && random.oneIn(2)
        ? [IPPrefix(IPAddress(10, 100 + UInt8(number), 0, 0), length: 16)] : [],
      monitor: monitor)
  }

  private static func reacting(_ monitor: Monitor, using random: inout SplitMix64) -> Monitor {
    var monitor = monitor
    if random.oneIn(4) { monitor.action = random.oneIn(2) ? .hold : .warn }
    if random.oneIn(3) { monitor.neverAnswered = .clear }
    if random.oneIn(3) { monitor.recoveryThreshold = Int.random(in: 1...3, using: &random) }
    if random.oneIn(2) {
      monitor.renegotiateBackoff = .init(
        initial: random.oneIn(2) ? .seconds(8) : nil, maximum: .seconds(20))
    }
    return monitor
  }

  var configuration: Configuration {
    let gateways = vpns.indices.map { Gateway(name: "g\($0)", addresses: [remote($0)]) }
    var configuration = Configuration(
      gateways: Dictionary(uniqueKeysWithValues: gateways.map { ($0.name, $0) }), vpns: vpns)
    configuration.maxClearsPerMinute = maxClearsPerMinute
    return configuration
  }

  static func linkName(_ tunnel: Int) -> String { "vti\(tunnel)" }

  /// Whether a VPN's probes may go through a link: the one that it is bound to, or else the VTI of
  /// its SAs, whatever that is called.
  func mayProbe(_ vpn: VPN, through link: Link?) -> Bool {
    guard let link, vpn.bindInterface == nil, case .vti(_, _, _, let key) = link.kind else {
      return link != nil && link?.name == vpn.bindInterface
    }
    return vpns.firstIndex { $0.name == vpn.name }.map { UInt32(42 + $0) } == key
  }

  func remote(_ tunnel: Int) -> IPAddress { IPAddress(203, 0, 113, 1 + UInt8(tunnel)) }

  func link(_ tunnel: Int, index: Int32) -> Link {
    let key = UInt32(42 + tunnel)
    return Link(
      index: index, name: Self.linkName(tunnel),
      kind: .vti(local: local, remote: remote(tunnel), inputKey: key, outputKey: key),
      operationalState: .up)
  }

  func address(_ tunnel: Int, index: Int32) -> InterfaceAddress {
    InterfaceAddress(
      linkIndex: index, address: IPAddress(169, 254, UInt8(tunnel), 1), prefixLength: 30)
  }

  /// The last of a link's routes is a routing daemon's, which nobody guards.
  func route(_ tunnel: Int, _ number: Int, index: Int32) -> Route {
    let net = IPAddress(10, UInt8(10 * tunnel + number), 0, 0)
    let isDaemons = number == Self.prefixesPerLink - 1
    return Route(
      identity: .init(table: 254, destination: IPPrefix(net, length: 16)),
      routeProtocol: isDaemons ? 188 : 3, linkIndex: index, message: [UInt8(number)])
  }

  func pair(_ tunnel: Int, slot: Int, number: UInt32) -> [SecurityAssociation] {
    let reqid = UInt32(1 + tunnel * 10 + slot)
    let mark = Mark(value: UInt32(42 + tunnel), mask: .max)
    return [
      SecurityAssociation(
        key: SAKey(destination: local, spi: 0xc100_0000 + number), source: remote(tunnel),
        reqid: reqid),
      SecurityAssociation(
        key: SAKey(destination: remote(tunnel), spi: 0xc200_0000 + number, mark: mark),
        source: local, reqid: reqid),
    ]
  }

  var description: String {
    let lines = vpns.map { vpn in
      "\(vpn.name) on \(vpn.bindInterface ?? "no link") \(vpn.establishTunnels.rawValue) "
        + "link-control=\(vpn.linkControl.rawValue) routes=\(vpn.routes) "
        + "verify-path=\(vpn.monitor?.verifyPath != nil) monitored=\(vpn.monitor != nil) "
        + "action=\(vpn.monitor?.action.rawValue ?? "-") recovery=\(vpn.monitor?.recoveryThreshold ?? 0) "
        + "backoff=\(String(describing: vpn.monitor?.backoffLimits)) "
        + "never-answered=\(vpn.monitor?.neverAnswered.rawValue ?? "-") timeout=\(String(describing: vpn.monitor?.timeout))"
    }
    return
      (["local=\(local) cap=\(maxClearsPerMinute) charon=\(charonListens) adopts=\(startsWithSAs)"]
      + lines)
      .joined(separator: "\n  ")
  }
}

/// How a tunnel's peer answers from now on.
enum Answers: CaseIterable {
  case inTime, none, late, twice, inClear, refused
}

/// One thing that happens. Each makes sense after any other, so that a story can be shortened.
enum Happening: Hashable {
  case negotiate(Int, slot: Int)
  case rekey(Int, slot: Int)
  case delete(Int, slot: Int)
  case deleteHalf(Int, slot: Int, inbound: Bool)
  case flush
  case admin(Int, up: Bool)
  case deleteLink(Int)
  case createLink(Int)
  case rename(Int)
  case operstate(Int, dormant: Bool)
  case address(Int, present: Bool)
  case addRoute(Int, Int)
  case removeRoute(Int, Int)
  case answers(Int, Answers)
  case failSteps(Int)
  case failRecords(Int)
  case loseEvents
  case lag
  case resync
  case wait(milliseconds: Int)
  case waitMicroseconds(Int)
  case stall(milliseconds: Int)

  static func random(tunnels: Int, using random: inout SplitMix64) -> Happening {
    let tunnel = Int.random(in: 0..<tunnels, using: &random)
    let slot = random.oneIn(4) ? 1 : 0
    let flag = Bool.random(using: &random)
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<14: return .negotiate(tunnel, slot: slot)
    case 14..<19: return .rekey(tunnel, slot: slot)
    case 19..<23: return .delete(tunnel, slot: slot)
    case 23..<26: return .deleteHalf(tunnel, slot: slot, inbound: flag)
    case 26: return .flush
    case 27..<30: return .admin(tunnel, up: false)
    case 30..<34: return .admin(tunnel, up: true)
    case 34: return .deleteLink(tunnel)
    case 35..<38: return .createLink(tunnel)
    case 38: return .rename(tunnel)
    case 39..<41: return .operstate(tunnel, dormant: flag)
    case 41..<44: return .address(tunnel, present: flag)
    default: return another(tunnel, using: &random)
    }
  }

  private static func another(_ tunnel: Int, using random: inout SplitMix64) -> Happening {
    let prefix = Int.random(in: 0..<Scenario.prefixesPerLink, using: &random)
    switch Int.random(in: 0..<56, using: &random) {
    case 0..<9: return .addRoute(tunnel, prefix)
    case 9..<13: return .removeRoute(tunnel, prefix)
    case 13..<24: return .answers(tunnel, Answers.allCases.randomElement(using: &random) ?? .none)
    case 24..<27: return .failSteps(Int.random(in: 1...4, using: &random))
    case 27: return .failRecords(Int.random(in: 1...5, using: &random))
    case 28: return .loseEvents
    case 29: return random.oneIn(2) ? .resync : .lag
    case 30..<33: return .waitMicroseconds(Int.random(in: 1...2000, using: &random))
    case 33: return .wait(milliseconds: Int.random(in: 20_000...100_000, using: &random))
    case 34..<37: return .stall(milliseconds: Int.random(in: 50...20_000, using: &random))
    case 37: return .stall(milliseconds: 3_600_000)
    default: return .wait(milliseconds: Int.random(in: 1...5000, using: &random))
    }
  }
}

extension SplitMix64 {
  mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
}
