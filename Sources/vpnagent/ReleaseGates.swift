import ArgumentParser
import LinuxEdge

struct ReleaseGates: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release",
    abstract: "Puts back what an agent that is gone holds: links, routes, addresses.",
    discussion: """
      For when no agent will run again: it refuses beside a running one. Also removes what the agent \
      made for itself: routes, rules and links.
      Exit status: 0 nothing is held any more, 71 something could not be put back, 75 an agent is \
      running, 77 no permission.
      """)

  @OptionGroup var place: Place

  func run() throws {
    try place.enterNamespace()
    let outcome: Release.Outcome
    do {
      outcome = try Release.run(runDirectory: place.directory)
    } catch {
      complain(error.description)
      throw error.exitCode
    }
    for line in outcome.done { show("\(line)\n") }
    if outcome.done.isEmpty, outcome.failures.isEmpty { show("nothing was held\n") }
    for line in outcome.failures { complain(line) }
    if !outcome.failures.isEmpty { throw ExitCode.system }
  }
}
