import ArgumentParser
import Glibc
import LinuxEdge
import TunnelCore

struct ShowStatus: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows every tunnel, one line each, or one tunnel in full.",
    discussion: """
      The table begins with how all tunnels are, and has the worst first. It has the columns that \
      fit the terminal; without a terminal, the width is 100 or the value of COLUMNS. One name \
      shows that tunnel in full; several names, and patterns as 'aws-*', make a table of these. \
      --watch redraws it until q is typed. Traffic is counted since the agent first saw each SA; \
      rates are averages between the last two readings. --nagios prints one line with performance \
      data and exits with 0 OK, 1 WARNING, 2 CRITICAL or 3 UNKNOWN.
      Exit status: 0 all monitored tunnels up, 1 some are not, or no such tunnel, 2 no agent answers.
      """)

  @Argument(help: "Only these tunnels; patterns as in a shell.", completion: offeredTunnels)
  var names: [String] = []
  @Flag(help: "Only tunnels that are not as they should be.") var problems = false
  @Flag(help: "Print JSON.") var json = false
  @Flag(help: "Print one line for Nagios and its like.") var nagios = false
  @Flag(help: "Redraw in place.") var watch = false
  @OptionGroup var place: Place

  func validate() throws {
    if nagios, json || watch {
      throw ValidationError("--nagios cannot be combined with --json or --watch")
    }
    guard watch else { return }
    if json || problems || !names.isEmpty {
      throw ValidationError(
        "--watch cannot be combined with --json, --problems or the name of a tunnel")
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
    if nagios { return try report() }
    let one = Names(names).single
    let answer = try ask(one.map { "status \($0)" } ?? "status", in: place.directory)
    if let refusal = ControlAnswer(json: answer) { throw refuse(refusal) }
    guard var status = AgentStatus(json: answer) else { throw strangeAnswer(place.directory) }
    do {
      if one == nil { status = try status.only(names) }
    } catch {
      complain(error.line)
      throw ExitCode(1)
    }
    let isGood = status.tunnels.allSatisfy { $0.mon == "-" || $0.state == "up" }
    let whole = status
    if problems { status = status.problems }
    let isVerbatim = !problems && (one != nil || names.isEmpty)
    if json {
      show(String(decoding: isVerbatim ? answer : status.json(), as: UTF8.self))
    } else if one != nil, !problems, let tunnel = status.tunnels.first {
      show(TunnelDetails(tunnel, of: status, width: outputWidth).text(wantsColour))
    } else {
      let table = StatusTable(status, width: outputWidth, problemsOf: problems ? whole : nil)
      show(table.text(wantsColour))
    }
    if !isGood { throw ExitCode(1) }
  }

  private func report() throws {
    let report = nagiosReport()
    show("\(report.line)\n")
    if report.level != .ok { throw ExitCode(report.level.rawValue) }
  }

  private func nagiosReport() -> NagiosReport {
    do {
      let answer = try askAgent("status", socket: "\(place.directory)/control.sock", patience: 5)
      guard let status = AgentStatus(json: answer) else {
        return NagiosReport(unknown: "unexpected reply (version mismatch?)")
      }
      return NagiosReport(try status.only(names))
    } catch let unknown as Names.Unknown {
      return NagiosReport(unknown: unknown.line)
    } catch {
      return NagiosReport(unknown: "no agent answers: \(error)")
    }
  }
}

extension AgentStatus {
  /// Of the tunnels that are asked for; of all when there is no name.
  func only(_ names: [String]) throws(Names.Unknown) -> AgentStatus {
    guard !names.isEmpty else { return self }
    let chosen = Set(try Names(names).chosen(from: tunnels.map(\.name)))
    var some = self
    some.tunnels = tunnels.filter { chosen.contains($0.name) }
    return some
  }
}
