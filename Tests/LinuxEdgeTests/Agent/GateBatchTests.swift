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
      let file = RecordFile(path: "\(directory)/gates.json")
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
      #expect(try file.load() == both)
      #expect(try present().isEmpty)

      // The first link is gone: its route cannot come back and stays on record, the other does not.
      try run("ip link del tun1")
      let opens = [
        GatePlan(
          link: "a", steps: [.addRoute(first)], recordAfter: Self.record(("b", [second]))),
        GatePlan(link: "b", steps: [.addRoute(second)], recordAfter: GateRecord()),
      ]
      #expect(keeper.perform(opens, requests).count == 1)
      #expect(try file.load() == both, "the core writes anew what is left")
      #expect(try present() == [second])
    }
  }
}
