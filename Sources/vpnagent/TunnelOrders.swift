import ArgumentParser

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Proves a tunnel's path now, by a probe through each of its SA sets.",
    discussion: """
      Waits for the replies, as long as the tunnel's timeout is, ten seconds at most.
      Exit status: 0 all answered through the tunnel, 1 not, 2 no agent answers.
      """)

  @Argument(help: "The tunnel's name in `vpnagent status`.") var name: String
  @Option(help: .hidden) var runDir = defaultRunDirectory

  func run() throws { try order("verify", name, runDirectory: runDir, patience: 15) }
}

struct Clear: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Clears a tunnel's SAs, as a threshold does, so that it is negotiated anew.",
    discussion:
      "`clear statistics` clears the counters of `vpnagent statistics`. Exit status: 0 done, 1 there is nothing to clear, 2 no agent answers."
  )

  @Argument(help: "The tunnel's name in `vpnagent status`, or `statistics`.") var name: String
  @Option(help: .hidden) var runDir = defaultRunDirectory

  func run() throws {
    if name == "statistics" { return try order("clear-statistics", runDirectory: runDir) }
    try order("clear", name, runDirectory: runDir)
  }
}
