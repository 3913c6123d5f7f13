import Testing

@testable import LinuxEdge
@testable import vpnagent

/// Names and patterns of tunnels, and what a screen says of all of them at once.
@Suite struct NamesTests {
  private let all = ["aws-1", "aws-2", "to-b", "203.0.113.77#9", "a[1]", "to-b"]

  @Test(arguments: [
    (["aws-*"], ["aws-1", "aws-2"]), (["to-b", "aws-?"], ["aws-1", "aws-2", "to-b"]),
    (["a[1]"], ["a[1]"]), (["aws-[2]", "aws-*"], ["aws-1", "aws-2"]),
    (["203*"], ["203.0.113.77#9"]),
  ])
  func chosen(words: [String], names: [String]) throws {
    #expect(try Names(words).chosen(from: all) == names)
  }

  @Test(arguments: [
    (["aws-3"], "aws-3: no such tunnel; known: aws-1, aws-2, to-b, 203.0.113.77#9, a[1], ..."),
    (
      ["to-b", "x*"], "x*: matches no tunnel; known: aws-1, aws-2, to-b, 203.0.113.77#9, a[1], ..."
    ),
  ])
  func refused(words: [String], line: String) {
    #expect(throws: Names.Unknown(line: line)) { try Names(words).chosen(from: all) }
    #expect(throws: Names.Unknown(line: "x: no tunnels are known")) {
      try Names(["x"]).chosen(from: [])
    }
  }

  /// The name, the state and whether the link is in service stay, and columns go in one order.
  @Test func columnsGoInOneOrder() throws {
    let status = try #require(AgentStatus(json: try FixtureTests.answer("ill/status")))
    var before: [String]?
    for width in (30...220).reversed() {
      let text = StatusTable(status, width: width).text(false)
      let titles = try #require(text.split(separator: "\n").first { $0.hasPrefix("TUNNEL") })
      let columns = titles.replacing("LAST EVENT", with: "EVENT").replacing(
        "IN/OUT bit/s", with: "IN/OUT"
      )
      .split(separator: " ").map(String.init)
      #expect(columns.contains("STATE") && columns.contains("GATE"), "\(width): \(titles)")
      if let before {
        #expect(Set(columns).isSubset(of: before), "\(width): \(titles)")
      }
      before = columns
    }
  }

  @Test func aColumnOfTheWatchDoesNotComeAndGo() throws {
    var status = try #require(AgentStatus(json: try FixtureTests.answer("ill/status")))
    var screen = WatchScreen(
      TerminalSize(rows: 24, columns: 100), Sparkline(hasBars: false), host: "gw-a")
    screen.show(status, clock: "03:04:05")
    func titles() -> String? { screen.lines.first { $0.contains("TUNNEL") } }
    let wide = titles()
    for index in status.tunnels.indices {
      status.tunnels[index].lastEvent = nil
      status.tunnels[index].losses = 0
    }
    screen.show(status, clock: "03:04:06")
    #expect(titles() == wide)
  }
}
