import ArgumentParser
import LinuxEdge
import TunnelCore

struct ShowRole: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "role",
    abstract: "Says or sets the HA role of a running agent.",
    discussion: """
      For notify scripts of keepalived and its like; docs/ha.md. A standby watches and reports: it \
      probes nothing, clears nothing, initiates nothing, and holds every link. Who becomes active \
      verifies every path anew. The role survives restarts of the agent, not of the machine.
      Exit status: 0 done, 71 the role cannot be written, 2 no agent answers.
      """)

  @Argument(help: "active or standby; none: say which it is.") var role: Role?
  @OptionGroup var place: Place

  func run() throws {
    let line = ["role", role?.rawValue].compactMap(\.self).joined(separator: " ")
    try order(line, runDirectory: place.directory)
  }
}

extension Role: ExpressibleByArgument {}
