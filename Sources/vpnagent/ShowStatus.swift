import ArgumentParser
import LinuxEdge
import TunnelCore

struct ShowStatus: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows every tunnel: one line each, or JSON.",
    discussion: "Exit status: 0 all monitored tunnels up, 1 some are not, 2 no agent answers.")

  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var place: Place

  func run() throws {
    let answer = try ask("status", in: place.directory)
    guard let status = AgentStatus(json: answer) else {
      complain("the agent on \(place.directory)/control.sock answers in words this version does not know")
      throw ExitCode.noAgent
    }
    show(json ? String(decoding: answer, as: UTF8.self) : StatusTable(status).text(wantsColour))
    let isGood = status.tunnels.allSatisfy { $0.mon == "-" || $0.state == "up" }
    if !isGood { throw ExitCode(1) }
  }
}

/// A running agent's whole answer to a request.
///
/// - Throws: exit status 2 when none answers, 77 without permission; the reason is on standard error.
func ask(_ request: String, in runDirectory: String) throws -> [UInt8] {
  let socket = "\(runDirectory)/control.sock"
  do {
    return try askAgent(request, socket: socket)
  } catch {
    complain(
      error.isPermission
        ? "no permission for \(socket): run as root" : "no agent answers on \(socket): \(error.reason)")
    throw error.isPermission ? ExitCode.permission : ExitCode.noAgent
  }
}
