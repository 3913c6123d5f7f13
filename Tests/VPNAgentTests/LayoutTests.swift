import Testing

@testable import LinuxEdge
@testable import vpnagent

/// Cutting and breaking text.
@Suite struct LayoutTests {
  @Test(arguments: [
    ("to-b", 4, "to-b"), ("headquarters-frankfurt", 12, "headq..kfurt"),
    ("2001:db8::1234:5678", 15, "2001:db..4:5678"), ("abc", 2, ".."),
  ])
  func squeezed(text: String, width: Int, expected: String) {
    #expect(text.squeezed(width) == expected)
  }

  @Test func brokenAtSpaces() {
    #expect("one two three".wrapped(8, indent: "  ") == ["one two", "  three"])
    #expect("  one two three".wrapped(9, indent: "    ") == ["  one two", "    three"])
    #expect("unbreakable-text".wrapped(8, indent: "  ") == ["unbreakable-text"])
    #expect("a unbreakable-text b".wrapped(8, indent: "  ") == ["a", "  unbreakable-text", "  b"])
    #expect("fits".wrapped(8, indent: "  ") == ["fits"])
  }

  @Test func thatStrongSwanDoesNotAnswerStandsOnTop() throws {
    let line = "strongSwan does not answer (/run/charon.vici: Connection refused)"
    var status = try #require(AgentStatus(json: try FixtureTests.answer("ill/status")))
    status.control = "kernel expire"
    status.controlObstacle = "/run/charon.vici: Connection refused"
    let tunnel = try #require(status.tunnels.first)
    #expect(StatusTable(status, width: 100).text(false).hasPrefix("\(line)\nTUNNEL "))
    #expect(TunnelDetails(tunnel, of: status, width: 100).text(false).hasPrefix("\(line)\nto-b "))
    var screen = WatchScreen(TerminalSize(rows: 24, columns: 100), Sparkline(hasBars: false))
    screen.show(status)
    #expect(screen.lines[1].contains(line))
    status.tunnels = []
    #expect(StatusTable(status, width: 100).text(false).hasPrefix("\(line)\nNo tunnel"))
  }

  @Test func noLineIsWiderThanAsked() throws {
    let status = try #require(AgentStatus(json: try FixtureTests.answer("ill/status")))
    for width in 40...220 {
      let text = StatusTable(status, width: width).text(false)
      for line in text.split(separator: "\n") where !line.contains("===") {
        #expect(String(line).columns <= width, "\(width): \(line)")
      }
    }
  }
}
