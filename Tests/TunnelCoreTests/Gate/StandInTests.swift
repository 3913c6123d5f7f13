import Testing

@testable import TunnelCore

/// A prefix whose stand-in cannot be made keeps the route that it has: between two evils the held
/// tunnel swallows its packets, and nothing leaves in clear.
@Suite struct StandInTests {
  static let prefix = IPPrefix(IPAddress(10, 2, 0, 0), length: 16)
  static let identity = Route.Identity(table: 254, destination: prefix)
  static let standIn = Route.Identity(table: 254, destination: prefix, metric: .max)
  static let route = Route(identity: identity, linkIndex: 7, message: [1])

  /// A gateway with a default route, a tunnel and one route into it.
  func kernel(_ routes: [Route]) -> ModelKernel {
    var kernel = ModelKernel()
    kernel.links = [2: SingleTunnel.underlay, 7: SingleTunnel.link()]
    let all = IPPrefix(IPAddress(0, 0, 0, 0), length: 0)
    let everywhere = Route(
      identity: .init(table: 254, destination: all), linkIndex: 2, message: [2])
    for route in routes + [everywhere] { _ = kernel.add(route) }
    kernel.sheltered = [Self.prefix]
    return kernel
  }

  @Test func aRouteStaysWhoseStandInCannotBeMade() {
    var kernel = kernel([Self.route])
    kernel.stepsToFail = 1
    let record = GateRecord(links: [.init(name: "vti0", withdrawn: [Self.route])])
    let steps: [GateStep] = [
      .addUnreachable(Self.standIn), .deleteRoute(Self.route),
      .setDormant(linkIndex: 7, true),
    ]
    let failures = kernel.perform(
      GatePlan(link: "vti0", recordBefore: record, steps: steps, recordAfter: nil))
    #expect(kernel.violation == nil)
    #expect(kernel.way(to: Self.prefix.address) == Self.route)
    #expect(failures.count == 2)
    #expect(kernel.links[7]?.isLinkModeDormant == true)
  }

  @Test func aStandInStaysWhoseRouteCannotBePutBack() {
    var kernel = kernel([])
    _ = kernel.perform(
      GatePlan(
        link: "vti0", recordBefore: nil, steps: [.addUnreachable(Self.standIn)], recordAfter: nil))
    kernel.stepsToFail = 1
    let steps: [GateStep] = [.addRoute(Self.route), .deleteUnreachable(Self.standIn)]
    let failures = kernel.perform(
      GatePlan(link: "vti0", recordBefore: nil, steps: steps, recordAfter: nil))
    #expect(kernel.violation == nil)
    #expect(kernel.way(to: Self.prefix.address)?.kind == .unreachable)
    #expect(failures.count == 2)
  }

  @Test func whatWasNotTakenIsTriedAgain() {
    var bench = SingleTunnel()
    bench.boot()
    let standIn = GateStep.addUnreachable(GateTests.unreachable)
    let withdrawal = GateStep.deleteRoute(SingleTunnel.farRoute)
    bench.play(.gateFailed(.step(link: "vti0", standIn, message: "no buffer space")))
    bench.play(.gateFailed(.step(link: "vti0", withdrawal, message: "no stand-in")))
    bench.forgetTrace()
    bench.wait(1.5)
    #expect(bench.steps == [standIn, withdrawal])
  }
}
