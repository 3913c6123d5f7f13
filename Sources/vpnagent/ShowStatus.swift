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
    guard let status = AgentStatus(json: answer) else { throw strangeAnswer(place.directory) }
    show(json ? String(decoding: answer, as: UTF8.self) : StatusTable(status).text(wantsColour))
    let isGood = status.tunnels.allSatisfy { $0.mon == "-" || $0.state == "up" }
    if !isGood { throw ExitCode(1) }
  }
}
