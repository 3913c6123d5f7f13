import LinuxEdge
import Testing

@testable import LinuxEdge
@testable import vpnagent

/// Frames of `status --watch` as they are drawn, escapes written as `^[`.
@Suite struct WatchTests {
  private static func screen(
    _ agent: String, _ rows: Int, _ columns: Int, hasBars: Bool = true
  ) throws -> WatchScreen {
    var screen = WatchScreen(
      TerminalSize(rows: rows, columns: columns), Sparkline(hasBars: hasBars), host: "gw-a")
    let answer = try FixtureTests.answer("\(agent)/status")
    screen.show(try #require(AgentStatus(json: answer)), clock: "03:04:05")
    return screen
  }

  private static func text(_ screen: WatchScreen) -> String {
    screen.lines.map { $0.replacing("\u{1b}", with: "^") + "\n" }.joined()
  }

  @Test(arguments: [
    ("fine", 24, 80), ("fine", 24, 200), ("crowd", 24, 80), ("crowd", 50, 200), ("ill", 24, 100),
    ("empty", 24, 80), ("ill", 5, 40), ("crowd", 2, 20),
  ])
  func frames(agent: String, rows: Int, columns: Int) throws {
    let screen = try Self.screen(agent, rows, columns)
    let text = Self.text(screen)
    expectGolden("watch - \(agent) \(columns)x\(rows)", text)
    #expect(screen.lines.count <= rows)
    for line in screen.lines {
      let plain = line.replacing(/\u{1b}\[[0-9]*m/, with: "")
      #expect(plain.columns <= columns, "\(plain)")
    }
  }

  @Test func theWorstIsFirst() throws {
    let lines = try Self.screen("crowd", 24, 100).lines
    #expect(lines[2].contains("branch-09"))
    #expect(lines[3].contains("branch-20"))
    #expect(lines[4].contains("branch-31"))
    #expect(lines[5].contains("branch-33"))
    #expect(lines[6].contains("branch-01"))
  }

  @Test func scrollsAndStopsAtTheEnds() throws {
    var screen = try Self.screen("crowd", 13, 100)
    screen.scroll(.up)
    #expect(screen.lines.last?.contains("1-10 of 40") == true)
    screen.scroll(.down)
    #expect(screen.lines.last?.contains("2-11 of 40") == true)
    screen.scroll(.pageDown)
    #expect(screen.lines.last?.contains("12-21 of 40") == true)
    screen.scroll(.end)
    #expect(screen.lines.last?.contains("31-40 of 40") == true)
    #expect(screen.lines[11].contains("branch-40"))
    screen.scroll(.pageDown)
    #expect(screen.lines.last?.contains("31-40 of 40") == true)
    screen.resize(TerminalSize(rows: 50, columns: 100))
    #expect(screen.lines.last?.contains("of 40") == false, "all fit")
    #expect(screen.lines.count == 43)
    screen.scroll(.home)
    screen.resize(TerminalSize(rows: 13, columns: 100))
    #expect(screen.lines.last?.contains("1-10 of 40") == true)
  }

  @Test func saysThatNoAgentAnswersUntilOneDoes() throws {
    var screen = try Self.screen("fine", 24, 80)
    let before = screen.lines
    screen.lose("no agent answers")
    #expect(screen.lines[1].contains("no agent answers"))
    #expect(screen.lines[3].contains("to-b"), "what was known stays")
    let answer = try FixtureTests.answer("fine/status")
    screen.show(try #require(AgentStatus(json: answer)), clock: "03:04:05")
    #expect(screen.lines == before)
  }

  @Test func sparklinesHaveBarsWhereTheLocaleHas() {
    #expect(Sparkline(hasBars: true).draw("0123456789x") == "▁▁▂▃▄▅▆▇██x")
    #expect(Sparkline(hasBars: false).draw("0123456789x") == "0123456789x")
  }

  @Test func keysAreToldApartHoweverTheyArrive() {
    let bytes = Array("q\u{1b}[A\u{1b}OB\u{1b}[5~\u{1b}[6~j\u{1b}[1;5Cz".utf8)
    let (keys, taken) = TerminalKey.keys(in: bytes)
    #expect(keys == [.quit, .up, .down, .pageUp, .pageDown, .down, .other, .other])
    #expect(taken == bytes.count)
    let half = TerminalKey.keys(in: Array("j\u{1b}[5".utf8))
    #expect(half.keys == [.down])
    #expect(half.taken == 1, "the rest waits for its end")
    #expect(TerminalKey.keys(in: [0x1b, 0x71]).keys == [.other, .quit])
  }
}
