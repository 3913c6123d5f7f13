import Testing

@testable import TunnelCore

/// A link that is no tunnel, or somebody else's, is never held, set down or given routes.
@Suite struct LinkFitnessTests {
  static let kinds: [Link.Kind] = [
    .other(""), .other("veth"), .other("dummy"), .other("bridge"), .other("vrf"), .other("gre"),
    .other("ipip"), .other("wireguard"), .other("tun"), .other("vlan"), .xfrm(ifID: 0),
    .vti(
      local: IPAddress(0, 0, 0, 0), remote: IPAddress(0, 0, 0, 0), inputKey: 0, outputKey: 0),
    .vti(
      local: SingleTunnel.local, remote: IPAddress(203, 0, 113, 9), inputKey: 42, outputKey: 42),
  ]

  static func link(_ kind: Link.Kind, index: Int32 = 7, name: String = "vti0") -> Link {
    Link(index: index, name: name, kind: kind, operationalState: .up)
  }

  @Test(arguments: kinds) func whatIsNoTunnelOfItsPeerIsNeverChanged(_ kind: Link.Kind) {
    for establish in VPN.EstablishTunnels.allCases {
      for control in VPN.LinkControl.allCases {
        for role in [Role.active, .standby] {
          var bench = SingleTunnel(
            establish: establish, routes: [IPPrefix(IPAddress(10, 7, 0, 0), length: 16)],
            linkControl: control, role: role)
          bench.boot(link: Self.link(kind))
          bench.negotiate(1)
          bench.wait(30)
          bench.play(.role(role == .active ? .standby : .active))
          bench.wait(5)
          bench.play(.shutdown(release: true))
          #expect(bench.steps.isEmpty, "\(establish) \(control) \(role)")
          #expect(bench.plans.isEmpty, "\(establish) \(control) \(role)")
        }
      }
    }
  }

  @Test func aDeviceRenamedToTheLinksNameIsNotTheLink() {
    var bench = SingleTunnel()
    bench.boot(routes: [], link: nil)
    bench.play(.kernel(.link(Self.link(.other("veth"), index: 2))))
    bench.wait(20)
    #expect(!bench.steps.contains { $0.names(2) })
  }

  @Test func aLinkMadeAgainAsAnotherKindIsLeftAlone() {
    for control in [VPN.LinkControl.oper, .admin] {
      var bench = SingleTunnel(
        routes: [IPPrefix(IPAddress(10, 7, 0, 0), length: 16)], linkControl: control)
      bench.boot()
      #expect(bench.state.hasPrefix("absent/"))
      bench.play(.kernel(.linkDeleted(index: 7)))
      bench.forgetTrace()
      var dummy = Self.link(.other("dummy"), index: 8)
      dummy.isAdminUp = false
      bench.play(.kernel(.link(dummy)))
      bench.wait(20)
      #expect(!bench.steps.contains { $0.names(8) })
      #expect(bench.tunnel?.gate == "-")
      // What stood in for the link's routes is gone too.
      #expect(bench.steps.contains { if case .deleteUnreachable = $0 { true } else { false } })
    }
  }

  @Test func aRecordWhoseLinkIsSomethingElseNowTouchesNothing() {
    let record = GateRecord(links: [
      .init(
        name: "vti0", withdrawn: [SingleTunnel.farRoute], down: .init(addresses: [], nexthops: [])),
      .init(name: "eth0", withdrawn: []),
    ])
    for control in [VPN.LinkControl.oper, .admin, .none] {
      var bench = SingleTunnel(record: record, linkControl: control)
      var link = Self.link(.other("dummy"), index: 9)
      link.isAdminUp = false
      link.isLinkModeDormant = true
      link.operationalState = .dormant
      bench.boot(link: link)
      bench.wait(5)
      #expect(!bench.steps.contains { $0.names(9) || $0.names(2) })
      #expect(bench.plans.last?.recordAfter == GateRecord())
    }
  }

  @Test func routesThatAnEarlierRunTookFromADeviceComeBack() {
    var route = SingleTunnel.farRoute
    route.legs = [.init(linkIndex: 2)]
    let record = GateRecord(links: [.init(name: "eth0", withdrawn: [route])])
    var bench = SingleTunnel(record: record, link: "eth0")
    bench.boot(routes: [])
    #expect(bench.steps == [.addRoute(route)])
    #expect(bench.plans.last?.recordAfter == GateRecord())
  }

  @Test func theOperatorIsToldOnceWhatToName() throws {
    var bench = SingleTunnel(link: "eth0")
    bench.boot()
    bench.negotiate(1)
    bench.wait(30)
    let lines = bench.logged.filter { $0.contains("eth0") }
    #expect(
      lines == [
        "link=eth0 is left alone: its kind is veth, not vti, vti6 or xfrm; bind-interface = "
          + "\"vti0\" is a VTI to this gateway"
      ])
    #expect(
      bench.tunnel?.linkUnfit
        == "its kind is veth, not vti, vti6 or xfrm; bind-interface = \"vti0\" has this tunnel's SAs"
    )
    let explained = try #require(bench.core.explanation(of: "to-b", at: bench.instant))
    #expect(
      explained.contains {
        $0 == "  gate: none: link eth0 is left alone: its kind is veth, not vti, vti6 or xfrm"
      })
    #expect(explained.contains("  try: bind-interface = \"vti0\" has this tunnel's SAs"))
  }

  @Test func aLinkThatBecomesTheRightOneIsHeldFromThenOn() {
    var bench = SingleTunnel()
    bench.boot(link: Self.link(.other("dummy")))
    #expect(bench.steps.isEmpty)
    bench.play(.kernel(.linkDeleted(index: 7)))
    bench.play(.kernel(.link(SingleTunnel.link(index: 8))))
    #expect(bench.steps.contains(.setDormant(linkIndex: 8, true)))
  }

  @Test func anInterfaceThatCarriesAnotherPeersSAsIsLeftAlone() {
    var bench = SingleTunnel(link: "xfrm1")
    bench.boot(routes: [], link: Self.link(.xfrm(ifID: 7), name: "xfrm1"))
    #expect(bench.state == "absent/held/D")
    let other = IPAddress(203, 0, 113, 9)
    let pair = [
      SecurityAssociation(
        key: SAKey(destination: SingleTunnel.local, spi: 5), source: other, reqid: 9, ifID: 7),
      SecurityAssociation(
        key: SAKey(destination: other, spi: 6), source: SingleTunnel.local, reqid: 9, ifID: 7),
    ]
    bench.negotiate(pair)
    #expect(bench.state == "absent/-/D")
    #expect(bench.steps.last == .setDormant(linkIndex: 7, false))
  }

  @Test func aLinkWithoutTheIfIDOfTheSAsIsLeftAlone() {
    var bench = SingleTunnel(link: "xfrm1")
    let pair = SingleTunnel.pair(1).map { sa in
      var sa = sa
      sa.ifID = 42
      sa.key.mark = nil
      return sa
    }
    bench.boot(sas: pair, routes: [], link: Self.link(.xfrm(ifID: 7), name: "xfrm1"))
    bench.wait(5)
    #expect(bench.state == "absent/-/D")
    #expect(bench.steps.isEmpty)
  }

  @Test func aLinkThatHadTheSAsStaysHeldWhileOthersOfItsPeerLive() {
    var bench = SingleTunnel()
    bench.answering = true
    bench.boot(sas: SingleTunnel.pair(1))
    bench.wait(3)
    let other = SingleTunnel.pair(9, reqid: 9).map { sa in
      var sa = sa
      sa.key.mark = sa.key.mark.map { _ in Mark(value: 99, mask: .max) }
      return sa
    }
    bench.negotiate(other)
    bench.delete(1)
    bench.wait(5)
    #expect(bench.state == "absent/held/D")
  }

  static func route(_ prefix: IPPrefix, index: Int32, metric: UInt32 = 0) -> Route {
    Route(
      identity: .init(table: 254, destination: prefix, metric: metric), linkIndex: index,
      message: [UInt8(truncatingIfNeeded: index)])
  }

  @Test func aLinkThatCarriesTheRouteToItsPeerIsLeftAlone() {
    let any = IPPrefix(IPAddress(0, 0, 0, 0), length: 0)
    let paths: [([Route], isLeft: Bool)] = [
      ([Self.route(any, index: 7)], true),
      ([Self.route(any, index: 7), Self.route(any, index: 2, metric: 100)], true),
      (
        [Self.route(IPPrefix(host: SingleTunnel.remote), index: 7), Self.route(any, index: 2)], true
      ),
      (
        [Self.route(any, index: 7), Self.route(IPPrefix(host: SingleTunnel.remote), index: 2)],
        false
      ),
      ([Self.route(any, index: 7, metric: 100), Self.route(any, index: 2)], false),
      ([Self.route(SingleTunnel.far16, index: 7)], false),
    ]
    for (routes, isLeft) in paths {
      var bench = SingleTunnel()
      bench.boot(routes: routes)
      bench.wait(5)
      #expect(bench.steps.isEmpty == isLeft, "\(routes)")
      #expect((bench.tunnel?.gate == "-") == isLeft, "\(routes)")
    }
  }

  @Test func aLinkFitsAsSoonAsTheUnderlayHasTheRouteToItsPeer() {
    var bench = SingleTunnel()
    bench.boot(routes: [Self.route(.any(.ipv4), index: 7)])
    bench.wait(5)
    #expect(bench.tunnel?.linkUnfit != nil)
    let own = Self.route(IPPrefix(host: SingleTunnel.remote), index: 2)
    bench.play(.kernel(.route(own, .new)))
    #expect(bench.tunnel?.linkUnfit == nil)
    #expect(bench.tunnel?.gate == "held")
  }

  @Test func aLinkWhoseSAsAreInAnotherNamespaceIsLeftAlone() {
    for kind in [SingleTunnel.link().kind, .xfrm(ifID: 42)] {
      var bench = SingleTunnel()
      var link = Self.link(kind)
      link.hasSAsElsewhere = true
      bench.boot(link: link)
      bench.negotiate(1)
      bench.wait(20)
      #expect(bench.plans.isEmpty)
      #expect(
        bench.tunnel?.linkUnfit?.hasPrefix("its SAs are in another network namespace") == true)
    }
  }

  @Test func noHostRouteLeadsToAnAddressOfTheGatewayThroughItsTunnel() {
    let monitor = Monitor(
      interval: .seconds(1), threshold: 3, destinations: [SingleTunnel.remote],
      verifyPath: .init(destinations: [SingleTunnel.remote]))
    var bench = SingleTunnel(monitor, routes: [IPPrefix(IPAddress(203, 0, 0, 0), length: 8)])
    bench.boot(routes: [Self.route(IPPrefix(host: SingleTunnel.remote), index: 2)])
    bench.wait(5)
    #expect(bench.tunnel?.gate == "held")
    #expect(!bench.steps.contains { $0.names(7) && !$0.isDormant })
  }

  @Test func aLostUnderlayIsNoReasonToLetGo() {
    let any = IPPrefix.any(.ipv4)
    let own = Self.route(IPPrefix(host: SingleTunnel.remote), index: 2)
    var bench = SingleTunnel()
    bench.answering = true
    bench.boot(sas: SingleTunnel.pair(1), routes: [Self.route(any, index: 7), own])
    bench.wait(5)
    #expect(bench.state == "up/in-service/U")
    bench.answering = false
    bench.play(.kernel(.routeDeleted(own)))
    bench.wait(10)
    #expect(bench.tunnel?.gate == "held")
    #expect(bench.tunnel?.linkUnfit == nil)
  }

  @Test func transportModeSAsAreCounted() {
    var bench = SingleTunnel()
    bench.boot()
    var pair = SingleTunnel.pair(1)
    for index in pair.indices { pair[index].mode = .transport }
    bench.negotiate(pair)
    #expect(bench.core.transportSACount == 2)
    #expect(bench.tunnel?.state == "absent")
    bench.delete(pair)
    #expect(bench.core.transportSACount == 0)
  }
}

extension GateStep {
  /// Whether it changes a link, or a route by it.
  func names(_ index: Int32) -> Bool {
    switch self {
    case .addRoute(let route), .deleteRoute(let route), .replaceRoute(let route):
      route.linkIndex == index || route.legs.contains { $0.linkIndex == index }
    case .addLinkRoute(_, let link), .deleteLinkRoute(_, let link), .setAdmin(let link, _),
      .setDormant(let link, _):
      link == index
    case .addAddress(let address): address.linkIndex == index
    case .addNexthop(let nexthop): nexthop.linkIndex == index
    case .replaceGroup, .addUnreachable, .deleteUnreachable, .addRule, .deleteRule: false
    }
  }
}

extension GateStep {
  fileprivate var isDormant: Bool { if case .setDormant = self { true } else { false } }
}

extension SingleTunnel {
  /// Texts of the log.
  var logged: [String] {
    trace.compactMap { if case .tell(.log(_, _, let text)) = $0.effect { text } else { nil } }
  }
}
