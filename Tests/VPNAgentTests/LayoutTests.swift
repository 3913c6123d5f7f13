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
    #expect(StatusTable(status, width: 100).text(false).hasPrefix("\(line)\n4 up, "))
    #expect(TunnelDetails(tunnel, of: status, width: 100).text(false).hasPrefix("\(line)\nto-b "))
    var screen = WatchScreen(
      TerminalSize(rows: 24, columns: 100), Sparkline(hasBars: false), host: "gw-a")
    screen.show(status, clock: "03:04:05")
    #expect(screen.lines[1].contains(line))
    status.tunnels = []
    #expect(StatusTable(status, width: 100).text(false).hasPrefix("\(line)\nNo tunnel"))
  }

  /// Of several sets the worst counts, as in the metrics.
  @Test func theWorstSetCounts() throws {
    let status = try #require(AgentStatus(json: try FixtureTests.answer("ill/status")))
    var tunnel = try #require(status.tunnels.first { $0.sets.count > 1 })
    for index in tunnel.sets.indices {
      (tunnel.sets[index].rtt, tunnel.sets[index].loss) = (nil, nil)
      tunnel.sets[index].state = "up"
    }
    (tunnel.sets[0].rtt, tunnel.sets[0].loss, tunnel.sets[0].history) = (0.001, 0, "1111")
    (tunnel.sets[1].rtt, tunnel.sets[1].loss, tunnel.sets[1].history) = (0.2, 0.5, "8x8x")
    let row = StatusRow(tunnel, sparkline: Sparkline(hasBars: false))
    #expect(row[.rtt] == "200 ms")
    #expect(row[.loss] == "50%")
    #expect(row[.history] == "8x8x")
    // One that is gone has nothing to say.
    tunnel.sets[1].state = "absent"
    #expect(StatusRow(tunnel)[.loss] == "0%")
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
