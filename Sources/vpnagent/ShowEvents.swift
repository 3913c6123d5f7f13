import ArgumentParser
import Glibc
import LinuxEdge

struct ShowEvents: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events",
    abstract: "Shows the events of the tunnels, newest last.",
    discussion: """
      The agent keeps the newest 100 events of each tunnel. --follow runs until interrupted; with \
      --json it prints one object a line. --since takes a time such as 90s, 30m, 2h or 1d.
      Exit status: 0, 1 no such tunnel, 2 no agent answers.
      """)

  @Argument(
    help: "Only events of these tunnels; patterns as in a shell.", completion: offeredTunnels)
  var names: [String] = []
  @Option(name: .customShort("n"), help: "Only the newest events, this many.") var count: Int?
  @Option(help: "Only events that are not older.") var since: Age?
  @Flag(help: "Keep showing events as they happen.") var follow = false
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var place: Place

  func validate() throws {
    if let count, count < 1 { throw ValidationError("-n \(count): expected: 1 or more") }
  }

  func run() throws {
    var last: UInt64 = 0
    var isFirst = true
    repeat {
      var events = try read()
      if isFirst {
        if let since { events.events.removeAll { $0.age > since.seconds } }
        if let count { events.events.removeFirst(max(events.events.count - count, 0)) }
      }
      events.events.removeAll { $0.number <= last }
      last = max(last, events.events.last?.number ?? 0)
      if json, follow {
        for line in events.jsonLines { show("\(line)\n") }
      } else if json {
        show(String(decoding: events.json(), as: UTF8.self))
      } else {
        for line in events.lines { show("\(line)\n") }
      }
      isFirst = false
      if follow { sleep(1) }
    } while follow
  }

  private func read() throws -> AgentEvents {
    let one = Names(names).single
    let bytes = try ask(one.map { "events \($0)" } ?? "events", in: place.directory)
    if let answer = ControlAnswer(json: bytes) { throw refuse(answer) }
    guard var events = AgentEvents(json: bytes) else { throw strangeAnswer(place.directory) }
    guard one == nil, !names.isEmpty else { return events }
    let chosen = Set(try tunnels(names, in: place.directory))
    events.events.removeAll { !chosen.contains($0.tunnel) }
    return events
  }
}

/// A time as a user types it: `90s`, `30m`, `2h`, `1d`.
struct Age: ExpressibleByArgument {
  let seconds: Double

  init?(argument: String) {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
    guard let unit = argument.last.flatMap({ units[$0] }), let count = Double(argument.dropLast()),
      count >= 0, count.isFinite
    else { return nil }
    seconds = count * unit
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

  @Argument(help: "Names in `vpnagent status`; patterns as in a shell.", completion: offeredTunnels)
  var names: [String]
  @OptionGroup var place: Place

  func run() throws {
    var isFirst = true
    try inTurn(try tunnels(names, in: place.directory)) { name in
      let bytes = try ask("explain \(name)", in: place.directory)
      guard let answer = ControlAnswer(json: bytes) else { throw strangeAnswer(place.directory) }
      guard answer.exit == 0 else { throw refuse(answer) }
      if !isFirst { show("\n") }
      isFirst = false
      try conclude(answer)
    }
  }
}
