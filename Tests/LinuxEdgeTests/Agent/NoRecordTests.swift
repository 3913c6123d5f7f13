import Foundation
import Glibc
import Testing

@testable import LinuxEdge
@testable import TunnelCore

/// Without a record on disk links are held all the same, and nothing is lost.
@Suite(.enabled(if: canMakeNamespaces, "needs root to make network namespaces"))
struct NoRecordTests {
  private func temporaryDirectory() -> String {
    "\(NSTemporaryDirectory())/vpnagent-\(UUID().uuidString.prefix(8))"
  }

  @Test(arguments: [
    "10.2.0.0/16 dev tun", "10.2.0.0/16 via 10.0.0.2 dev tun metric 30 mtu 1300",
    "10.2.0.0/16 dev tun table 1001 proto static", "-6 2001:db8:2::/64 dev tun metric 77",
    "-6 2001:db8:2::/64 via 2001:db8:1::2 dev tun",
  ]) func theKernelKeepsACopyOfAWithdrawnRoute(text: String) throws {
    try inNewNamespace {
      let index = try NetlinkRouteTests.makeLink()
      let family = text.hasPrefix("-6 ") ? "-6" : "-4"
      let words = text.replacingOccurrences(of: "-6 ", with: "")
      try run("ip \(family) route add \(words)")
      let requests = try KernelRequests()
      try requests.setOperationalState(link: index, dormant: true)
      let prefix = try #require(IPPrefix(String(words.split(separator: " ")[0])))
      let before = try requests.dumpRoutes().filter { $0.identity.destination == prefix }
      let route = try #require(before.first)
      let record = GateRecord(links: [.init(name: "tun", withdrawn: [route])])
      let plan = GatePlan(link: "tun", recordBefore: record, steps: [.deleteRoute(route)])

      var keeper = GateKeeper(
        file: RecordFile(path: "/proc/none/gates.json"), record: GateRecord())
      let failures = keeper.perform([plan], requests)
      #expect(failures.count == 1, "the record alone")
      #expect(keeper.failure != nil)
      // Once more: an event of it was late. It is not there, and its copy stays.
      let again = keeper.perform([plan], requests)
      #expect(again.contains(.absent(link: "tun", step: .deleteRoute(route))))
      let after = try requests.dumpRoutes().filter { $0.identity.destination == prefix }
      #expect(after.count == 1 && after[0].parkedFrom == route.identity.table)

      // Another run finds it, with the record that it can write by now.
      let directory = temporaryDirectory()
      defer { try? FileManager.default.removeItem(atPath: directory) }
      let parked = try requests.dumpParked()
      #expect(parked.map(\.link) == ["tun"])
      #expect(GateRecord().including(parked) == record)
      var next = GateKeeper(
        file: RecordFile(path: "\(directory)/gates.json"), record: GateRecord(),
        parked: parked.map(\.route))
      let open = GatePlan(
        link: "tun", steps: [.addRoute(parked[0].route)], recordAfter: GateRecord())
      #expect(next.perform([open], requests).isEmpty)
      #expect(try requests.dumpRoutes().filter { $0.identity.destination == prefix } == before)
    }
  }

  /// What was on disk, is gone and cannot be written again is written as soon as it can be.
  @Test func aRecordThatWasRemovedIsTriedAgainUntilItIsThere() throws {
    let directory = temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var file = RecordFile(path: "\(directory)/gates.json")
    let record = GateRecord(links: [.init(name: "vti0", withdrawn: [])])
    try file.save(record, over: GateRecord(), record.names)
    var keeper = GateKeeper(file: file, record: record)
    #expect(keeper.keepFile() == nil)

    try FileManager.default.removeItem(atPath: directory)
    #expect(FileManager.default.createFile(atPath: directory, contents: nil))
    #expect(keeper.keepFile() != nil)
    #expect(keeper.failure != nil)
    try FileManager.default.removeItem(atPath: directory)
    #expect(keeper.keepFile() == nil)
    #expect(file.isThere)
    #expect(file.load().record == record)
    #expect(keeper.failure == nil)
  }

  /// What could not be written is not wanted any more: what is wanted is on disk.
  @Test func aRecordThatIsOnDiskIsNoFailure() throws {
    try inNewNamespace {
      let requests = try KernelRequests()
      let old = GateRecord(links: [.init(name: "vti0", withdrawn: [])])
      let new = GateRecord(links: old.links + [.init(name: "vti1", withdrawn: [])])
      var keeper = GateKeeper(file: RecordFile(path: "/proc/none/gates.json"), record: old)
      let failures = keeper.perform(
        [GatePlan(link: "vti1", recordBefore: new, steps: [])], requests)
      #expect(failures.count == 1)
      #expect(keeper.failure != nil)
      let plan = GatePlan(link: "vti1", steps: [], recordAfter: old)
      #expect(keeper.perform([plan], requests).isEmpty)
      #expect(keeper.failure == nil)
    }
  }

  @Test func theLockOutlivesItsDirectory() throws {
    try inNewNamespace {
      let directory = temporaryDirectory()
      let lock = try takeLock(directory)
      #expect(throws: StartFailure.self) { try takeLock(directory) }
      try FileManager.default.removeItem(atPath: directory)
      #expect(throws: StartFailure.self) { try takeLock(directory) }
      #expect(lock.keep(in: directory))
      #expect(FileManager.default.fileExists(atPath: "\(directory)/lock"))
      #expect(!lock.keep(in: directory))
      try FileManager.default.removeItem(atPath: directory)
    }
  }

  @Test func withoutAFileTheNameLocks() throws {
    try inNewNamespace {
      let lock = try takeLock("/proc/none")
      #expect(lock.obstacle != nil)
      #expect(throws: StartFailure.self) { try takeLock("/proc/none") }
    }
  }
}
