import ArgumentParser
import Foundation
import Glibc
import Testing

@testable import LinuxEdge
@testable import vpnagent

/// Every command as a user runs it, against an agent of files: what it prints and how it ends, to the
/// letter. `UPDATE_GOLDENS=1 swift test --filter GoldenTests` writes the files of `Golden` anew;
/// `git diff` then shows what has changed.
@Suite(.serialized) struct GoldenTests {
  /// A command and the agent that it meets; nil: none.
  struct Case: Sendable, CustomTestStringConvertible {
    var agent: String?
    var line: String
    var columns = 100

    var testDescription: String {
      let width = columns == 100 ? "" : " \(columns)"
      return "\(agent ?? "none") - \(line)\(width)".replacingOccurrences(of: "/", with: "_")
    }
  }

  static func cases(_ agent: String?, _ lines: String..., columns: [Int] = [100]) -> [Case] {
    lines.flatMap { line in columns.map { Case(agent: agent, line: line, columns: $0) } }
  }

  static let looking =
    cases("fine", "status", "status to-b", columns: [80, 100, 200])
    + cases("ill", "status", "status to-b", "status to-c", "status to-d", columns: [80, 100, 200])
    + cases("ill", "status to-e", "status to-f", "status 203.0.113.77#9")
    + cases("empty", "status", "status --json")
    + cases("fine", "status --json", "status nowhere", "status --watch", "status --watch --json")
    + cases("full", "status", "status to-b", "status to-b --json")
    + cases("fine", "explain to-b", "explain nowhere", "events", "events to-b", "events nowhere")
    + cases(
      "fine", "events --json", "events -n 1", "events -n 0", "events --since 1s",
      "events --since soon", "statistics", "statistics --json")
    + cases("empty", "events", "statistics")
    + cases("fine", "metrics")
    + cases(
      "ill", "status --problems", "status --problems --json", "status to-b to-c", "status to-[bc]")
    + cases(
      "ill", "status --nagios", "status --nagios to-b", "status --nagios nowhere", "status no*")
    + cases("fine", "status --problems", "status --nagios", "status --nagios --json")
    + cases("empty", "status --nagios", "status --problems", "status x*")
    + cases(nil, "status --nagios") + cases("ill", "explain nowhere*", "events nowhere to-b")
  static let shows =
    cases(
      "fine", "show security-associations", "show security-associations detail", "show sa --json",
      "show sa --vpn to-b", "show sa --vpn-name nowhere", "show sa everything", "show interfaces",
      "show interfaces vti0 --json", "show interface vti9", "show inactive-tunnels",
      "show inactive-tunnel --json", "show ike", "show ike --json", "show routes",
      "show route vti0", "show route vti9", "show routes --json")
    + cases("ill", "show sa", "show interfaces", "show ike", "show routes", columns: [80, 100])
    + cases("ill", "show sas detail", columns: [80, 200])
    + cases("full", "show sa detail") + cases("ill", "show inactive-tunnels")
    + cases(
      "empty", "show sa", "show sa detail", "show interfaces", "show inactive-tunnels", "show ike",
      "show routes")
  static let orders =
    cases(
      "fine", "verify to-b", "verify nowhere", "verify", "clear to-b", "clear statistics",
      "clear to-*",
      "clear to-b to-b", "clear nowhere* --yes", "clear statistics to-b",
      "clear bad-spi-count gw-c", "clear to-b gw-b", "role", "role standby", "role master",
      "reload", "reload --check")
    + cases("ill", "verify to-b")
    + cases(
      nil, "status", "show sa", "explain to-b", "events", "statistics", "verify to-b",
      "clear to-b", "role", "reload", "check-config Files/three.toml",
      "check-config --config Files/three.toml",
      "check-config --config Files/wrong.toml Files/three.toml",
      "check-config --config Files/wrong.toml", "check-config --config Files/none.toml",
      "import junos Files/srx.conf", "import junos --lenient Files/srx.conf",
      "import junos Files/none.conf", "import swanctl --socket none.sock",
      "run --config Files/wrong.toml", "frobnicate")

  @Test(arguments: looking + shows + orders) func printsWhatItShould(_ item: Case) throws {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var words = item.line.split(separator: " ").map(String.init)
    let isAboutAgent = !["check-config", "import", "frobnicate"].contains(words[0])
    if isAboutAgent { words += ["--run-dir", directory] }
    let ended = try runProgram(words, agent: item.agent, in: directory, columns: item.columns)
    expectGolden(
      item.testDescription,
      "$ vpnagent \(item.line)\n\(ended.output)"
        + ended.errors.split(separator: "\n").map { "! \($0)\n" }.joined()
        + "exit status \(ended.status)\n")
  }

  @Test func releaseRefusesBesideAnAgent() throws {
    let directory = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let lock = try takeLock(directory)
    let ended = try runProgram(
      ["release", "--run-dir", directory], agent: nil, in: directory, columns: 100)
    #expect(lock.number >= 0)
    expectGolden(
      "none - release", "$ vpnagent release\n! \(ended.errors)exit status \(ended.status)\n")
  }

  /// A new command has to come with a case.
  @Test func everyCommandHasACase() {
    // The doctor goes by this machine: his reports are compared in DoctorReportTests.
    let lines = (Self.looking + Self.shows + Self.orders).map(\.line) + ["release", "doctor"]
    for command in Self.leaves(VPNAgent.self) {
      let names = command.names
      #expect(
        lines.contains { line in
          names.contains { line == $0 || line.hasPrefix($0 + " ") }
        }, "\(names) has no golden output")
    }
  }

  @Test func everyCommandSaysWhatItIsForAndHowItEnds() {
    for command in Self.leaves(VPNAgent.self) {
      let configuration = command.type.configuration
      #expect(!configuration.abstract.isEmpty, "\(command.names)")
      #expect(configuration.discussion.contains("Exit status: 0"), "\(command.names)")
    }
  }

  /// Commands without subcommands, and what they may be called: `show security-associations`, ...
  static func leaves(
    _ type: any ParsableCommand.Type, _ prefixes: [String] = [""]
  ) -> [(names: [String], type: any ParsableCommand.Type)] {
    type.configuration.subcommands.flatMap {
      command -> [(names: [String], type: any ParsableCommand.Type)] in
      let names = prefixes.flatMap { prefix in
        ([command._commandName] + command.configuration.aliases).map { prefix + $0 }
      }
      return command.configuration.subcommands.isEmpty
        ? [(names, command)] : leaves(command, names.map { $0 + " " })
    }
  }
}

/// Short: a Unix socket's path has 107 bytes at most.
func temporaryDirectory() throws -> String {
  let path = "\(NSTemporaryDirectory())/va-\(getpid())-\(UInt32.random(in: 0 ... .max))"
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  return path
}

/// Compares a text with a file of `Golden`, or writes it there.
func expectGolden(_ name: String, _ text: String) {
  let file = testFolder.appending(path: "Golden/\(name).txt")
  if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] != nil {
    #expect(throws: Never.self) { try Data(text.utf8).write(to: file) }
    return
  }
  let golden = (try? Data(contentsOf: file)).map { String(decoding: $0, as: UTF8.self) }
  #expect(text == golden, "differs from Golden/\(name).txt")
}
