import Foundation
import Glibc

@testable import LinuxEdge

/// A control socket whose answers are files: `Agents/NAME/LINE.json`, and `metrics.prom`.
struct FakeAgent: ~Copyable {
  private let server: ControlServer
  private let answers: URL
  private var waiting: Set<Int32> = []

  /// - Parameter name: a folder in `Agents`.
  init(_ name: String, in directory: String) throws {
    server = try ControlServer(path: "\(directory)/control.sock")
    answers = testFolder.appending(path: "Agents/\(name)")
  }

  /// Accepts and answers whoever has come.
  mutating func serve() throws {
    if let client = try server.accept(at: monotonicNow()) { waiting.insert(client) }
    for client in waiting {
      guard case .asked(let id, let line) = server.advance(client, at: monotonicNow()) else {
        continue
      }
      // Metrics alone are no JSON.
      let name = line == "metrics" ? "metrics.prom" : "\(line).json"
      let file = answers.appending(path: name)
      let answer = (try? Data(contentsOf: file)).map { Array($0) }
      let refusal = ControlAnswer(exit: 64, lines: ["no answer is laid out to '\(line)'"])
      _ = server.answer(id, answer ?? refusal.json(), at: monotonicNow())
    }
  }
}

/// Where the tests and their files are.
let testFolder = URL(filePath: #filePath).deletingLastPathComponent()

/// The program beside the tests.
func builtProgram() throws -> URL {
  let here = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  return URL(filePath: here).deletingLastPathComponent().appending(path: "vpnagent")
}

/// What a command printed, and how it ended.
struct Ended {
  var output: String
  var errors: String
  var status: Int32
}

/// Runs the program that was built with the tests, beside a fake agent.
///
/// - Parameter directory: what it takes for /run/vpnagent.
func runProgram(
  _ arguments: [String], agent name: String?, in directory: String, columns: Int
) throws -> Ended {
  var agent = try name.map { try FakeAgent($0, in: directory) }
  let program = Process()
  program.executableURL = try builtProgram()
  program.arguments = arguments
  program.environment = ["COLUMNS": "\(columns)", "LC_ALL": "C.UTF-8", "TZ": "UTC"]
  program.currentDirectoryURL = testFolder
  let (output, errors) = (URL(filePath: "\(directory)/out"), URL(filePath: "\(directory)/err"))
  for file in [output, errors] { try Data().write(to: file) }
  program.standardOutput = try FileHandle(forWritingTo: output)
  program.standardError = try FileHandle(forWritingTo: errors)
  program.standardInput = FileHandle.nullDevice
  try program.run()
  while program.isRunning {
    try agent?.serve()
    usleep(2000)
  }
  program.waitUntilExit()
  func text(_ file: URL) throws -> String {
    String(decoding: try Data(contentsOf: file), as: UTF8.self)
      .replacingOccurrences(of: directory, with: "/run/vpnagent")
  }
  return Ended(
    output: try text(output), errors: try text(errors), status: program.terminationStatus)
}
