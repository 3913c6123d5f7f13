import Foundation
import Glibc
import Testing
import TunnelCore

@testable import LinuxEdge
@testable import vpnagent

/// Lines that puzzled: columns, widths, what goes to which output.
@Suite(.serialized) struct SmallFaultTests {
  private static func ill() throws -> AgentStatus {
    try #require(AgentStatus(json: try FixtureTests.answer("ill/status")))
  }

  @Test func valuesThatWrapStayInTheirColumn() throws {
    let status = try Self.ill()
    for tunnel in status.tunnels {
      for width in [60, 80, 100] {
        let text = TunnelDetails(tunnel, of: status, width: width).text(false)
        for line in text.split(separator: "\n") {
          guard let colon = line.firstRange(of: /^ +[A-Za-z][^:]{2,20}: +/)?.upperBound else {
            continue
          }
          let column = line.distance(from: line.startIndex, to: colon)
          #expect(column >= 24, "\(width): \(line)")
        }
      }
    }
  }

  /// A script reads JSON there, or nothing.
  @Test(arguments: [
    "status nowhere --json", "events nowhere --json", "show sa --vpn nowhere --json",
    "show interfaces vti9 --json", "show routes vti9 --json",
  ])
  func aRefusalIsNoOutput(line: String) throws {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let words = line.split(separator: " ").map(String.init) + ["--run-dir", directory]
    let ended = try runProgram(words, agent: "fine", in: directory, columns: 100)
    #expect(ended.output == "", "\(ended.output)")
    #expect(!ended.errors.isEmpty)
    #expect(ended.status != 0)
  }

  @Test func noLineOfSAsIsWiderThanAsked() throws {
    for agent in ["ill", "full", "fine"] {
      let report: SecurityAssociationsReport = try #require(
        readReport(try FixtureTests.answer("\(agent)/security-associations")))
      for width in 60...200 {
        for line in SATable(report, width: width).lines {
          #expect(line.columns <= width, "\(width): \(line)")
        }
      }
    }
  }

  @Test func verifyingIsTheLetter() throws {
    let report: SecurityAssociationsReport = try #require(
      readReport(try FixtureTests.answer("ill/security-associations")))
    let lines = SADetails(report, width: 200).lines
    #expect(lines.contains { $0.hasSuffix("VPN Monitoring: V") })
  }

  /// The words of a command line are there without /proc too.
  @Test(.enabled(if: geteuid() == 0)) func wordsAreReadWithoutProc() throws {
    let program = Process()
    program.executableURL = URL(filePath: "/usr/bin/unshare")
    let path = try builtProgram().path
    program.arguments = [
      "-m", "sh", "-c", "mount -t tmpfs none /proc && exec '\(path)' frobnicate",
    ]
    let errors = Pipe()
    program.standardError = errors
    program.standardOutput = Pipe()
    try program.run()
    program.waitUntilExit()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(program.terminationStatus == 64, "\(text)")
    #expect(text.contains("frobnicate"))
  }
}
