import CShims
import FoundationEssentials
import Glibc
import Testing

@testable import LinuxEdge
@testable import TunnelCore

/// The lines that clients send, the answers, and the socket between.
@Suite struct ControlProtocolTests {
  @Test func aLineIsAVerbAndItsArguments() throws {
    let request = try ControlRequest("verify to-b")
    #expect(request.verb == .verify)
    #expect(request.arguments == ["to-b"])
    #expect(try ControlRequest("status").arguments.isEmpty)
    #expect(try ControlRequest("events").arguments.isEmpty)
    #expect(try ControlRequest("events to-b").arguments == ["to-b"])
  }

  @Test(arguments: [
    (
      "frobnicate",
      "unknown verb 'frobnicate'; expected: status, metrics, events, statistics, explain, reload, "
        + "verify, clear, role, reload-check, clear-statistics, clear-bad-spi-count, "
        + "security-associations, interfaces, routes, ike, inactive-tunnels"
    ),
    (
      "",
      "unknown verb ''; expected: status, metrics, events, statistics, explain, reload, verify, "
        + "clear, role, reload-check, clear-statistics, clear-bad-spi-count, security-associations, "
        + "interfaces, routes, ike, inactive-tunnels"
    ),
    ("status to-b now", "status: wrong number of arguments; usage: status [NAME]"),
    ("ike now", "ike: wrong number of arguments; usage: ike"),
    ("verify", "verify: wrong number of arguments; usage: verify NAME"),
    ("verify ", "verify: wrong number of arguments; usage: verify NAME"),
    ("clear a b", "clear: wrong number of arguments; usage: clear NAME"),
    ("events a b", "events: wrong number of arguments; usage: events [NAME]"),
  ])
  func whatIsWrongIsOneLine(line: String, complaint: String) {
    #expect(throws: ControlAnswer(exit: 64, lines: [complaint])) { try ControlRequest(line) }
  }

  @Test func answersAreReadAsTheyWereWritten() throws {
    let answer = ControlAnswer(exit: 78, lines: ["a.toml: x = 1: unknown key"])
    #expect(ControlAnswer(json: answer.json()) == answer)
    #expect(ControlAnswer(json: Array("{\"version\":\"0.1.0\"}".utf8)) == nil)
    #expect(
      String(decoding: answer.json(), as: UTF8.self) == """
        {
          "exit" : 78,
          "lines" : [
            "a.toml: x = 1: unknown key"
          ]
        }

        """)
  }

  @Test func eventsAndStatisticsForPeople() {
    let events = AgentEvents(
      events: [
        TunnelEvent(
          number: 7, tunnel: "to-b", text: "VPN monitoring verify-path error", count: 1, age: 61.5),
        TunnelEvent(
          number: 9, tunnel: "far-away", text: "IPSec SA rekey successfully completed", count: 25,
          age: 1),
      ], time: 1_700_000_000)
    #expect(
      events.lines == [
        "2023-11-14T22:12:18.500Z to-b     VPN monitoring verify-path error",
        "2023-11-14T22:13:19.000Z far-away IPSec SA rekey successfully completed (25 times)",
      ])
    let object =
      #"{"at":"2023-11-14T22:12:18.500Z","count":1,"number":7,"#
      + #""text":"VPN monitoring verify-path error","tunnel":"to-b"}"#
    #expect(events.jsonLines.first == object && events.jsonLines.count == 2)
    #expect(AgentEvents(json: events.json()) == events)
    let statistics = AgentStatistics([("No IPSec SA", 3), ("Existing SAs found at start", 12)])
    #expect(
      statistics.lines == ["No IPSec SA                 : 3", "Existing SAs found at start : 12"])
    #expect(AgentStatistics([]).lines == ["no events yet"])
  }
}
