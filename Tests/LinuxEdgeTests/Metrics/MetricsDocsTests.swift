import FoundationEssentials
import Testing

@testable import LinuxEdge

/// What else speaks of the metrics: all of it is exported, and all that is exported is documented.
@Suite struct MetricsDocsTests {
  private static func text(_ path: String) throws -> String {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    return String(decoding: try readFile("/\(root)/\(path)"), as: UTF8.self)
  }

  /// Series of a text: words that begin with vpnagent_.
  private static func series(in text: String) -> Set<String> {
    let words = text.split { !($0.isLetter && $0.isASCII) && $0 != "_" }
    return Set(words.filter { $0.hasPrefix("vpnagent_") }.map { String($0.dropFirst(9)) })
  }

  /// What a family's series may be called.
  private static var exported: Set<String> {
    Set(Agent.metricNames.flatMap { [$0, "\($0)_bucket", "\($0)_sum", "\($0)_count"] })
  }

  @Test(arguments: [
    "contrib/grafana/vpnagent.json", "contrib/prometheus/vpnagent.rules.yml",
    "contrib/prometheus/vpnagent.rules.test.yml", "docs/metrics.md",
  ])
  func nothingElseIsSpokenOf(path: String) throws {
    let named = Self.series(in: try Self.text(path))
    #expect(named.count > 5)
    #expect(named.subtracting(Self.exported) == [])
  }

  @Test func everyFamilyIsDocumented() throws {
    let rows = try Self.text("docs/metrics.md").split(separator: "\n")
      .filter { $0.hasPrefix("| `vpnagent_") }
      .map { String($0.dropFirst("| `vpnagent_".count).prefix { $0 != "`" && $0 != "{" }) }
    #expect(rows == Agent.metricNames, "in the order in which they are exported")
  }

  // MARK: The dashboard

  private struct Dashboard: Decodable {
    struct Panel: Decodable {
      struct Target: Decodable {
        var refId: String
        var expr: String
      }
      struct Place: Decodable {
        var x: Int
        var y: Int
        var w: Int
        var h: Int
      }
      var id: Int
      var type: String
      var title: String
      var gridPos: Place
      var targets: [Target]?
    }
    var title: String
    var uid: String
    var schemaVersion: Int
    var panels: [Panel]
  }

  @Test func theDashboardCanBeImported() throws {
    let json = Data(try Self.text("contrib/grafana/vpnagent.json").utf8)
    let dashboard = try JSONDecoder().decode(Dashboard.self, from: json)
    #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count)
    var cells: Set<[Int]> = []
    for panel in dashboard.panels {
      let place = panel.gridPos
      #expect(place.x >= 0 && place.x + place.w <= 24, "\(panel.title)")
      for x in place.x..<(place.x + place.w) {
        for y in place.y..<(place.y + place.h) {
          #expect(cells.insert([x, y]).inserted, "\(panel.title) lies on another panel")
        }
      }
      let targets = panel.targets ?? []
      #expect(targets.isEmpty == (panel.type == "row"), "\(panel.title)")
      #expect(Set(targets.map(\.refId)).count == targets.count, "\(panel.title)")
    }
  }
}
