import ArgumentParser
import Glibc
import LinuxEdge

struct ShowEvents: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events",
    abstract: "Shows the events of the tunnels, newest last.",
    discussion: """
      The agent keeps the newest 100 events of each tunnel. --follow runs until interrupted.
      Exit status: 0, 1 no such tunnel, 2 no agent answers.
      """)

  @Argument(help: "Only events of this tunnel.") var name: String?
  @Flag(help: "Keep showing events as they happen.") var follow = false
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var place: Place

  func validate() throws {
    if json, follow { throw ValidationError("--json cannot be combined with --follow") }
  }

  func run() throws {
    var last: UInt64 = 0
    repeat {
      let bytes = try ask(name.map { "events \($0)" } ?? "events", in: place.directory)
      if let answer = ControlAnswer(json: bytes) { throw refuse(answer) }
      guard let events = AgentEvents(json: bytes) else { throw strangeAnswer(place.directory) }
      if json { return show(String(decoding: bytes, as: UTF8.self)) }
      for line in events.lines(after: last) { show("\(line)\n") }
      last = max(last, events.events.last?.number ?? 0)
      if follow { sleep(1) }
    } while follow
  }
}

struct ShowStatistics: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "statistics",
    abstract: "Shows how often each event occurred, over all tunnels.",
    discussion: """
      `vpnagent clear statistics` resets the counters.
      Exit status: 0, 2 no agent answers.
      """)

  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var place: Place

  func run() throws {
    let bytes = try ask("statistics", in: place.directory)
    guard let statistics = AgentStatistics(json: bytes) else {
      throw strangeAnswer(place.directory)
    }
    if json { return show(String(decoding: bytes, as: UTF8.self)) }
    for line in statistics.lines { show("\(line)\n") }
  }
}

struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explains why a tunnel is held or in service, what comes next, and what to try.",
    discussion: "Exit status: 0, 1 no such tunnel, 2 no agent answers.")

  @Argument(help: "The tunnel's name in `vpnagent status`.") var name: String
  @OptionGroup var place: Place

  func run() throws {
    let bytes = try ask("explain \(name)", in: place.directory)
    guard let answer = ControlAnswer(json: bytes) else { throw strangeAnswer(place.directory) }
    guard answer.exit == 0 else { throw refuse(answer) }
    try conclude(answer)
  }
}
