import Testing

@testable import TunnelCore

/// Routes inside a dead set's selectors are held while their link is open.
@Suite struct HeldPrefixTests {
  private static let inside = IPPrefix(IPAddress(10, 2, 1, 0), length: 24)
  private static let dead = IPPrefix(IPAddress(10, 2, 0, 0), length: 16)
  private static let wide = IPPrefix(IPAddress(10, 0, 0, 0), length: 8)

  private static func route(_ prefix: IPPrefix) -> Route {
    Route(identity: .init(table: 254, destination: prefix), linkIndex: 7, message: [1])
  }

  private static func request(_ held: [IPPrefix], owned: [IPPrefix] = []) -> RouteGuard.Request {
    RouteGuard.Request(
      link: "vti0", index: 7, isAdminUp: true, guardProtocols: [3], owned: owned,
      heldRoute: .unreachable, probeDestinations: [IPAddress(10, 2, 1, 9)], heldPrefixes: held)
  }

  private static func standIn(_ prefix: IPPrefix) -> GateStep {
    .addUnreachable(.init(table: 254, destination: prefix, metric: .max))
  }

  private static let host = GateStep.addLinkRoute(
    .init(table: 254, destination: IPPrefix(host: IPAddress(10, 2, 1, 9))), linkIndex: 7)

  @Test func onlyRoutesWhollyInsideAreHeld() {
    var guardian = RouteGuard()
    guardian.observe(Self.route(Self.inside))
    let steps = guardian.open(Self.request([Self.dead]))
    #expect(
      steps == [Self.host, Self.standIn(Self.inside), .deleteRoute(Self.route(Self.inside))])
    #expect(guardian.record.links.map(\.withdrawn) == [[Self.route(Self.inside)]])
  }

  @Test func aWiderRouteStaysButDoesNotLeadToTheProbeDestination() {
    var guardian = RouteGuard()
    guardian.observe(Self.route(Self.inside))
    guardian.observe(Self.route(Self.wide))
    let steps = guardian.open(Self.request([Self.dead]))
    #expect(
      steps == [Self.host, Self.standIn(Self.inside), .deleteRoute(Self.route(Self.inside))])
    #expect(guardian.withdrawn(from: "vti0") == [Self.route(Self.inside)])
  }

  @Test func ownedRoutesInsideAreUnreachableAndOthersInPlace() {
    var guardian = RouteGuard()
    let steps = guardian.open(Self.request([Self.dead], owned: [Self.inside, Self.wide]))
    let through = GateStep.addLinkRoute(
      .init(table: 254, destination: Self.wide), linkIndex: 7)
    #expect(Set(steps) == [Self.host, through, Self.standIn(Self.inside)])
  }

  @Test func prefixesThatAreHeldNoLongerComeBackAndTheLinkLeavesTheRecord() {
    var guardian = RouteGuard()
    guardian.observe(Self.route(Self.inside))
    _ = guardian.open(Self.request([Self.dead]))
    let steps = guardian.open(Self.request([]))
    #expect(steps.first == .addRoute(Self.route(Self.inside)))
    #expect(steps.count == 3)
    #expect(guardian.record == GateRecord())
    #expect(guardian.open(Self.request([])) == [])
  }

  @Test func aHeldLinkThatOpensKeepsItsDeadPrefixesHeld() {
    var guardian = RouteGuard()
    let outside = Self.route(IPPrefix(IPAddress(10, 9, 0, 0), length: 16))
    guardian.observe(Self.route(Self.inside))
    guardian.observe(outside)
    _ = guardian.hold(Self.request([Self.dead]))
    let steps = guardian.open(Self.request([Self.dead]))
    #expect(
      steps == [
        .addRoute(outside),
        .deleteUnreachable(
          .init(table: 254, destination: outside.identity.destination, metric: .max)),
      ])
    #expect(guardian.withdrawn(from: "vti0") == [Self.route(Self.inside)])
  }

  @Test func whatBothWithdrawsAndPutsBackIsOnRecordUntilItIsDone() {
    let wide = Self.route(Self.wide)
    let before = GateRecord(links: [
      .init(name: "vti0", withdrawn: [wide]), .init(name: "vti1", withdrawn: []),
    ])
    let after = GateRecord(links: [.init(name: "vti0", withdrawn: [Self.route(Self.inside)])])
    let union = before.union(after)
    #expect(union.links.map(\.name) == ["vti0", "vti1"])
    #expect(union.links[0].withdrawn == [wide, Self.route(Self.inside)])
  }
}
