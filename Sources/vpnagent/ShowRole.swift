import ArgumentParser
import LinuxEdge
import TunnelCore

struct ShowRole: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "role",
    abstract: "Shows or sets the HA role of the running agent.",
    discussion: """
      For notify scripts of keepalived and similar; see docs/ha.md. A standby watches and reports: \
      it probes nothing, clears nothing, initiates nothing, and holds every link. A gateway that \
      becomes active re-verifies every path. The role survives restarts of the agent, not reboots.
      Exit status: 0 done, 71 the role cannot be saved, 2 no agent answers.
      """)

  @Argument(help: "active or standby; show the role if omitted.") var role: Role?
  @OptionGroup var place: Place

  func run() throws {
    let line = ["role", role?.rawValue].compactMap(\.self).joined(separator: " ")
    try order(line, runDirectory: place.directory)
  }
}

extension Role: ExpressibleByArgument {}
