import Foundation
import Testing

@testable import LinuxEdge
@testable import TunnelCore

/// Plans that are carried out together: one record covers them at every instant.
@Suite(.enabled(if: canMakeNamespaces, "needs root to make network namespaces"))
struct GateBatchTests {
  private static func route(_ third: UInt8, _ link: Int32) -> Route {
    Route(
      identity: .init(table: 254, destination: IPPrefix(IPAddress(10, third, 0, 0), length: 16)),
      linkIndex: link, message: [third])
  }

  private static func record(_ links: (String, [Route])...) -> GateRecord {
    GateRecord(links: links.map { .init(name: $0.0, withdrawn: $0.1) })
  }

  private func keeper(_ record: GateRecord = GateRecord(), _ path: String = "/proc/none/x")
    -> GateKeeper
  { GateKeeper(file: RecordFile(path: path), record: record) }

  private let a = route(1, 1)
  private let b = route(2, 2)

  @Test func aSinglePlanSaysAllItself() {
    let record = Self.record(("a", [a]))
    let plan = GatePlan(link: "a", recordBefore: record, steps: [])
    #expect(keeper(Self.record(("z", [b]))).cover([plan]) == record)
    #expect(keeper().cover([GatePlan(link: "a", steps: [], recordAfter: record)]) == nil)
  }

  @Test func theLastOfSeveralHoldsCoversAll() {
    let both = Self.record(("a", [a]), ("b", [b]))
    let plans = [
      GatePlan(link: "a", recordBefore: Self.record(("a", [a])), steps: []),
      GatePlan(link: "b", recordBefore: both, steps: []),
    ]
    #expect(keeper().cover(plans) == both)
  }

  /// The routes of one that is opened before another is held are not back when the record is written.
  @Test func whatIsOpenedIsCoveredUntilItIsOpen() {
    let plans = [
      GatePlan(link: "a", steps: [.addRoute(a)], recordAfter: GateRecord()),
      GatePlan(link: "b", recordBefore: Self.record(("b", [b])), steps: [.deleteRoute(b)]),
    ]
    #expect(
      keeper(Self.record(("a", [a]))).cover(plans) == Self.record(("a", [a]), ("b", [b])))
  }

  /// What is held and opened in one turn is on no record but its own.
  @Test func whatIsHeldAndOpenedAtOnceIsCovered() {
    let plans = [
      GatePlan(link: "a", recordBefore: Self.record(("a", [a])), steps: [.deleteRoute(a)]),
      GatePlan(link: "a", steps: [.addRoute(a)], recordAfter: GateRecord()),
      GatePlan(link: "b", recordBefore: Self.record(("b", [b])), steps: [.deleteRoute(b)]),
    ]
    #expect(keeper().cover(plans) == Self.record(("a", [a]), ("b", [b])))
  }

  /// Two links with a route each: held together, and opened together.
  @Test func twoLinksInOneGo() throws {
    try inNewNamespace {
      try run(
        "for n in 1 2; do ip link add tun$n type veth peer name far$n && ip link set far$n up && "
          + "ip link set tun$n up; done && "
          + "ip route add 10.1.0.0/16 dev tun1 && ip route add 10.2.0.0/16 dev tun2")
      let directory = "\(NSTemporaryDirectory())/vpnagent-\(UUID().uuidString.prefix(8))"
      defer { try? FileManager.default.removeItem(atPath: directory) }
      var file = RecordFile(path: "\(directory)/gates.json")
      let requests = try KernelRequests()
      func present() throws -> [Route] {
        try requests.dumpRoutes().filter {
          $0.identity.table == 254 && $0.identity.destination.address.family == .ipv4
        }
      }
      let routes = try present()
      let first = try #require(routes.first { "\($0.identity.destination)" == "10.1.0.0/16" })
      let second = try #require(routes.first { "\($0.identity.destination)" == "10.2.0.0/16" })
      let one = Self.record(("a", [first]))
      let both = Self.record(("a", [first]), ("b", [second]))
      var keeper = GateKeeper(file: file, record: GateRecord())
      let holds = [
        GatePlan(link: "a", recordBefore: one, steps: [.deleteRoute(first)]),
        GatePlan(link: "b", recordBefore: both, steps: [.deleteRoute(second)]),
      ]
      #expect(keeper.perform(holds, requests).isEmpty)
      #expect(file.load().record == both)
      #expect(try present().isEmpty)

      // The first link is gone: its route cannot come back and stays on record, the other does not.
      try run("ip link del tun1")
      let opens = [
        GatePlan(
          link: "a", steps: [.addRoute(first)], recordAfter: Self.record(("b", [second]))),
        GatePlan(link: "b", steps: [.addRoute(second)], recordAfter: GateRecord()),
      ]
      #expect(keeper.perform(opens, requests).count == 1)
      #expect(file.load().record == both, "the core writes anew what is left")
      #expect(try present() == [second])

      // What is not said yet is not forgotten by plans that have no record.
      #expect(keeper.perform([GatePlan(link: "c", steps: [])], requests).isEmpty)
      let left = GatePlan(
        link: "a", recordBefore: one, steps: [], changes: GateRecord.Changes(links: ["a"]))
      #expect(keeper.perform([left], requests).isEmpty)
      #expect(file.load().record == one)
    }
  }

  // MARK: What is there already

  private static let owned = Route.Identity(
    table: 254, destination: IPPrefix(IPAddress(10, 2, 0, 0), length: 16))
  private static let standIn = Route.Identity(
    table: 254, destination: IPPrefix(IPAddress(10, 2, 0, 0), length: 16), metric: .max)

  private func take(_ step: GateStep) throws -> [GateFailure] {
    let requests = try KernelRequests()
    var keeper = keeper()
    return keeper.perform([GatePlan(link: "tun", steps: [step])], requests)
  }

  /// The kernel has one route of an identity, and this one is not the agent's.
  @Test(arguments: [
    "10.2.0.0/16 dev other", "10.2.0.0/16 dev other proto 250", "10.2.0.0/16 via 10.0.0.2 dev tun",
    "unreachable 10.2.0.0/16 metric 4294967295",
  ])
  func whatStandsInThePlaceOfAnOwnedRouteIsAFailure(text: String) throws {
    try inNewNamespace {
      let tun = try NetlinkRouteTests.makeLink()
      try run(
        "ip link add other type veth peer name far && ip link set far up && "
          + "ip link set other up && ip route add \(text)")
      let step =
        text.contains("metric")
        ? GateStep.addUnreachable(Self.standIn) : .addLinkRoute(Self.owned, linkIndex: tun)
      let failures = try take(step)
      let failed = failures.compactMap { (failure) -> GateStep? in
        if case .step("tun", let step, _) = failure { step } else { nil }
      }
      #expect(failed == [step])
      #expect(failures.count == 1)
    }
  }

  /// An earlier run may have made it.
  @Test(arguments: ["10.2.0.0/16", "2001:db8:2::/48"], [true, false])
  func theVeryRouteOfTheAgentsIsNone(prefix: String, isStandIn: Bool) throws {
    try inNewNamespace {
      let tun = try NetlinkRouteTests.makeLink()
      var id = Route.Identity(table: 254, destination: try #require(IPPrefix(prefix)))
      id.metric = isStandIn ? .max : id.destination.address.family == .ipv6 ? 1024 : 0
      let step = isStandIn ? GateStep.addUnreachable(id) : .addLinkRoute(id, linkIndex: tun)
      for _ in 0..<2 {
        let failures = try take(step)
        #expect(failures.isEmpty)
      }
    }
  }
}
