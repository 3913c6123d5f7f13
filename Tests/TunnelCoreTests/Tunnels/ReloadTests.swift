import Testing

@testable import TunnelCore

/// Another configuration while the agent runs: what stays, what changes, what is not touched.
@Suite struct ReloadTests {
  /// A tunnel that is up, and nothing it did on the way remembered.
  static func bench(
    _ monitor: Monitor? = Monitor(interval: .seconds(1), threshold: 3, verifyPath: .init()),
    answering: Bool = true
  ) -> SingleTunnel {
    var bench = SingleTunnel(monitor)
    bench.answering = answering
    bench.boot()
    bench.negotiate(1)
    bench.wait(0.5)
    bench.forgetTrace()
    return bench
  }

  @Test func nothingChangedDoesNothing() {
    var bench = Self.bench()
    #expect(bench.reload { _ in } == ["nothing changed"])
    #expect(bench.steps.isEmpty && bench.alarms.isEmpty && bench.transitions.isEmpty)
    bench.wait(3)
    #expect(bench.probeTimes == [1, 2, 3])
  }

  @Test func aShorterIntervalAppliesAtOnce() {
    var bench = Self.bench(Monitor(interval: .seconds(60), threshold: 3, verifyPath: .init()))
    bench.answering = false
    bench.reload { $0.vpns[0].monitor?.interval = .seconds(1) }
    bench.wait(5)
    #expect(bench.probeTimes.prefix(3) == [1.5, 2.5, 3.5])
    #expect(bench.clearTimes == [4.5])
    #expect(bench.state == "down/held/D")
  }

  @Test func aProbeThatIsOutIsJudgedByTheNewTimeout() {
    var bench = Self.bench(Monitor(interval: .seconds(60), threshold: 3, verifyPath: .init()))
    bench.answering = false
    bench.wait(60)
    #expect(bench.probeTimes == [60])
    bench.reload { $0.vpns[0].monitor?.interval = .seconds(1) }
    bench.wait(1.2)
    #expect(bench.tunnel?.losses == 1)
  }

  @Test func aLowerThresholdAloneMakesNoPathDead() {
    var bench = Self.bench(
      Monitor(interval: .seconds(1), threshold: 10, verifyPath: .init()))
    bench.answering = false
    bench.wait(6)
    #expect(bench.tunnel?.losses == 5)
    bench.reload { $0.vpns[0].monitor?.threshold = 3 }
    #expect(bench.tunnel?.losses == 2)
    #expect(bench.clearTimes.isEmpty)
    #expect(bench.state == "up/in-service/U")
    bench.wait(1)
    #expect(bench.clearTimes.count == 1)
    #expect(bench.state == "down/held/D")
  }

  @Test func anotherDestinationIsProbedAndTheOldOnesSilenceIsNoLoss() {
    var bench = Self.bench()
    bench.answering = false
    bench.wait(0.6)
    bench.answering = true
    let other = IPAddress(10, 2, 0, 7)
    bench.reload { $0.vpns[0].monitor?.destinations = [other] }
    bench.wait(2)
    #expect(bench.probes.last?.destination == other)
    #expect(bench.tunnel?.losses == 0)
    #expect(bench.tunnel?.sets.first?.lost == 0)
  }

  @Test func verifyPathThatIsAskedForNoMoreOpensTheLink() {
    var bench = Self.bench(answering: false)
    #expect(bench.state == "verifying/held/V")
    bench.reload { $0.vpns[0].monitor?.verifyPath = nil }
    #expect(bench.state == "up/in-service/U")
  }

  @Test func verifyPathThatIsAskedForNowDoesNotHoldATunnelThatIsUp() {
    var bench = Self.bench(Monitor(interval: .seconds(1), threshold: 3))
    bench.reload { $0.vpns[0].monitor?.verifyPath = .init() }
    #expect(bench.state == "verifying/as-found/V")
    bench.wait(1)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.steps.isEmpty)
  }

  @Test func aVPNThatIsMonitoredFromNowOnIsAdopted() {
    var bench = Self.bench(nil)
    #expect(bench.state == "up/-/-")
    bench.reload {
      $0.vpns[0].monitor = Monitor(interval: .seconds(1), threshold: 3, verifyPath: .init())
    }
    #expect(bench.state == "verifying/as-found/V")
    bench.wait(0.1)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.steps.isEmpty && bench.alarms.isEmpty)
  }

  @Test func aVPNThatIsMonitoredNoMoreIsReleased() {
    var bench = Self.bench(answering: false)
    bench.reload { $0.vpns[0].monitor = nil }
    #expect(bench.state == "up/-/-")
    #expect(bench.steps.suffix(3) == Self.opening)
    bench.forgetTrace()
    bench.wait(10)
    #expect(bench.probeTimes.isEmpty)
  }

  static let opening: [GateStep] = [
    .addRoute(SingleTunnel.farRoute), .deleteUnreachable(GateTests.unreachable),
    .setDormant(linkIndex: 7, false),
  ]

  @Test func aRemovedVPNIsReleasedWithoutAnAlarmAndItsSAsAreShown() {
    var bench = Self.bench(answering: false)
    let lines = bench.reload { $0.vpns = [] }
    #expect(lines == ["vpn to-b: removed"])
    #expect(bench.steps.suffix(3) == Self.opening)
    #expect(bench.alarms.isEmpty)
    #expect(bench.plans.last?.recordAfter == GateRecord())
    #expect(bench.tunnel?.name == "vti0")
    #expect(bench.tunnel?.configured == false)
    bench.wait(100)
    #expect(bench.probeTimes.isEmpty && bench.clearTimes.isEmpty)
  }

  @Test func aRemovedVPNGivesBackALinkThatItHadSetDown() {
    var bench = SingleTunnel(linkControl: .admin)
    bench.boot()
    #expect(bench.link.isAdminUp == false)
    bench.reload { $0.vpns = [] }
    #expect(bench.link.isAdminUp)
    #expect(bench.steps.contains(.setAdmin(linkIndex: 7, up: true)))
  }

  @Test func anAddedVPNAdoptsSAsThatAreThere() {
    var bench = Self.bench()
    var vpns: [VPN] = []
    bench.reload {
      vpns = $0.vpns; $0.vpns = []
    }
    bench.forgetTrace()
    bench.reload { $0.vpns = vpns }
    #expect(bench.state == "verifying/as-found/V")
    #expect(bench.tunnel?.id == 3)
    bench.wait(0.1)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.steps.isEmpty && bench.alarms.isEmpty)
    bench.answering = false
    bench.wait(5)
    #expect(bench.state == "down/held/D")
  }

  @Test func anAddedVPNWithoutSAsIsHeldAsAtStart() {
    var bench = SingleTunnel()
    var vpns: [VPN] = []
    bench.reload {
      vpns = $0.vpns; $0.vpns = []
    }
    bench.boot()
    #expect(bench.steps.isEmpty)
    bench.reload { $0.vpns = vpns }
    #expect(bench.state == "absent/held/D")
    #expect(bench.steps.contains(.setDormant(linkIndex: 7, true)))
  }

  @Test func anotherGatewayAddressDropsTheTunnelAndItsGateStaysAsItIs() {
    var bench = Self.bench()
    bench.reload { $0.gateways["gw-b"]?.addresses.append(IPAddress(203, 0, 113, 9)) }
    #expect(bench.tunnel?.id == 2)
    #expect(bench.state == "verifying/as-found/V")
    bench.wait(0.1)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.steps.isEmpty && bench.alarms.isEmpty)
  }

  @Test func anotherLinkControlIsObeyed() {
    var bench = Self.bench(answering: false)
    bench.reload { $0.vpns[0].linkControl = .none }
    #expect(bench.steps.suffix(3) == Self.opening)
    bench.forgetTrace()
    bench.reload { $0.vpns[0].linkControl = .oper }
    #expect(bench.steps.contains(.setDormant(linkIndex: 7, true)))
  }

  @Test func ownedRoutesComeAndGo() {
    var bench = Self.bench()
    let more = IPPrefix(IPAddress(10, 9, 0, 0), length: 16)
    let id = Route.Identity(table: 254, destination: more)
    bench.reload { $0.vpns[0].routes = [more] }
    #expect(bench.steps == [.addLinkRoute(id, linkIndex: 7)])
    bench.forgetTrace()
    bench.reload { $0.vpns[0].routes = [] }
    #expect(bench.steps == [.deleteLinkRoute(id, linkIndex: 7)])
  }

  @Test func optimizedMeasuresFromTheReloadOn() {
    var bench = Self.bench()
    bench.answering = false
    bench.wait(3)
    #expect(bench.tunnel?.losses == 2)
    // What came in long ago is no life.
    var pair = SingleTunnel.pair(1)
    pair[0].packets = 500
    bench.install(pair)
    bench.traffic = (out: 5, in: 0)
    bench.reload { $0.vpns[0].monitor?.mode = .optimized }
    bench.wait(10)
    #expect(bench.clearTimes == [4])
  }

  @Test func templatesThatChangeGiveTheirTunnelsOtherSettings() {
    var hub = ManyTunnels([ManyTunnels.template(.init(interface: NamePattern("ipsec*")))])
    hub.boot(links: [ManyTunnels.link(1)], sas: ManyTunnels.pair(1))
    hub.wait(1.5)
    #expect(hub.summary == ["ipsec1 branches up/in-service"])
    hub.forgetEffects()
    hub.reload { $0.templates[0].settings.monitor?.threshold = 7 }
    #expect(hub.tunnels[0].threshold == 7)
    #expect(hub.steps.isEmpty)
    hub.reload { $0.templates = [] }
    #expect(hub.summary == ["ipsec1 - up/-"])
    hub.reload { $0.templates = [ManyTunnels.template(.init(ifIDs: 1...9), "other")] }
    #expect(hub.summary == ["ipsec1 other verifying/as-found"])
    hub.wait(1.5)
    #expect(hub.summary == ["ipsec1 other up/in-service"])
    #expect(hub.steps.isEmpty && hub.alarms.isEmpty)
  }

  @Test func aVPNTakesALinkOverFromATemplate() {
    var hub = ManyTunnels([ManyTunnels.template(.init(interface: NamePattern("ipsec*")))])
    hub.boot(links: [ManyTunnels.link(1)], sas: ManyTunnels.pair(1))
    hub.wait(1.5)
    hub.forgetEffects()
    hub.reload {
      $0.gateways = ["one": Gateway(name: "one", addresses: [ManyTunnels.peer(1)])]
      $0.vpns = [
        VPN(
          name: "one", gateway: "one", bindInterface: "ipsec1",
          monitor: Monitor(interval: .seconds(1), threshold: 3, verifyPath: .init()))
      ]
    }
    #expect(hub.summary == ["one - verifying/as-found"])
    hub.wait(1.5)
    #expect(hub.summary == ["one - up/in-service"])
    #expect(hub.steps.isEmpty && hub.alarms.isEmpty)
  }
}

extension SingleTunnel {
  /// Edits the configuration and has the core live by it; returns its answer.
  @discardableResult
  mutating func reload(_ edit: (inout Configuration) -> Void) -> [String] {
    var new = core.configuration
    edit(&new)
    return order(.reload(new)).lines
  }

  /// Gives a command; returns the answer that came at once.
  @discardableResult
  mutating func order(_ command: Command) -> Answer {
    play(.command(command, RequestID(rawValue: 1)))
    return answers.last ?? Answer(isDone: false, lines: [])
  }

  var answers: [Answer] {
    trace.compactMap { if case .tell(.answer(_, let answer)) = $0.effect { answer } else { nil } }
  }
}

extension ManyTunnels {
  mutating func reload(_ edit: (inout Configuration) -> Void) {
    var new = core.configuration
    edit(&new)
    play(.command(.reload(new), nil))
  }
}
