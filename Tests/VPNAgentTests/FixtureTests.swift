import Foundation
import LinuxEdge
import Testing
import TunnelCore

@testable import vpnagent

/// The answers in `Agents` are what the agent sends: no key in them that it does not know, and the
/// agent `full` has every key there is. `scripts/schemas` holds them against docs/schema.
@Suite struct FixtureTests {
  static func answer(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: testFolder.appending(path: "Agents/\(path).json")))
  }

  @Test func fullHasEveryKey() throws {
    #expect(Self.gaps(try #require(AgentStatus(json: try Self.answer("full/status")))) == [])
    #expect(Self.gaps(try #require(AgentEvents(json: try Self.answer("full/events")))) == [])
    #expect(
      Self.gaps(try #require(AgentStatistics(json: try Self.answer("full/statistics")))) == [])
    #expect(
      Self.gaps(try Self.report("security-associations", SecurityAssociationsReport.self)) == [])
    #expect(Self.gaps(try Self.report("interfaces", InterfacesReport.self)) == [])
    #expect(Self.gaps(try Self.report("inactive-tunnels", InactiveTunnelsReport.self)) == [])
    #expect(Self.gaps(try Self.report("ike", IKEReport.self)) == [])
    #expect(Self.gaps(try Self.report("routes", RoutesReport.self)) == [])
  }

  private static func report<Report: Decodable>(_ verb: String, _: Report.Type) throws -> Report {
    try #require(readReport(try answer("full/\(verb)")))
  }

  /// Properties that are nil and arrays that are empty.
  private static func gaps(_ value: Any, _ path: String = "") -> [String] {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional:
      return mirror.children.first.map { gaps($0.value, path) } ?? [path]
    case .collection:
      return mirror.children.isEmpty ? [path] : mirror.children.flatMap { gaps($0.value, path) }
    case .struct where !(value is String):
      return mirror.children.flatMap { gaps($0.value, "\(path).\($0.label ?? "")") }
    default: return []
    }
  }

  @Test(arguments: ["fine", "ill", "empty", "full", "crowd"])
  func noKeyIsUnknown(agent: String) throws {
    for file in ["status", "events"] {
      guard let answer = try? Self.answer("\(agent)/\(file)") else { continue }
      let again =
        file == "status"
        ? AgentStatus(json: answer)?.json() : AgentEvents(json: answer)?.json()
      #expect(try Self.keys(try #require(again)) == Self.keys(answer), "\(agent)/\(file)")
    }
  }

  private static func keys(_ json: [UInt8]) throws -> [String] {
    func walk(_ value: Any, _ path: String) -> [String] {
      if let object = value as? [String: Any] {
        return object.flatMap { [path + $0.key] + walk($0.value, "\(path)\($0.key).") }
      }
      return (value as? [Any])?.enumerated().flatMap { walk($1, "\(path)\($0).") } ?? []
    }
    return walk(try JSONSerialization.jsonObject(with: Data(json)), "").sorted()
  }
}
