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
      Exit status: 0 done, 2 no agent answers.
      """)

  @Argument(help: "active or standby; none: say which it is.") var role: Role?
  @OptionGroup var place: Place

  func run() throws {
    let request = role.map { "role \($0.rawValue)" } ?? "role"
    let answer = String(decoding: try ask(request, in: place.directory), as: UTF8.self)
    guard let now = Role(rawValue: String(answer.prefix { $0 != "\n" })), role ?? now == now else {
      complain("the agent did not change its role: \(answer)")
      throw ExitCode.noAgent
    }
    show("\(now.rawValue)\n")
  }
}

extension Role: ExpressibleByArgument {}
