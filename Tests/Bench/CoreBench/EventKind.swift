import TunnelCore

/// One kind of event each, played again and again on the same few tunnels of many.
enum EventKind: String, CaseIterable {
  case rekey, saLost, saOfHeldTunnel, saWithoutLink, policy
  case tunnelLink, otherLink, carrier, address, addressOfLink
  case route, routeOfHeldLink, routeElsewhere, routeToPeer, nexthop, rule
  case daemonChanged, exchanged, commandFailed, verify, clear
  case echoRequest, unknownSPIs, unknownESP, ikePing, late, nothingDue
  case reloadOfEach, listOfEach

  /// Whether it concerns all tunnels at once: it costs so much for each of them.
  var isOfAll: Bool {
    switch self {
    case .reloadOfEach, .listOfEach: true
    case .rekey, .saLost, .saOfHeldTunnel, .saWithoutLink, .policy, .tunnelLink, .otherLink,
      .carrier, .address, .addressOfLink, .route, .routeOfHeldLink, .routeElsewhere, .routeToPeer,
      .nexthop, .rule, .daemonChanged, .exchanged, .commandFailed, .verify, .clear, .echoRequest,
      .unknownSPIs, .unknownESP, .ikePing, .late, .nothingDue:
      false
    }
  }

  /// Once, among the tunnels of a gateway.
  ///
  /// - Parameter serial: which time it is.
  func play(_ serial: Int, on gateway: inout BenchGateway) {
    switch self {
    case .rekey, .saLost, .saOfHeldTunnel, .saWithoutLink, .policy: playSA(serial, on: &gateway)
    case .tunnelLink, .otherLink, .carrier, .address, .addressOfLink:
      playLink(serial, on: &gateway)
    case .route, .routeOfHeldLink, .routeElsewhere, .routeToPeer, .nexthop, .rule:
      playRoute(on: &gateway)
    case .daemonChanged: gateway.feed(.vici(.changed))
    case .exchanged: gateway.feed(.vici(.exchanged(ikeID: 1)))
    case .commandFailed: gateway.feed(.command(.verify(tunnel: "none"), nil))
    case .verify: gateway.feed(.command(.verify(tunnel: "vpn1"), RequestID(rawValue: 1)))
    case .clear: gateway.feed(.command(.clear(tunnel: "vpn2"), RequestID(rawValue: 2)))
    case .echoRequest: gateway.feed(.echoRequest(from: IPAddress(10, 9, 9, 9), linkIndex: 101))
    case .unknownSPIs: gateway.feed(.unknownSPIs(UInt64(serial)))
    case .unknownESP:
      let packet = CapturedESP(
        source: BenchGateway.peer(1), destination: BenchGateway.local, spi: 0xdead_0000)
      gateway.feed(.captured([packet]))
    case .ikePing:
      gateway.feed(
        .ikePingAnswered(
          .init(local: BenchGateway.local, remote: BenchGateway.peer(1))))
    case .late: gateway.feed(.routesNotRead("interrupted"))
    case .nothingDue: gateway.feed(.drained(at: gateway.now))
    case .reloadOfEach: gateway.reload(serial)
    case .listOfEach: gateway.listAll()
    }
  }

  private func playSA(_ serial: Int, on gateway: inout BenchGateway) {
    switch self {
    case .rekey:
      // SPIs of fifty generations, over and over.
      let (new, old) = (UInt32(1 + serial % 50), UInt32(1 + (serial + 49) % 50))
      for sa in BenchGateway.pair(1, serial: new) { gateway.feed(.kernel(.sa(sa))) }
      for sa in BenchGateway.pair(1, serial: old) { gateway.feed(.kernel(.saDeleted(sa.key))) }
    case .saLost:
      for sa in BenchGateway.pair(3) { gateway.feed(.kernel(.saExpired(sa.key))) }
      for sa in BenchGateway.pair(3) { gateway.feed(.kernel(.sa(sa))) }
    case .saOfHeldTunnel:
      let held = gateway.held
      for sa in BenchGateway.pair(held) { gateway.feed(.kernel(.sa(sa))) }
      for sa in BenchGateway.pair(held) { gateway.feed(.kernel(.saDeleted(sa.key))) }
    case .saWithoutLink:
      let linkless = gateway.linkless
      for sa in BenchGateway.pair(linkless) { gateway.feed(.kernel(.saDeleted(sa.key))) }
      for sa in BenchGateway.pair(linkless) { gateway.feed(.kernel(.sa(sa))) }
    default:
      let policy = BenchGateway.policy(gateway.linkless)
      gateway.feed(.kernel(.policyDeleted(index: policy.index)))
      gateway.feed(.kernel(.policy(policy)))
    }
  }

  private func playLink(_ serial: Int, on gateway: inout BenchGateway) {
    switch self {
    case .tunnelLink: gateway.feed(.kernel(.link(BenchGateway.link(1))))
    case .otherLink:
      let link = Link(
        index: 3, name: "veth0", kind: .other("veth"), operationalState: .up)
      gateway.feed(.kernel(.link(link)))
      gateway.feed(.kernel(.linkDeleted(index: 3)))
    case .carrier:
      var underlay = BenchGateway.underlay
      underlay.operationalState = serial.isMultiple(of: 2) ? .up : .down
      gateway.feed(.kernel(.link(underlay)))
    case .address:
      let address = InterfaceAddress(
        linkIndex: 2, address: IPAddress(198, 51, 100, 77), prefixLength: 24)
      gateway.feed(.kernel(.address(address)))
      gateway.feed(.kernel(.addressDeleted(address)))
    default:
      let address = BenchGateway.address(1)
      gateway.feed(.kernel(.addressDeleted(address)))
      gateway.feed(.kernel(.address(address)))
    }
  }

  private func playRoute(on gateway: inout BenchGateway) {
    let route: Route
    switch self {
    case .nexthop:
      gateway.feed(.kernel(.nexthop(Nexthop(id: 1, linkIndex: 101))))
      return gateway.feed(.kernel(.nexthopDeleted(id: 1)))
    case .rule: return gateway.feed(.kernel(.ruleDeleted(ProbeRule(link: "ipsec1"))))
    case .route: route = BenchGateway.route(1, by: 101)
    case .routeOfHeldLink: route = BenchGateway.route(2, by: Int32(100 + gateway.held))
    case .routeElsewhere: route = BenchGateway.route(3, by: 2)
    default:
      route = Route(
        identity: .init(table: 254, destination: IPPrefix(host: BenchGateway.peer(1))),
        linkIndex: 2, message: [1])
    }
    gateway.feed(.kernel(.route(route)))
    gateway.feed(.kernel(.routeDeleted(route)))
  }
}

/// Before this function callgrind writes what was counted until then (`--dump-before`). A call of it would
/// be optimized away.
@_optimize(none) @inline(never) @_cdecl("bench_mark") func mark() {}
