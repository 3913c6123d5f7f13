import ArgumentParser
import LinuxEdge
import TunnelCore

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs the agent in the foreground.",
    discussion: """
      Without a configuration file it only observes: it lists every tunnel and changes nothing.
      --netns runs it in a network namespace, with its own run directory, /run/vpnagent-NAME, and \
      /etc/vpnagent/NAME.toml as its configuration.
      SIGTERM and SIGINT stop it; held links are released first unless --on-exit keep. SIGUSR1 \
      stops it and keeps them, for a restart. SIGHUP makes it reread its configuration file, as \
      `vpnagent reload` does. With --dry-run it probes and reads, and logs what else it would do; \
      nothing is changed.
      Exit status: 0 stopped on request, 71 system failure, 75 already running, 77 no permission, \
      78 configuration not valid.
      """)

  @Option(
    help: "The configuration file (default: \(defaultConfigPath), if it exists).",
    completion: .file(extensions: ["toml"]))
  var config: String?
  @Option(help: "On exit: release or keep held links.")
  var onExit = AgentOptions.OnExit.release
  @Flag(help: "Log every change instead of making it.") var dryRun = false
  @Option(help: "HA role until `vpnagent role` changes it: active or standby.")
  var role = Role.active
  @OptionGroup var place: Place
  @Flag(help: "Log debug messages.") var debug = false

  func run() throws {
    try place.enterNamespace()
    let (config, usual) = (config, place.configPath)
    let file = try readConfiguration(config, usual: usual).orComplain()
    let options = AgentOptions(
      configuration: file, readConfiguration: { readConfiguration(config, usual: usual) },
      runDirectory: place.directory, role: role, onExit: onExit,
      logLevel: debug ? .debug : .info, isDryRun: dryRun, version: agentVersion)
    let agent: Agent
    do {
      agent = try Agent(options)
    } catch {
      complain(error.description)
      throw error.exitCode
    }
    do {
      try agent.run()
    } catch {
      complain("\(error); links are left as they are, `vpnagent run` takes over")
      throw ExitCode.system
    }
  }
}

extension AgentOptions.OnExit: ExpressibleByArgument {}

extension StartFailure {
  var exitCode: ExitCode {
    switch self {
    case .permission: .permission
    case .alreadyRunning: .alreadyRunning
    case .system: .system
    }
  }
}
