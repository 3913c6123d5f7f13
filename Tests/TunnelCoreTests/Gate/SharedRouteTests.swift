import Testing

@testable import TunnelCore

/// Multipath routes, nexthop objects and groups: only what goes by a held link leaves.
@Suite struct SharedRouteTests {
  static let id = Route.Identity(table: 254, destination: SingleTunnel.far16)
  static let both = Route(
    identity: id, legs: [.init(linkIndex: 7, weight: 3), .init(linkIndex: 8, weight: 2)],
    message: [1])
  static let onlyA = both.without([8])
  static let onlyB = both.without([7])
  static let standIn = Route.Identity(table: 254, destination: SingleTunnel.far16, metric: .max)

  static func request(_ link: String, _ index: Int32) -> RouteGuard.Request {
    RouteGuard.Request(
      link: link, index: index, isAdminUp: true, guardProtocols: [0, 3], owned: [],
      heldRoute: .unreachable, probeDestinations: [])
  }
  static let a = request("vti0", 7)
  static let b = request("vti1", 8)

  static func guardian(_ routes: [Route] = [both], _ nexthops: [Nexthop] = []) -> RouteGuard {
    var guardian = RouteGuard()
    #expect(guardian.replaceAll(routes, nexthops: nexthops).isEmpty)
    return guardian
  }

  /// What the kernel has after these steps.
  static func play(_ steps: [GateStep], _ kernel: inout Route?) {
    for step in steps {
      switch step {
      case .addRoute(let route), .replaceRoute(let route): kernel = route
      case .deleteRoute(let route):
        #expect(route.legs == kernel?.legs, "the kernel deletes only what it has")
        kernel = nil
      default: break
      }
    }
  }

  @Test func onlyTheHeldLegLeavesAndReturns() {
    var guardian = Self.guardian()
    #expect(guardian.hold(Self.a) == [.replaceRoute(Self.onlyB)])
    #expect(guardian.record.links == [.init(name: "vti0", withdrawn: [Self.both], index: 7)])
    #expect(guardian.hold(Self.a) == [])
    // The kernel tells no weight of an only leg.
    let told = Route(identity: Self.id, linkIndex: 8, message: [2])
    guardian.observe(told, .replacing)
    #expect(guardian.hold(Self.a) == [] && !guardian.needsDump)
    #expect(guardian.replaceAll([told]).isEmpty)
    #expect(guardian.open(Self.a) == [.replaceRoute(Self.both)])
    #expect(guardian.record == GateRecord())
    #expect(guardian.open(Self.a) == [])
  }

  /// The kernel picks routes out by link: the leg that is left goes by another one.
  @Test func aDumpByTheTunnelsLinksLosesNoLeg() throws {
    let both = Route(
      identity: Self.id, legs: [.init(linkIndex: 7, weight: 3), .init(linkIndex: 2, weight: 2)],
      message: [1])
    var bench = SingleTunnel()
    bench.boot(routes: [both])
    let taken = both.without([7])
    #expect(bench.steps.contains(.replaceRoute(taken)))
    bench.play(.kernel(.route(taken, .replacing)))
    let interest = bench.core.routeInterest(nexthops: [])
    #expect(interest.links == [2, 7])
    bench.play(.routes(interest.dump([taken])))
    bench.answering = true
    bench.negotiate(1)
    bench.wait(2)
    #expect(bench.state == "up/in-service/U")
    #expect(bench.steps.contains(.replaceRoute(both)))
  }

  @Test func withoutALegItIsWithdrawnWhole() {
    var guardian = Self.guardian()
    _ = guardian.hold(Self.a)
    #expect(guardian.hold(Self.b) == [.addUnreachable(Self.standIn), .deleteRoute(Self.onlyB)])
    guardian.observe(Self.onlyB, .replacing)
    #expect(guardian.needsDump, "an echo of the step before last")
    let ours = Route(
      identity: Self.standIn, kind: .unreachable, routeProtocol: Route.agentProtocol, legs: [])
    #expect(guardian.replaceAll([ours]).isEmpty)
    #expect(guardian.open(Self.a) == [.addRoute(Self.onlyA)])
    #expect(
      guardian.open(Self.b) == [.replaceRoute(Self.both), .deleteUnreachable(Self.standIn)])
    #expect(guardian.record == GateRecord())
  }

  /// Eight changes of two gates in every order: the route ends as it began.
  @Test(arguments: 0..<256) func inAnyOrderItEndsAsItWas(bits: Int) {
    var guardian = Self.guardian()
    var kernel: Route? = Self.both
    var isHeld = [false, false]
    for step in 0..<8 {
      let link = (bits >> step) & 1
      let request = link == 0 ? Self.a : Self.b
      isHeld[link].toggle()
      Self.play(isHeld[link] ? guardian.hold(request) : guardian.open(request), &kernel)
      let wanted = Self.both.legs.filter { !isHeld[Int($0.linkIndex) - 7] }
      #expect(kernel?.legs ?? [] == wanted)
    }
    Self.play(guardian.open(Self.a) + guardian.open(Self.b), &kernel)
    #expect(kernel == Self.both && guardian.record == GateRecord())
  }

  @Test(arguments: [[both], [onlyB], [onlyA], []])
  func aCrashBetweenRecordAndStepsIsMadeGood(found: [Route]) {
    let record = GateRecord(links: [
      .init(name: "vti0", withdrawn: [Self.both], index: 7),
      .init(name: "vti1", withdrawn: [Self.both], index: 8),
    ])
    for first in [Self.a, Self.b] {
      let second = first == Self.a ? Self.b : Self.a
      var guardian = RouteGuard(record: record)
      var kernel = found.first
      _ = guardian.replaceAll(found)
      Self.play(guardian.open(first), &kernel)
      Self.play(guardian.hold(second), &kernel)
      #expect(kernel?.legs == Self.both.legs.filter { $0.linkIndex == first.index })
      Self.play(guardian.open(second), &kernel)
      #expect(kernel == Self.both)
    }
  }

  @Test func aRouteThatSomebodyReplacesMeanwhileIsTheNewOne() {
    var guardian = Self.guardian()
    _ = guardian.hold(Self.a)
    let new = Route(identity: Self.id, linkIndex: 9, message: [2])
    guardian.observe(new, .replacing)
    #expect(guardian.needsDump)
    _ = guardian.replaceAll([new])
    #expect(guardian.open(Self.a) == [] && guardian.record == GateRecord())
  }

  @Test func aRouteReplacedByOneOfAnotherLinkLeavesNoPhantom() {
    var guardian = Self.guardian([SingleTunnel.farRoute])
    guardian.observe(Route(identity: Self.id, linkIndex: 9, message: [2]), .replacing)
    #expect(guardian.hold(Self.a) == [])
  }

  @Test func aRouteWrittenAnewWhileItIsWithdrawnIsTheNewOne() {
    var guardian = Self.guardian([SingleTunnel.farRoute])
    _ = guardian.hold(Self.a)
    guardian.observe(Route(identity: Self.id, linkIndex: 9, message: [2]), .new)
    let steps = guardian.open(Self.a)
    #expect(steps == [.deleteUnreachable(Self.standIn)])
  }

  @Test func aLegWhoseLinkIsDeletedIsNotWaitedFor() {
    var guardian = Self.guardian()
    _ = guardian.hold(Self.a)
    _ = guardian.hold(Self.b)
    #expect(guardian.forgetWithdrawn(by: [8]).isEmpty)
    var kernel: Route?
    Self.play(guardian.open(Self.a), &kernel)
    #expect(kernel?.legs == Self.onlyA.legs)
  }

  @Test func whatTheKernelRefusesIsTriedAgain() {
    var guardian = Self.guardian()
    _ = guardian.hold(Self.a)
    #expect(guardian.open(Self.a) == [.replaceRoute(Self.both)])
    guardian.undo(.replaceRoute(Self.both), link: "vti0")
    #expect(guardian.withdrawn(from: "vti0") == [Self.both])
    #expect(guardian.open(Self.a) == [.replaceRoute(Self.both)])
    _ = guardian.hold(Self.a)
    guardian.undo(.replaceRoute(Self.onlyB), link: "vti0")
    #expect(guardian.mustCompare == ["vti0"])
    _ = guardian.replaceAll([Self.both])
    #expect(guardian.hold(Self.a) == [.replaceRoute(Self.onlyB)])
  }

  // MARK: Nexthops

  static let objects = [
    Nexthop(id: 1, linkIndex: 7), Nexthop(id: 2, linkIndex: 8),
  ]
  static let group = Nexthop(id: 9, members: [1, 2], message: [3])
  static let byObject = Route(identity: id, legs: [], nexthopID: 1, message: [4])
  static let byGroup = Route(
    identity: .init(table: 70, destination: SingleTunnel.far16), legs: [], nexthopID: 9,
    message: [5])

  @Test func aGroupLosesItsMemberAndOnlyWithoutOneItsRoutesGo() {
    var guardian = Self.guardian([Self.byGroup], Self.objects + [Self.group])
    #expect(guardian.hold(Self.a) == [.replaceGroup(Self.group.without([1]))])
    #expect(guardian.record.links.first?.groups == [Self.group])
    let steps = guardian.hold(Self.b)
    #expect(steps.contains(.deleteRoute(Self.byGroup)) && steps.count == 2)
    #expect(
      guardian.open(Self.b) == [
        .replaceGroup(Self.group.without([1])), .addRoute(Self.byGroup),
        .deleteUnreachable(.init(table: 70, destination: SingleTunnel.far16, metric: .max)),
      ])
    #expect(guardian.open(Self.a) == [.replaceGroup(Self.group)])
    #expect(guardian.record == GateRecord())
  }

  @Test func aRouteByAnObjectIsWithdrawnAndADaemonsGroupLeftAlone() {
    var daemons = Self.group
    daemons.routeProtocol = 11
    var guardian = Self.guardian([Self.byObject, Self.byGroup], Self.objects + [daemons])
    #expect(guardian.hold(Self.a) == [.addUnreachable(Self.standIn), .deleteRoute(Self.byObject)])
    #expect(
      guardian.open(Self.a) == [.addRoute(Self.byObject), .deleteUnreachable(Self.standIn)])
  }

  @Test(arguments: [[1, 2], [2]] as [[UInt32]]) func aCrashIsMadeGood(members: [UInt32]) {
    let record = GateRecord(links: [
      .init(name: "vti0", withdrawn: [Self.byGroup], index: 7, groups: [Self.group])
    ])
    var guardian = RouteGuard(record: record)
    var now = Self.group
    now.members = members
    #expect(guardian.replaceAll([Self.byGroup], nexthops: Self.objects + [now]).isEmpty)
    let steps = guardian.hold(Self.a) + guardian.open(Self.a)
    #expect(steps.last == .replaceGroup(Self.group))
    #expect(guardian.record == GateRecord())
  }

  @Test func aRouteWhoseNexthopIsDeletedIsLost() {
    var guardian = Self.guardian([Self.byObject], Self.objects)
    _ = guardian.hold(Self.a)
    guardian.forgetNexthop(1)
    #expect(guardian.needsDump)
    let ours = Route(
      identity: Self.standIn, kind: .unreachable, routeProtocol: Route.agentProtocol, legs: [])
    #expect(guardian.replaceAll([ours], nexthops: [Self.objects[1]]) == [Self.byObject])
    #expect(guardian.open(Self.a) == [.deleteUnreachable(Self.standIn)])
  }
}
