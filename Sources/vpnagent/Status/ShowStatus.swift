import ArgumentParser
import Glibc
import LinuxEdge
import TunnelCore

struct ShowStatus: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows every tunnel, one line each, or one tunnel in full.",
    discussion: """
      The table has the columns that fit the terminal; without a terminal, the width is 100 or \
      the value of COLUMNS. --watch redraws it until q is typed, worst tunnels first. Traffic is \
      counted since the agent first saw each SA; rates are averages between the last two readings.
      Exit status: 0 all monitored tunnels up, 1 some are not, or no such tunnel, 2 no agent answers.
      """)

  @Argument(help: "Show full details of one tunnel.") var name: String?
  @Flag(help: "Print JSON.") var json = false
  @Flag(help: "Redraw in place.") var watch = false
  @OptionGroup var place: Place

  func validate() throws {
    guard watch else { return }
    if json || name != nil {
      throw ValidationError("--watch cannot be combined with --json or the name of a tunnel")
    }
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
      throw ValidationError("--watch needs a terminal")
    }
  }

  func run() throws {
    if watch {
      var watch = StatusWatch(runDirectory: place.directory)
      return try watch.run()
    }
    let answer = try ask(name.map { "status \($0)" } ?? "status", in: place.directory)
    if let refusal = ControlAnswer(json: answer) { throw refuse(refusal) }
    guard let status = AgentStatus(json: answer) else { throw strangeAnswer(place.directory) }
    show(json ? String(decoding: answer, as: UTF8.self) : text(status))
    let isGood = status.tunnels.allSatisfy { $0.mon == "-" || $0.state == "up" }
    if !isGood { throw ExitCode(1) }
  }

  private func text(_ status: AgentStatus) -> String {
    guard name != nil, let tunnel = status.tunnels.first else {
      return StatusTable(status, width: outputWidth).text(wantsColour)
    }
    return TunnelDetails(tunnel, of: status, width: outputWidth).text(wantsColour)
  }
}
